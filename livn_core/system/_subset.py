"""A part of a system: some of its cells and the edges between them, read from the source's files as they are needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import UnknownNameError, unknown_name
from livn_core.h5file import IntArray
from livn_core.lazy import Lazy
from livn_core.locations import shown
from livn_core.neuroh5.values import Tree, read_only
from livn_core.system import _extent
from livn_core.system._cells import CellsMetaData
from livn_core.system._documents import Documents
from livn_core.system._further import Further
from livn_core.system._percell import PerCell
from livn_core.system._structure import Structure
from livn_core.system._subset_projection import SubsetPopulation, SubsetProjection

if TYPE_CHECKING:
    from livn_core.backends import Selection
    from livn_core.neuroh5 import CellAttribute, Trees
    from livn_core.system._system import System


class Subset(Documents, Further, PerCell, Structure):
    """Some cells of a system and the edges between them: the induced subgraph, with the interface of a system.

    Got from :meth:`livn_core.System.subset`. It reads from the source's files, lives as long as the source is open,
    and keeps the source's gids. So gids have gaps, and :attr:`population_ranges` has the first gid of each population
    and the *number* of its cells: ``gids`` and ``population_gids`` say which they are. Every population of the source
    is there, those without a cell with a count of 0. The JSON documents are the source's.
    """

    def __init__(self, source: System, gids: Mapping[str, IntArray], name: str | None = None) -> None:
        self.source = source
        """The system that this is a part of."""
        self.name = source.name if name is None else name
        self.uri = source.uri
        self.comm = source.comm
        self._sidecars = source._sidecars
        self._parts = {
            one: SubsetPopulation(one, np.array(gids.get(one, ()), np.int64), _first(gids.get(one, ()), start))
            for one, (start, _) in source.population_ranges.items()
        }
        self._projections: dict[tuple[str, str], SubsetProjection] = {}

    @property
    def population_ranges(self) -> dict[str, tuple[int, int]]:
        """``{population: (first gid, number of cells)}``, in gid order; between these gids there may be gaps."""
        return {name: (part.start, part.count) for name, part in self._parts.items()}

    @property
    def files(self) -> dict[str, str]:
        """The HDF5 files of the source."""
        return self.source.files

    @property
    def backend(self) -> str:
        """The name of the backend that the source is read through."""
        return self.source.backend

    @property
    def backend_selection(self) -> Selection:
        """Which backend was chosen, why, and what became of the others."""
        return self.source.backend_selection

    @property
    def cells_meta_data(self) -> CellsMetaData:
        """Populations, ranges, and the names of the cells' attributes."""
        info = self.source.cells_meta_data.cell_attribute_info
        return CellsMetaData(self.populations, self.population_ranges, info)

    def namespaces(self, population: str) -> Mapping[str, tuple[str, ...]]:
        """The cells' attributes: ``{namespace: (attribute, …)}``; not each of them has a value in the subset."""
        return self.source.namespaces(population)

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
        """Read attributes of cells, ``{name: values}``; see :meth:`livn_core.NeuroH5File.cell_attributes`.

        Raises
        ------
        UnknownNameError
            There is no such population, namespace or attribute, or a gid is no cell of the subset.
        """
        part = self._part(population)
        wanted = part.gids if gids is None else part.check(gids)
        return self.source.cell_attributes(
            population, namespace, names, wanted, local=local, node_allocation=node_allocation
        )

    def trees(self, population: str) -> SubsetTrees:
        """The morphologies of a population: gid to :class:`livn_core.Tree`, ascending."""
        return SubsetTrees(self.source.trees(population), self._part(population))

    @Lazy
    def neuron_coordinates(self) -> npt.NDArray[np.float64]:
        """Where all cells are: float64, shape (num_neurons, 4): gid, x, y, z in µm, ascending by gid. Read-only."""
        tables = [np.empty((0, 4)), *(self.coordinate_array(name) for name, part in self._parts.items() if part.count)]
        table = np.concatenate(tables)
        return read_only(table[np.argsort(table[:, 0], kind="stable")])

    def coordinate_array(self, population: str) -> npt.NDArray[np.float64]:
        """Where the cells of one population are: float64, shape (n, 4): gid, x, y, z in µm, ascending by gid."""
        part = self._part(population)
        if not part.count:
            return np.empty((0, 4))
        return self.source.coordinate_array(population)[part.gids - self.source.population_ranges[population][0]]

    @Lazy
    def bounding_box(self) -> npt.NDArray[np.float64]:
        """Lowest and highest corner of the layers, which are the source's, or else of the cells: float64, shape (2, 3).

        In µm.
        """
        return _extent.box_of(self)

    @property
    def projection_names(self) -> tuple[tuple[str, str], ...]:
        """The projections of the source between populations that have cells here, as (pre, post)."""
        pairs = self.source.projection_names
        return tuple((pre, post) for pre, post in pairs if self._parts[pre].count and self._parts[post].count)

    def projection(self, pre: str, post: str) -> SubsetProjection:
        """One projection, lazily: nothing of its edges is read yet.

        Raises
        ------
        UnknownNameError
            There is no such population or projection.
        """
        first, second = self._part(pre), self._part(post)
        if (pre, post) not in self._projections:
            whole = self.source.projection(pre, post)
            self._projections[pre, post] = SubsetProjection(whole, first, second, self.source._files.ranks)
        return self._projections[pre, post]

    def connectivity_matrix(
        self,
        weights: Mapping[str, float] | None = None,
        seed: int | None = 123,
        gids: npt.ArrayLike | None = None,
        sparse: bool = False,
        local: bool = False,
    ) -> Any:
        """That part of the source's matrix; see :meth:`livn_core.System.connectivity_matrix` for the parameters."""
        rows = self.gids if gids is None else np.asarray(gids)
        unknown = np.setdiff1d(rows, self.gids)
        if unknown.size:
            raise UnknownNameError(f"{self._place}: the subset has no gid {unknown[0]}")
        return self.source.connectivity_matrix(weights, seed, rows, sparse, local)

    def summary(self) -> dict[str, Any]:
        """Counts of cells, projections and edges; the edges are read for it."""
        edges = [self.projection(pre, post).n_edges for pre, post in self.projection_names]
        return {
            "num_neurons": self.num_neurons,
            "num_projections": len(edges),
            "num_edges": sum(edges),
            "population_counts": {name: part.count for name, part in self._parts.items()},
        }

    def selection_document(self, name: str, comm: Any = None) -> dict[str, Any]:
        """A stored selection of the source, of which only the cells of the subset are left."""
        document = super().selection_document(name, comm)
        gids = {
            one: np.intersect1d(chosen, self._part(one).gids).astype(np.int64).tolist()
            for one, chosen in document["gids"].items()
        }
        return {**document, "gids": {one: chosen for one, chosen in gids.items() if chosen}}

    def write(self, path: str | os.PathLike[str], **settings: Any) -> Path:
        """Write the subset as a system of its own.

        Cells get new gids without gaps, from 0 on, in the order of the old ones. All namespaces and attributes of
        cells and edges are kept, and all morphologies. Each cell has its gid in the source as ``Origin``/``gid``
        (uint32; above 2³² - 1 the rest is in ``Origin``/``gid, upper 32 bits``), which is called ``Origin 2`` where
        what was cut is cut again.

        ``graph.json`` gets new counts of cells, a new identity, and the old one in its ``lineage``. Of stored
        selections the cells that are left stay; where there are none, the selection is left out. Other documents are
        copied, and ``origin.json`` says where the system comes from.

        Parameters
        ----------
        path
            The directory to make.
        **settings
            ``layout``, ``chunks``, ``compression``, ``shuffle``, ``overwrite`` of :func:`livn_core.write_system`.

        Returns
        -------
        Path
            The directory that was written; it appears when it is complete.

        Raises
        ------
        InvalidArgumentError
            Nothing is selected, ``path`` exists, or the source was opened with a communicator of several ranks.
        InvalidTypeError
            An attribute has a dtype that neuroh5 cannot read, such as float64.

        Notes
        -----
        Values are copied as they are: a value that is itself a gid keeps the number that the cell had in the source.
        """
        from livn_core.system._cut import cut

        return cut(self, path, **settings)

    def _part(self, population: str) -> SubsetPopulation:
        if population not in self._parts:
            raise unknown_name("population", population, self._parts, self._place)
        return self._parts[population]

    def _population_gids(self, population: str) -> IntArray:
        return self._part(population).gids

    @property
    def _place(self) -> str:
        return f"a subset of {shown(self.uri)}"

    def __reduce__(self) -> tuple[Any, ...]:
        return Subset, (self.source, {name: part.gids for name, part in self._parts.items()}, self.name)

    def __repr__(self) -> str:
        counts = ", ".join(f"{part.count} of {name}" for name, part in self._parts.items() if part.count)
        return f"Subset({self.source!r}, {counts or 'no cells'})"


class SubsetTrees(Mapping[int, Tree]):
    """The morphologies of the cells of a subset, by ascending gid; ``values()`` reads all of them in one go."""

    def __init__(self, source: Trees, part: SubsetPopulation) -> None:
        self._source, self._part = source, part

    @Lazy
    def gids(self) -> IntArray:
        """int64, ascending: the cells that have a tree."""
        return np.intersect1d(self._source.gids, self._part.gids, assume_unique=True)

    def __len__(self) -> int:
        return self.gids.size

    def __iter__(self) -> Iterator[int]:
        return iter(self.gids.tolist())

    def __getitem__(self, gid: int) -> Tree:
        self._part.check(gid)
        return self._source[gid]

    def values(self) -> list[Tree]:  # type: ignore[override] # as in Trees
        """All trees, ascending by gid."""
        return self._source.read(self.gids)

    def items(self) -> list[tuple[int, Tree]]:  # type: ignore[override] # as in Trees
        """All trees with their gids, ascending."""
        return [(tree.gid, tree) for tree in self.values()]


def _first(gids: Any, otherwise: int) -> int:
    return int(gids[0]) if len(gids) else otherwise
