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
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import FormatError, InvalidArgumentError, UnknownNameError, or_too_large, unknown_name
from livn_core.h5file import IntArray
from livn_core.parallel import Ranks
from livn_core.ranges import pointer_of, repeat

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
    if ranks is None or seed is not None:
        return seed
    return ranks.from_first(lambda: random.SystemRandom().getrandbits(32))


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
    """The entries as an array: float32, shape (size, size).

    Raises
    ------
    TooLargeError
        It does not fit into memory.
    """
    needs = f"needs {4 * size**2 / 2**30:,.0f} GiB of memory, which is not there"
    with or_too_large(f"the matrix of {size:,} cells {needs}; pass sparse=True, or some cells with gids="):
        table = np.zeros((size, size), np.float32)
    columns, rows = np.divmod(keys, max(size, 1))
    table[rows, columns] = values
    return table


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
        listing = f"there are {len(known)}, {known[0]} to {known[-1]}" if len(known) else "there are no cells"
        raise UnknownNameError(f"{place}: there is no gid {unknown[0]}; {listing}")
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
    first = pointer_of(projection.in_degree())
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
