"""All statistics of all projections of a system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy.typing as npt

from livn_core.analysis._distances import DistanceStatistics, distance_statistics
from livn_core.analysis._reciprocity import reciprocity
from livn_core.neuroh5._statistics import DegreeStatistics
from livn_core.system._extent import NAMESPACE

if TYPE_CHECKING:
    from livn_core.system._subset import Subset
    from livn_core.system._system import System


@attrs.frozen(eq=False)
class ProjectionStatistics:
    """What can be counted and measured about one projection."""

    degrees: DegreeStatistics
    distances: DistanceStatistics | None
    """None where one of the populations has no coordinates."""
    reciprocity: float
    """See :func:`livn_core.analysis.reciprocity`."""

    @property
    def pre(self) -> str:
        """The population that the edges come from."""
        return self.degrees.pre

    @property
    def post(self) -> str:
        """The population that they arrive at."""
        return self.degrees.post


def statistics(system: System | Subset, bins: int | npt.ArrayLike = 20) -> tuple[ProjectionStatistics, ...]:
    """Degrees, distances and reciprocity of each projection; each passes over the edges once, a block at a time.

    Parameters
    ----------
    system
        A system, or a subset of one.
    bins
        As for :func:`livn_core.analysis.distance_statistics`.

    Returns
    -------
    tuple of ProjectionStatistics
        In the order of ``system.projection_names``.
    """
    placed = {name for name in system.populations if NAMESPACE in system.namespaces(name)}
    return tuple(
        ProjectionStatistics(
            system.projection(pre, post).degree_statistics(),
            distance_statistics(system, pre, post, bins) if {pre, post} <= placed else None,
            reciprocity(system, pre, post),
        )
        for pre, post in system.projection_names
    )
