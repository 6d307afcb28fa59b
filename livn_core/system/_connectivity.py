"""The signed connectivity matrix of a system: ``w[pre, post]``, excitatory edges positive, inhibitory ones negative.

Every edge has a random strength in [0, 1), as in the original. The strengths come from one Mersenne Twister that is
consumed in an order fixed by the data: projections by the first gid of the post, then of the pre population; within
one, post cells ascending; within one cell, edges in file order. So the matrix depends neither on the backend nor on
the number of ranks, a part of it equals the same part of the whole, and where the original reads in that very order,
its numbers are the same.
"""

from __future__ import annotations

import operator
import random
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import FormatError, InvalidArgumentError, UnknownNameError, missing_package, unknown_name
from livn_core.h5file import IntArray
from livn_core.parallel import Ranks
from livn_core.ranges import repeat
from livn_core.threads import background

if TYPE_CHECKING:
    from livn_core.neuroh5 import Edges, Projection

SIGNS = {"excitatory": 1.0, "inhibitory": -1.0}
Ranges = Mapping[str, tuple[int, int]]


@attrs.frozen
class Declared:
    """One projection as ``graph.json`` declares it."""

    pre: str
    post: str
    sign: float
    weight: float


class Strengths:
    """Random numbers in [0, 1): those of :class:`random.Random`, many at a time.

    Both generators are MT19937 and make doubles of it in the same way, so numpy continues where Python starts.
    """

    def __init__(self, seed: int | None) -> None:
        _, state, _ = random.Random(None if seed is None else operator.index(seed)).getstate()
        self._random = np.random.RandomState()
        self._random.set_state(("MT19937", np.array(state[:-1], np.uint32), state[-1], 0, 0.0))

    def take(self, count: int) -> npt.NDArray[np.float64]:
        """The next ``count`` numbers: float64, shape (count,)."""
        return self._random.random_sample(count)


def declared(
    synapses: Mapping[str, Mapping[str, Mapping[str, Any]]], ranges: Ranges, weights: Mapping[str, float], place: str
) -> list[Declared]:
    """The projections of ``graph.json`` in the order in which strengths are drawn.

    Parameters
    ----------
    synapses
        ``{post: {pre: settings}}``.
    ranges
        ``{population: (first gid, number of cells)}``.
    weights
        Factors by ``"post_pre"``; 1 where there is none. Keys with a hyphen name a simulator's parameters and are
        passed over.
    place
        The ``graph.json``, for error messages.

    Raises
    ------
    FormatError
        ``graph.json`` names a population that does not exist, or a type other than excitatory and inhibitory.
    UnknownNameError
        A weight is given for a projection that cannot exist.
    """
    _check_weights(weights, ranges)
    found = [
        Declared(
            pre,
            post,
            _sign(settings, f"/connections/…/synapses/{post}/{pre}", place),
            weights.get(f"{post}_{pre}", 1.0),
        )
        for post, sources in synapses.items()
        for pre, settings in sources.items()
        if _known(post, ranges, place) and _known(pre, ranges, place)
    ]
    return sorted(found, key=lambda one: (ranges[one.post], one.post, ranges[one.pre], one.pre))


def common_seed(ranks: Ranks | None, seed: int | None) -> int | None:
    """The same seed on every rank, also where each time another one is wanted."""
    return seed if ranks is None or seed is not None else ranks.from_first(lambda: secrets.randbits(32))


