"""A system from files: the structure of one neural network, wherever it lies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from livn_core.backends import BackendNames, Selection
from livn_core.backends._backend import checked_options
from livn_core.lazy import Lazy
from livn_core.locations import checked_uri, last_part, shown
from livn_core.neuroh5.values import read_only
from livn_core.system import _connectivity, _extent, _sparse
from livn_core.system._cells import CellsMetaData
from livn_core.system._coordinates import Coordinates
from livn_core.system._display import state, summary_html
from livn_core.system._documents import Documents
from livn_core.system._files import SystemFiles, Wish
from livn_core.system._further import Further
from livn_core.system._percell import PerCell
from livn_core.system._sidecars import Sidecars
from livn_core.system._structure import Structure

if TYPE_CHECKING:
    from livn_core.neuroh5 import CellAttribute, Projection, Trees


class System(Documents, Further, PerCell, Structure):
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
        self._wish = Wish(self.uri, backend, None if comm is False else comm, fallback, checked_options(options))
        self._files = SystemFiles(self._wish)
        self._sidecars = Sidecars(self.uri, self._files)
        self._coordinates = Coordinates(self._files)

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
        """Read attributes of cells, ``{name: values}``; see :meth:`livn_core.NeuroH5File.cell_attributes`."""
        return self._files.cells.cell_attributes(
            population, namespace, names, gids, local=local, node_allocation=node_allocation
        )

    def trees(self, population: str) -> Trees:
        """The morphologies of a population: gid to :class:`livn_core.Tree`, ascending."""
        return self._files.cells.trees(population)

    @Lazy
    def neuron_coordinates(self) -> npt.NDArray[np.float64]:
        """Where all cells are: float64, shape (num_neurons, 4): gid, x, y, z in µm, ascending by gid. Read-only.

        Raises
        ------
        UnknownNameError
            A population has no coordinates.
        FormatError
            A cell has none, or more than one.
        """
        return read_only(self._coordinates.of_all())

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
        self._range(population)
        return self._coordinates.of(population).copy()

    @Lazy
    def bounding_box(self) -> npt.NDArray[np.float64]:
        """Lowest and highest corner: float64, shape (2, 3), µm.

        It encloses the layers of ``graph.json``; where none are given, the cells.
        """
        return _extent.box_of(self)

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
            Whether to return a ``scipy.sparse.csc_array``, which needs memory for edges instead of pairs of cells. Its
            columns are the cells' in-edges, as files hold them; ``tocsr()`` sorts by out-edges.
        local
            Only the edges onto this rank's cells; the matrices of all ranks add up to the whole.

        Returns
        -------
        ndarray or csc_array
            float32, shape (n, n).

        Raises
        ------
        SourceNotFoundError, FormatError
            There is no ``graph.json``, or it contradicts the HDF5 files.
        UnknownNameError
            There is no such gid, or no such projection to weight.
        TooLargeError
            It does not fit into memory.
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
            seed = _connectivity.common_seed(self._files.ranks, seed)
            if sparse and gids is None and not local:
                return _sparse.whole_csc(pairs, ranges, seed)
            entries = _connectivity.matrix(pairs, ranges, order, seed, local)
            return (_sparse.sparse_csc if sparse else _connectivity.dense)(*entries, len(order))

    def summary(self) -> dict[str, Any]:
        """Counts of cells, projections and edges; edges are counted without being read."""
        edges = [self.projection(pre, post).n_edges for pre, post in self.projection_names]
        return {
            "num_neurons": self.num_neurons,
            "num_projections": len(edges),
            "num_edges": sum(edges),
            "population_counts": {name: count for name, (_, count) in self.population_ranges.items()},
        }

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
        return f"System({self._place!r}, {state(self) if self._files.is_open or self.closed else 'not opened yet'})"

    def _repr_html_(self) -> str:
        return summary_html(self)


def _from_wish(kind: type[System], wish: Wish) -> System:
    return kind(wish.uri, backend=wish.backend, comm=wish.comm, fallback=wish.fallback, options=wish.options)
