"""How the chance of a connection falls with distance, computed so that every machine gets the same bits.

Libraries differ in the last bit of ``exp``, and one bit is enough to make another network. Here it is looked up in a
table of correctly rounded values and interpolated with sums and products, on which IEEE 754 leaves no choice. The
relative error of the interpolation is below 10⁻⁶.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Final

import attrs
import numpy as np

from livn_core.h5file import AnyArray

SHAPES: Final = ("gaussian", "exponential")
STEPS: Final = 512
"""Entries of the table for each unit of the exponent."""

REACH: Final = 700
"""Beyond this exponent a connection is impossible; exp(-700) is about 10⁻³⁰⁴."""


@attrs.frozen
class Kernel:
    """A chance that falls with distance d: exp(-d²/2L²), or exp(-d/L)."""

    shape: str
    """One of :data:`SHAPES`."""
    length: float
    """L, µm."""

    def weights(self, squared: AnyArray) -> AnyArray:
        """The relative chance of a connection.

        Parameters
        ----------
        squared
            Squared distances, µm², float64.

        Returns
        -------
        float64 array
            1 at no distance, falling to 0.
        """
        if self.shape == "gaussian":
            return _decay(squared * (STEPS / (2 * self.length * self.length)))
        return _decay(np.sqrt(squared) * (STEPS / self.length))


def _decay(steps: AnyArray) -> AnyArray:
    """The table's value at any number of steps, interpolated."""
    values, slopes = _table()
    steps = np.minimum(steps, REACH * STEPS)
    at = steps.astype(np.intp)
    found: AnyArray = values[at] + (steps - at) * slopes[at]
    return found


@cache
def _table() -> tuple[AnyArray, AnyArray]:
    units = np.array([float((-Decimal(one)).exp()) for one in range(REACH)])
    parts = np.array([float((-Decimal(one) / STEPS).exp()) for one in range(STEPS)])
    values = np.append((units[:, None] * parts).ravel(), 0.0)
    return values, np.append(np.diff(values), 0.0)