def matrix(
    projections: Iterable[tuple[Declared, Projection | None]],
    ranges: Ranges,
    order: IntArray,
    seed: int | None,
    local: bool = False,
) -> tuple[IntArray, npt.NDArray[np.float32]]:
    """Entries of the matrix, one for each pair of cells that any edge connects.

    Parameters
    ----------
    projections
        What is declared and, where it has edges, the projection itself.
    ranges
        ``{population: (first gid, number of cells)}``.
    order
        int64, shape (n,), unique: the gid of each row and column.
    seed
        Seed of the strengths; None: another one every time.
    local
        Only the edges onto this rank's cells.

    Returns
    -------
    tuple
        Position ``post * n + pre`` of each entry: int64, ascending and unique; and its value: float32, the sum over
        all edges of the pair, taken in float64. Files go by post cell, so this order is nearly theirs.
    """
    strengths = Strengths(seed)
    part = len(order) < sum(count for _, count in ranges.values())
    keys, values = [np.empty(0, np.int64)], [np.empty(0, np.float64)]
    for one, projection in projections:
        if projection is None:
            continue
        edges, draws = _edges(projection, strengths, ranges[one.post], order if part else None, local)
        rows = _positions(order, ranges[one.pre])[edges.pre_gids - ranges[one.pre][0]]
        columns = _positions(order, ranges[one.post])[edges.post_gids - ranges[one.post][0]]
        inside = rows >= 0 if part else slice(None)
        keys.append((rows + repeat(columns * len(order), np.diff(edges.indptr)))[inside])
        values.append((one.sign * draws * one.weight)[inside])
    return _summed(np.concatenate(keys), np.concatenate(values))


