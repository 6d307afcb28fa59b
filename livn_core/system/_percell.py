"""Cell by cell, as the original hands out its data: thin views over whole arrays."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from livn_core.h5file import AnyArray, IntArray
from livn_core.parallel import local_gids
from livn_core.system._structure import Structure

if TYPE_CHECKING:
    from livn_core.neuroh5 import CellAttribute, Edges, Projection
    from livn_core.system._subset_projection import SubsetProjection

EDGE_NAMESPACES = ("Synapses", "Connections")
SYNAPSE_ATTRIBUTES = ("syn_ids", "syn_locs", "syn_secs", "syn_layers", "syn_types", "swc_types")

InEdges: TypeAlias = tuple[int, tuple[AnyArray, dict[str, dict[str, AnyArray]]]]


def points(coordinates: npt.NDArray[np.float64], gids: IntArray) -> Iterator[tuple[int, tuple[float, float, float]]]:
    """Yield ``(gid, (x, y, z))`` for those rows whose gid is among ``gids``."""
    for gid, x, y, z in coordinates[np.isin(coordinates[:, 0].astype(np.int64), gids)].tolist():
        yield int(gid), (x, y, z)


def edge_attributes(projection: Projection | SubsetProjection) -> tuple[str, ...]:
    """The attributes that the original hands out with edges, as ``"Namespace/name"``."""
    present = projection.namespaces
    return tuple(f"{space}/{name}" for space in EDGE_NAMESPACES if space in present for name in present[space])


def in_edges(edges: Edges) -> Iterator[InEdges]:
    """Yield ``(post gid, (pre gids, {namespace: {attribute: values}}))`` for each post cell."""
    bounds = edges.indptr.tolist()
    spaces = [(space, list(named.items())) for space, named in edges.attributes.items()]
    for post, start, stop in zip(edges.post_gids.tolist(), bounds[:-1], bounds[1:], strict=True):
        attributes = {space: {name: values[start:stop] for name, values in named} for space, named in spaces}
        yield post, (edges.pre_gids[start:stop], attributes)


def values_by_cell(attributes: Mapping[str, CellAttribute]) -> Iterator[tuple[int, dict[str, AnyArray]]]:
    """Yield ``(gid, {attribute: values})`` for each cell, ascending; a cell that lacks an attribute has it empty."""
    if not attributes:
        return
    gids = np.unique(np.concatenate([one.gids for one in attributes.values()]))
    bounds = {name: _bounds(one, gids) for name, one in attributes.items()}
    for index, gid in enumerate(gids.tolist()):
        yield gid, {name: one.values[slice(*bounds[name][index])] for name, one in attributes.items()}


def _bounds(attribute: CellAttribute, gids: IntArray) -> list[list[Any]]:
    """Start and stop of each cell's values, (0, 0) for a cell that has none."""
    bounds = np.zeros((len(gids), 2), np.int64)
    at = np.searchsorted(gids, attribute.gids)
    bounds[at, 0] = attribute.pointer[:-1]
    bounds[at, 1] = attribute.pointer[1:]
    return bounds.tolist()


class PerCell(Structure):
    """The members of a system from files that go cell by cell; whole arrays are several times as fast."""

    @abstractmethod
    def projection(self, pre: str, post: str) -> Projection | SubsetProjection:
        """One projection, lazily."""

    @abstractmethod
    def namespaces(self, population: str) -> Mapping[str, tuple[str, ...]]:
        """The cells' attributes."""

    @abstractmethod
    def cell_attributes(
        self,
        population: str,
        namespace: str,
        names: Iterable[str] | str | None = None,
        gids: Any = None,
        *,
        local: bool = False,
        node_allocation: Iterable[int] | None = None,
    ) -> dict[str, CellAttribute]:
        """Read attributes of cells."""

    def coordinates(self, population: str) -> Iterator[tuple[int, tuple[float, float, float]]]:
        """Yield ``(gid, (x, y, z))`` in µm for this rank's cells of a population."""
        yield from points(self.coordinate_array(population), local_gids(self._population_gids(population), self.comm))

    def projections(self, pre: str, post: str) -> Iterator[InEdges]:
        """Yield ``(post gid, (pre gids, {namespace: {attribute: values}}))`` for this rank's post cells.

        Cells come in ascending order, and those without edges are left out. The namespaces are ``"Synapses"`` and
        ``"Connections"``; :meth:`projection` has whole arrays and all namespaces.
        """
        yield from self._in_edges(pre, post, local=True)

    def projection_array(self, pre: str, post: str, all: bool = True) -> list[InEdges]:  # noqa: A002
        """What :meth:`projections` yields, as a list; with ``all``, for the cells of all ranks."""
        return list(self._in_edges(pre, post, local=not all))

    def synapses(
        self, population: str, node_allocation: Iterable[int] | None = None
    ) -> Iterator[tuple[int, dict[str, AnyArray]]]:
        """Yield ``(gid, {attribute: values})`` from ``"Synapse Attributes"``.

        Parameters
        ----------
        population
            Whose synapses.
        node_allocation
            The gids to yield; by default this rank's cells.
        """
        names = self.namespaces(population).get("Synapse Attributes", ())
        wanted = [name for name in SYNAPSE_ATTRIBUTES if name in names]
        yield from values_by_cell(
            self.cell_attributes(
                population, "Synapse Attributes", wanted or None, local=True, node_allocation=node_allocation
            )
        )

    def _in_edges(self, pre: str, post: str, local: bool) -> Iterator[InEdges]:
        projection = self.projection(pre, post)
        yield from in_edges(projection.read(None, edge_attributes(projection) or False, local=local))
