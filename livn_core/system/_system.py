"""A system from files: the structure of one neural network, wherever it lies."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from livn_core.backends import BackendNames, Selection
from livn_core.errors import InvalidArgumentError, LivnError, SourceNotFoundError, UnknownNameError
from livn_core.locations import checked_uri, last_part, shown
from livn_core.neuroh5.values import read_only
from livn_core.system import _connectivity, _extent
from livn_core.system._cells import CellsMetaData
from livn_core.system._display import summary_html
from livn_core.system._documents import Documents
from livn_core.system._files import SystemFiles, Wish
from livn_core.system._percell import PerCell
from livn_core.system._sidecars import Sidecars
from livn_core.system._structure import Structure

if TYPE_CHECKING:
    from livn_core.neuroh5 import CellAttribute, Projection, Trees


class System(Documents, PerCell, Structure):
    """The structure of a neural network: populations, positions, synapses, connections.

    Files are opened on first use, each once, all through one backend. Close the system, use it in a ``with`` block,
    or drop it. It can be pickled, used from several threads, and used in a forked process.

    Parameters
    ----------
    uri
        A directory or an address that holds ``graph.h5``, or ``cells.h5`` and ``connections.h5``, and JSON files.
        It is never looked up by name: for that, see :func:`livn_core.predefined`.
    backend
        A backend's name, or names in the order in which to ask them. Left out: :func:`livn_core.use_backend`, then
        ``LIVN_H5_BACKEND``, then priority.
    comm
        A communicator with mpi4py's interface. Every rank makes the same calls, and what goes wrong on one is raised
        on all. Arrays hold all cells on every rank; iterators, and ``local=True``, give this rank's cells, dealt out
        by gid modulo size.
    fallback
        Where the chosen backend fails, warn and read the whole system through the next one.
    options
        Options for the chosen backend.

    Examples
    --------
    >>> from livn_core import System, predefined
    >>> system = System(predefined("EI1"))
    >>> system.population_ranges
    {'EXC': (0, 8), 'INH': (8, 2)}
    """

    def __init__(
        self,
        uri: str | os.PathLike[str],
        *,
        backend: BackendNames | None = None,
        comm: Any = None,
        fallback: bool = False,
        options: Mapping[str, object] | None = None,
    ) -> None:
        self.uri = checked_uri(uri)
        self.comm = comm
        self._wish = Wish(self.uri, backend, None if comm is False else comm, fallback, dict(options or {}))
        self._files = SystemFiles(self._wish)
        self._sidecars = Sidecars(self.uri, self._files)
        self._coordinates: dict[str, npt.NDArray[np.float64]] = {}

    @property
    def name(self) -> str:  # type: ignore[override] # derived here, assigned in other systems
        """The last part of :attr:`uri`."""
        return last_part(self.uri)

    @property
    def files(self) -> dict[str, str]:
        """The HDF5 files: ``{"cells": path, "connections": path}``, absolute, or addresses."""
        return self._files.sources

    @property
    def backend(self) -> str:
        """The name of the backend that this system is read through."""
        return self._files.selection.name

    @property
    def backend_selection(self) -> Selection:
        """Which backend was chosen, why, and what became of the others."""
        return self._files.selection

    @property
    def population_ranges(self) -> dict[str, tuple[int, int]]:
        """``{population: (first gid, number of cells)}``, in gid order."""
        return self._files.cells.population_ranges

    @property
    def cells_meta_data(self) -> CellsMetaData:
        """Populations, ranges, and the names of the cells' attributes."""
        info = {
            name: {space: list(names) for space, names in self.namespaces(name).items()} for name in self.populations
        }
        return CellsMetaData(self.populations, self.population_ranges, info)

    def namespaces(self, population: str) -> Mapping[str, tuple[str, ...]]:
        """The cells' attributes: ``{namespace: (attribute, …)}``."""
        return self._files.cells.namespaces(population)

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
        """Read attributes of cells; see :meth:`livn_core.NeuroH5File.cell_attributes`."""
        return self._files.cells.cell_attributes(
            population, namespace, names, gids, local=local, node_allocation=node_allocation
        )

    def trees(self, population: str) -> Trees:
        """The morphologies of a population: gid to :class:`livn_core.Tree`, ascending."""
        return self._files.cells.trees(population)

    @cached_property
    def neuron_coordinates(self) -> npt.NDArray[np.float64]:
        """Where all cells are: float64, shape (num_neurons, 4): gid, x, y, z in µm, ascending by gid. Read-only.

        Raises
        ------
        UnknownNameError
            A population has no coordinates.
        FormatError
            A cell has none, or more than one.
        """
        self._read_all_coordinates()
        table = np.concatenate([np.empty((0, 4)), *(self._read_coordinates(name) for name in self.populations)])
        table = table[np.argsort(table[:, 0], kind="stable")]
        table.setflags(write=False)
        return table

    def coordinate_array(self, population: str) -> npt.NDArray[np.float64]:
        """Where the cells of one population are.

        Returns
        -------
        ndarray
            float64, shape (n, 4): gid, x, y, z in µm, ascending by gid; an array of the caller's own.

        Raises
        ------
        UnknownNameError
            There is no such population, or it has no coordinates.
        FormatError
            A cell has none, or more than one.
        """
        return self._read_coordinates(population).copy()

    @cached_property
    def bounding_box(self) -> npt.NDArray[np.float64]:
        """Lowest and highest corner: float64, shape (2, 3), µm.

        It encloses the layers of ``graph.json``; where none are given, the cells.
        """
        try:
            extents = self.graph.layer_extents
        except SourceNotFoundError:
            extents = {}
        if extents:
            return read_only(_extent.box_of_layers(extents))
        if not self.num_neurons:
            raise InvalidArgumentError(f"{self._place} has neither layers nor cells, so nothing bounds it")
        return read_only(_extent.box_of_cells(self.neuron_coordinates))

    @property
    def projection_names(self) -> tuple[tuple[str, str], ...]:
        """The projections as (pre, post), ordered by the first gid of post, then of pre."""
        return self._files.connections.projections

    def projection(self, pre: str, post: str) -> Projection:
        """One projection, lazily: nothing of its edges is read yet.

        Raises
        ------
        UnknownNameError
            There is no such population or projection.
        """
        self._range(pre)
        self._range(post)
        return self._files.connections.projection(pre, post)

    def connectivity_matrix(
        self,
        weights: Mapping[str, float] | None = None,
        seed: int | None = 123,
        gids: npt.ArrayLike | None = None,
        sparse: bool = False,
        local: bool = False,
    ) -> Any:
        """The signed, randomly weighted connectivity matrix ``w[pre, post]`` of the projections in ``graph.json``.

        Each edge has a random strength in [0, 1), negative where ``graph.json`` calls its synapse inhibitory; several
        edges between two cells add up. The matrix does not depend on the backend or the number of ranks, and a part
        of it equals the same part of the whole.

        Parameters
        ----------
        weights
            Factors by ``"post_pre"``, such as ``{"EXC_INH": 2.0}``; 1 where there is none.
        seed
            Seed of the strengths; None: others every time.
        gids
            The cells of rows and columns, in the order given; by default all, ascending.
        sparse
            Whether to return a ``scipy.sparse.csr_array``, which needs memory for edges instead of pairs of cells.
        local
            Only the edges onto this rank's cells; the matrices of all ranks add up to the whole.

        Returns
        -------
        ndarray or csr_array
            float32, shape (n, n).

        Raises
        ------
        SourceNotFoundError, FormatError
            There is no ``graph.json``, or it contradicts the HDF5 files.
        UnknownNameError
            There is no such gid, or no such projection to weight.
        """
        with self._files.together():
            order = self.gids if gids is None else _connectivity.check_order(gids, self.gids, self._place)
            ranges = self.population_ranges
            declared = _connectivity.declared(
                self.connections_config["synapses"], ranges, weights or {}, self.graph.place
            )
            present = set(self.projection_names) if declared else set()
            pairs = [
                (one, self.projection(one.pre, one.post) if (one.pre, one.post) in present else None)
                for one in declared
            ]
            entries = _connectivity.matrix(pairs, ranges, order, self._common(seed), local)
            return (_connectivity.sparse_csr if sparse else _connectivity.dense)(*entries, len(order))

    def summary(self) -> dict[str, Any]:
        """Counts of cells, projections and edges; edges are counted without being read."""
        edges = [self.projection(pre, post).n_edges for pre, post in self.projection_names]
        return {
            "num_neurons": self.num_neurons,
            "num_projections": len(edges),
            "num_edges": sum(edges),
            "population_counts": {name: count for name, (_, count) in self.population_ranges.items()},
        }

    def _common(self, seed: int | None) -> int | None:
        """The same seed on every rank, also where each time another one is wanted."""
        ranks = self._files.ranks
        return ranks.from_first(lambda: secrets.randbits(32)) if ranks is not None and seed is None else seed

    def _read_all_coordinates(self) -> None:
        """Read what is not known yet in one go: over a network, each read is a wait."""
        cells = self._files.cells
        missing = [name for name in self.populations if name not in self._coordinates and self.population_count(name)]
        try:
            with self._files.together():  # kept where all ranks have them, or they would part ways
                found = cells.cell_attributes_of(missing, _extent.NAMESPACE, _extent.AXES)
                tables = {name: self._table(name, attributes) for name, attributes in found.items()}
        except UnknownNameError:
            return  # read one by one, the population that lacks them says so
        self._coordinates.update(tables)

    def _read_coordinates(self, population: str) -> npt.NDArray[np.float64]:
        if population not in self._coordinates:
            with self._files.together():
                filled = self.population_count(population) > 0
                found = self._rows(population) if filled else np.empty((0, 4))
            self._coordinates[population] = found
        return self._coordinates[population]

    def _rows(self, population: str) -> npt.NDArray[np.float64]:
        cells = self._files.cells
        try:
            attributes = cells.cell_attributes(population, _extent.NAMESPACE, _extent.AXES)
        except UnknownNameError as error:
            raise _extent.no_coordinates(population, cells.namespaces(population), shown(cells.source)) from error
        return self._table(population, attributes)

    def _table(self, population: str, attributes: Mapping[str, CellAttribute]) -> npt.NDArray[np.float64]:
        gids = self._population_gids(population)
        node = f"/Populations/{population}/{_extent.NAMESPACE}"
        return _extent.rows(attributes, gids, node, shown(self._files.cells.source))

    @property
    def _place(self) -> str:
        return shown(self.uri)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._files.closed

    def close(self) -> None:
        """Close the files. What was read stays; reading more raises a ``ValueError``."""
        self._files.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, tuple[type[System], Wish]]:
        return _from_wish, (type(self), self._wish)

    def __repr__(self) -> str:
        state = "closed" if self.closed else "not opened yet"
        if self._files.is_open:
            try:
                cells = f"{self.num_neurons} cells in {len(self.populations)} populations"
                state = f"{cells}, backend {self.backend!r}, {self.backend_selection.why}"
            except LivnError as error:
                # A repr that raises hides the error that somebody is looking for.
                state = f"unreadable: {error}"
        return f"System({self._place!r}, {state})"

    def _repr_html_(self) -> str:
        return summary_html(self)


def _from_wish(kind: type[System], wish: Wish) -> System:
    return kind(wish.uri, backend=wish.backend, comm=wish.comm, fallback=wish.fallback, options=wish.options)