def dense(keys: IntArray, values: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """The entries as an array: float32, shape (size, size)."""
    table = np.zeros((size, size), np.float32)
    columns, rows = np.divmod(keys, max(size, 1))
    table[rows, columns] = values
    return table


def sparse_csr(keys: IntArray, values: npt.NDArray[np.float32], size: int) -> Any:
    """The entries as a ``scipy.sparse.csr_array``: float32, shape (size, size)."""
    try:
        from scipy import sparse
    except ImportError as error:
        raise missing_package("scipy", "a sparse connectivity matrix") from error

    columns, rows = np.divmod(keys, max(size, 1))
    kind = _index_type(max(size, keys.size))
    indptr = np.searchsorted(columns, np.arange(size + 1)).astype(kind, copy=False)
    rows = rows.astype(kind, copy=False)
    return sparse.csc_array((values, rows, indptr), shape=(size, size)).tocsr()


def whole_csr(
    projections: Sequence[tuple[Declared, Projection | None]], ranges: Ranges, size: int, seed: int | None
) -> Any:
    """The sparse matrix of all cells: what :func:`sparse_csr` makes of :func:`matrix`, without sorting anything.

    Edges come by post population, then by post cell. Dealt out to their rows in that order, each row's columns ascend.

    Parameters
    ----------
    projections, ranges, seed
        As for :func:`matrix`.
    size
        Number of cells.
    """
    try:
        from scipy import sparse
    except ImportError as error:
        raise missing_package("scipy", "a sparse connectivity matrix") from error

    there = [(one, projection) for one, projection in projections if projection is not None]
    ends = np.cumsum([0, *(projection.n_edges for _, projection in there)])
    first = dict(zip(ranges, np.cumsum([0, *(count for _, count in ranges.values())]).tolist(), strict=False))
    kind = _index_type(size)
    rows, columns = np.empty(ends[-1], kind), np.empty(ends[-1], kind)
    with background(lambda: Strengths(seed).take(int(ends[-1]))) as strengths:
        for (one, projection), begin, end in zip(there, ends[:-1], ends[1:], strict=True):
            edges = projection.read()
            np.add(edges.pre_gids, first[one.pre] - ranges[one.pre][0], out=rows[begin:end], casting="same_kind")
            cells = (edges.post_gids + (first[one.post] - ranges[one.post][0])).astype(kind)
            columns[begin:end] = repeat(cells, np.diff(edges.indptr))
        values = strengths()
    for (one, _), begin, end in zip(there, ends[:-1], ends[1:], strict=True):
        if one.sign * one.weight != 1:
            values[begin:end] *= one.sign * one.weight
    entries = sparse.coo_array((values, (rows, columns)), shape=(size, size))
    entries.has_canonical_format = True  # or it would add up several edges of a pair, in another order than we do
    return _merged(entries.tocsr())


def _index_type(size: int) -> type[np.integer[Any]]:
    """What scipy takes for indices up to a size, and would turn others into."""
    return np.int32 if size < 2**31 else np.int64


def _merged(dealt: Any) -> Any:
    """A csr_array of float64 in which neighbours may name the same pair, as float32 with one entry for each pair."""
    from scipy import sparse

    values, columns, pointer = dealt.data.astype(np.float32), dealt.indices, dealt.indptr
    again = np.zeros(values.size + 1, np.bool_)
    np.equal(columns[1:], columns[:-1], out=again[1:-1])
    again[pointer] = False
    repeats = np.flatnonzero(again)
    if repeats.size:
        once = ~again[:-1]
        several = again[:-1] | again[1:]
        values[several & once] = np.add.reduceat(dealt.data[several], np.flatnonzero(once[several]))
        pointer = pointer - repeats.searchsorted(pointer).astype(pointer.dtype)
        values, columns = values[once], columns[once]
    merged = sparse.csr_array((values, columns, pointer), shape=dealt.shape)
    merged.has_canonical_format = True
    return merged


def check_order(gids: npt.ArrayLike, known: IntArray, place: str) -> IntArray:
    """The gids of rows and columns as an array: int64, shape (n,), in the order given.

    Raises
    ------
    InvalidArgumentError
        They are no whole numbers, or one is there twice.
    UnknownNameError
        One is no cell of the system.
    """
    order = np.asarray(gids)
    if order.size == 0:
        return np.empty(0, np.int64)
    if order.ndim != 1 or order.dtype.kind not in "iu":
        raise InvalidArgumentError(f"gids have to be a list of whole numbers, not {order.dtype} of shape {order.shape}")
    if len(np.unique(order)) != len(order):
        raise InvalidArgumentError("gids have to be unique: each one is a row and a column of the matrix")
    unknown = np.setdiff1d(order, known)
    if len(unknown):
        raise UnknownNameError(
            f"{place}: there is no gid {unknown[0]}; there are {len(known)}, {known[0]} to {known[-1]}"
        )
    return order.astype(np.int64)


def _edges(
    projection: Projection, strengths: Strengths, post: tuple[int, int], order: IntArray | None, local: bool
) -> tuple[Edges, npt.NDArray[np.float64]]:
    """All edges of a projection or, with ``order``, those onto these cells; and the strength of each."""
    if order is None and not local:
        edges = projection.read()
        return edges, strengths.take(len(edges))
    start, count = post
    cells = None if order is None else order[(order >= start) & (order < start + count)]
    edges = projection.read(cells, local=local)
    # The place of each cell's edges in the whole projection tells which of its strengths are theirs.
    first = np.concatenate([[0], np.cumsum(projection.in_degree())])
    draws = strengths.take(int(first[-1]))
    shift = first[edges.post_gids - start] - edges.indptr[:-1]
    return edges, draws[np.arange(len(edges)) + repeat(shift, np.diff(edges.indptr))]


def _positions(order: IntArray, population: tuple[int, int]) -> IntArray:
    """Where in ``order`` each cell of a population is: int64, shape (count,), -1 for a cell that is not in it."""
    start, count = population
    here = np.flatnonzero((order >= start) & (order < start + count))
    positions = np.full(count, -1, np.int64)
    positions[order[here] - start] = here
    return positions


def _summed(keys: IntArray, values: npt.NDArray[np.float64]) -> tuple[IntArray, npt.NDArray[np.float32]]:
    by_key = np.argsort(keys, kind="stable")
    keys, values = keys[by_key], values[by_key]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    sums = np.add.reduceat(values, first) if len(first) else values
    return keys[first], sums.astype(np.float32)


def _check_weights(weights: Mapping[str, float], ranges: Ranges) -> None:
    possible = [f"{post}_{pre}" for post in ranges for pre in ranges]
    for key in weights:
        if "-" not in key and key not in possible:
            raise unknown_name("projection (post_pre)", key, possible, "weights")


def _known(population: str, ranges: Ranges, place: str) -> bool:
    if population not in ranges:
        listing = ", ".join(ranges)
        raise FormatError(
            place, "/connections", f"names the population {population!r}, which the HDF5 files lack; there is {listing}"
        )
    return True


def _sign(settings: Mapping[str, Any], node: str, place: str) -> float:
    kind = settings.get("type", "excitatory")
    if kind not in SIGNS:
        raise FormatError(place, f"{node}/type", f"is {kind!r}; a synapse is {' or '.join(SIGNS)}")
    return SIGNS[kind]
