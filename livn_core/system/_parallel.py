"""Cells without connections and without files."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError, SourceNotFoundError
from livn_core.h5file import AnyArray, IntArray
from livn_core.parallel import local_gids
from livn_core.system import _original
from livn_core.system._cells import CellsMetaData
from livn_core.system._connectivity import check_order, dense
from livn_core.system._extent import box_of_cells
from livn_core.system._percell import InEdges, points
from livn_core.system._sparse import sparse_csc
from livn_core.system._structure import Structure
from livn_core.system._synapses import SynapseProjection

PADDING = 100.0
_REQUIRED: Any = object()


class ParallelSystem(Structure):
    """A number of cells that are not connected, with the interface of a system.

    Parameters
    ----------
    num_neurons
        How many cells, all in ``"EXC"``, or ``{population: count}``. Gids follow in the order given.
    coordinates
        Where they are: a distance in µm, at which they line up along x; an array of shape (n, 3), x, y, z in µm; one
        of shape (n, 4) with free gids in its first column; or a function of n that returns one of these.
    name
        What the system is called.
    comm
        A communicator; kept, and used by the iterators, which yield this rank's cells.
    """

    uri = None

    def __init__(
        self,
        num_neurons: int | np.integer[Any] | Mapping[str, int] = 1,
        coordinates: float | npt.ArrayLike | Callable[[int], npt.ArrayLike] = 0.0,
        name: str = "ParallelSystem",
        comm: Any = None,
    ) -> None:
        self.name = name
        self.comm = comm
        self.population_counts = _counts(num_neurons)
        self.files: dict[str, str] = {}
        starts = np.cumsum([0, *self.population_counts.values()]).tolist()
        counts = self.population_counts.items()
        self._ranges = {one: (start, count) for start, (one, count) in zip(starts[:-1], counts, strict=True)}
        self._coordinates = _table(coordinates, sum(self.population_counts.values()))

    @property
    def population_ranges(self) -> dict[str, tuple[int, int]]:
        """``{population: (first row, number of cells)}``; rows are gids, unless gids were given."""
        return dict(self._ranges)

    @property
    def cells_meta_data(self) -> CellsMetaData:
        """Populations and ranges; there are no attributes."""
        return CellsMetaData(self.populations, self.population_ranges, {name: {} for name in self._ranges})

    @property
    def connections_config(self) -> dict[str, Any]:
        """``{"synapses": {population: {}}}``."""
        return {"synapses": {name: {} for name in self._ranges}}

    @property
    def neuron_coordinates(self) -> npt.NDArray[np.float64]:
        """Where all cells are: float64, shape (n, 4): gid, x, y, z in µm, in the order given. Read-only."""
        return self._coordinates

    @property
    def bounding_box(self) -> npt.NDArray[np.float64]:
        """The box around the cells with 100 µm to spare: float64, shape (2, 3), µm."""
        return box_of_cells(self._coordinates, PADDING)

    def coordinate_array(self, population: str) -> npt.NDArray[np.float64]:
        """Where the cells of one population are: float64, shape (n, 4): gid, x, y, z in µm; an array of its own."""
        start, count = self._range(population)
        return self._coordinates[start : start + count].copy()

    def coordinates(self, population: str) -> Iterator[tuple[int, tuple[float, float, float]]]:
        """Yield ``(gid, (x, y, z))`` in µm for this rank's cells of a population."""
        return points(self.coordinate_array(population), local_gids(self._population_gids(population), self.comm))

    def synapse_projections(self) -> list[SynapseProjection]:
        """Nothing: there are no synapses."""
        return []

    @property
    def weight_names(self) -> list[str]:
        """Nothing: there are no synapses."""
        return []

    @property
    def projection_names(self) -> tuple[tuple[str, str], ...]:
        """Nothing: there are no projections."""
        return ()

    def projections(self, pre: str, post: str) -> Iterator[InEdges]:
        """Yield nothing, for populations that exist."""
        return iter(self.projection_array(pre, post))

    def projection_array(self, pre: str, post: str, all: bool = True) -> list[InEdges]:  # noqa: A002
        """Nothing, for populations that exist."""
        self._range(pre)
        self._range(post)
        return []

    def synapses(
        self,
        population: str,
        node_allocation: Iterable[int] | None = None,
    ) -> Iterator[tuple[int, dict[str, AnyArray]]]:
        """Yield nothing, for a population that exists."""
        self._range(population)
        return iter(())

    def connectivity_matrix(
        self,
        weights: Mapping[str, float] | None = None,
        seed: int | None = 123,
        gids: npt.ArrayLike | None = None,
        sparse: bool = False,
    ) -> Any:
        """Zeros: float32, shape (n, n), one row and column for each cell or each of ``gids``."""
        size = self.num_neurons if gids is None else len(check_order(gids, np.sort(self.gids), self._place))
        nothing = np.empty(0, np.int64), np.empty(0, np.float32), size
        return sparse_csc(*nothing) if sparse else dense(*nothing)

    def summary(self) -> dict[str, Any]:
        """Counts of cells, projections and edges."""
        return {
            "num_neurons": self.num_neurons,
            "num_projections": 0,
            "num_edges": 0,
            "population_counts": dict(self.population_counts),
        }

    def selections(self, comm: Any = None) -> list[str]:
        """Nothing: there are no files."""
        return []

    def selection_document(self, name: str, comm: Any = None) -> NoReturn:
        """Raise ``FileNotFoundError``: there are no files."""
        raise SourceNotFoundError(f"{self._place} has no files, so it has no stored selection {name!r}")

    def params_document(self, selection_name: str | None = None, comm: Any = None) -> tuple[None, None]:
        """Nothing: there are no files."""
        return None, None

    def load_file(self, filepath: str | list[str], default: Any = _REQUIRED, **_: Any) -> Any:
        """Return ``default``, or raise ``FileNotFoundError``: there are no files."""
        if default is _REQUIRED:
            raise SourceNotFoundError(f"{self._place} has no files, so it has no {filepath!r}")
        return default

    def default_io(self, comm: Any = None) -> Any:
        """The original's IO without electrodes; it has to be installed."""
        return _original.io_device(None, self._place)

    def default_model(self, comm: Any = None) -> Any:
        """The original's default model; it has to be installed."""
        return _original.model(None, self._place, _original.ALLOWED)

    def subset(self, spec: Any = None, *, name: str | None = None, **how: Any) -> ParallelSystem:
        """Some of the cells, with the same gids and places; the parameters are those of :meth:`System.subset`."""
        chosen = self.selection(spec, **how)
        gids = {one: self._population_gids(one) if chosen is None else chosen.get(one, ()) for one in self._ranges}
        tables = [self._coordinates[np.isin(self._coordinates[:, 0], found)] for found in gids.values()]
        counts = {one: len(found) for one, found in gids.items()}
        return ParallelSystem(counts, np.concatenate(tables), self.name if name is None else name, self.comm)

    def _population_gids(self, population: str) -> IntArray:
        start, count = self._range(population)
        return np.sort(self._coordinates[start : start + count, 0].astype(np.int64))

    @property
    def gids(self) -> IntArray:
        """The gids of all cells: int64, shape (n,), in the order of the rows of :attr:`neuron_coordinates`."""
        return self._coordinates[:, 0].astype(np.int64)

    @property
    def _place(self) -> str:
        return repr(self)

    def __repr__(self) -> str:
        return f"ParallelSystem({self.population_counts!r})"


