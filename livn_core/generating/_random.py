"""Random numbers that are the same on every machine, whatever is drawn beside them.

Each piece of work has a stream of its own, named by what it is for. Only the raw bits of PCG64 are used: NumPy
guarantees those, but not what the methods of its ``Generator`` make of them.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from livn_core.h5file import AnyArray


class Purpose(IntEnum):
    """What a stream is for: the first part of its name."""

    PLACES = 0
    IN_DEGREES = 1
    PARTNERS = 2
    SITES = 3


class Stream:
    """Random numbers for one purpose.

    Parameters
    ----------
    seed
        The seed of the whole system, not negative.
    purpose
        What the numbers are for.
    key
        For which population, projection and block: the rest of the stream's name.
    """

    def __init__(self, seed: int, purpose: Purpose, *key: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, *key)))

    def uniform(self, count: int) -> AnyArray:
        """Draw numbers from 0 up to, but not including, 1.

        Returns
        -------
        float64 array, shape (count,)
            Multiples of 2⁻⁵³.
        """
        drawn: AnyArray = (self._bits.random_raw(count) >> np.uint64(11)) * 2.0**-53
        return drawn

    def below(self, sizes: AnyArray) -> AnyArray:
        """Draw a whole number below each of the given ones, int64."""
        drawn: AnyArray = (self.uniform(sizes.size) * sizes).astype(np.int64)
        return drawn