def _counts(num_neurons: object) -> dict[str, int]:
    counts = dict(num_neurons) if isinstance(num_neurons, Mapping) else {"EXC": num_neurons}
    checked = {str(name): _count(name, count) for name, count in counts.items()}
    if sum(checked.values()) < 1:
        raise InvalidArgumentError(f"a system needs at least one cell; {num_neurons!r} has none")
    return checked


def _count(population: str, count: object) -> int:
    if isinstance(count, bool | np.bool_):
        raise InvalidTypeError(f"the number of cells of {population!r} has to be a whole number, not the bool {count}")
    try:
        number = operator.index(count)  # type: ignore[arg-type] # that is the question
    except TypeError:
        raise InvalidTypeError(
            f"the number of cells of {population!r} has to be a whole number, not {type(count).__name__}"
        ) from None
    if number < 0:
        raise InvalidArgumentError(f"the number of cells of {population!r} cannot be negative: {number}")
    return number


def _table(coordinates: Any, size: int) -> npt.NDArray[np.float64]:
    given = np.asarray(coordinates(size) if callable(coordinates) else coordinates)
    if given.dtype.kind not in "iuf":
        raise InvalidTypeError(f"coordinates have to be numbers, not {given.dtype}")
    table = np.zeros((size, 4), np.float64)
    table[:, 0] = np.arange(size)
    if given.ndim == 0:
        table[:, 1] = table[:, 0] * given
    elif given.shape in {(size, 3), (size, 4)}:
        table[:, 4 - given.shape[1] :] = given
    else:
        raise InvalidArgumentError(
            f"coordinates of {size} cells have to be a distance, or of shape ({size}, 3) for x, y, z "
            f"or ({size}, 4) for gid, x, y, z, not {given.shape}"
        )
    _check_gids(table[:, 0])
    if not np.isfinite(table).all():
        raise InvalidArgumentError("coordinates have to be finite numbers")
    table.setflags(write=False)
    return table


def _check_gids(gids: npt.NDArray[np.float64]) -> None:
    if not np.isfinite(gids).all() or (gids < 0).any() or (gids % 1).any() or len(np.unique(gids)) != len(gids):
        raise InvalidArgumentError(
            "gids, the first of four columns of coordinates, have to be whole, not negative, and unique"
        )
