"""How far apart connected cells are, and how probable a connection is over distance."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.h5file import IntArray
from livn_core.neuroh5._statistics import distinct_pairs
from livn_core.neuroh5.values import read_only

if TYPE_CHECKING:
    from livn_core.system._subset import Subset
    from livn_core.system._system import System

EXACT_PAIRS: Final = 100_000_000
"""Up to so many pairs of cells are measured one by one, which took 1.9 s of processor time; of more, a sample."""

SAMPLE: Final = 4_000_000
CHUNK: Final = 2**20
Points = npt.NDArray[np.float64]


@attrs.frozen(eq=False)
class DistanceStatistics:
    """The distances over which one projection connects, in µm, in space."""

    pre: str
    post: str
    n_edges: int
    mean: float
    """Mean length of an edge in µm; NaN, like the next three, where there is none."""
    std: float
    minimum: float
    maximum: float
    bins: npt.NDArray[np.float64] = attrs.field(converter=read_only)
    """float64, shape (n + 1,), µm: borders of the bins, the last one included."""
    edges: IntArray = attrs.field(converter=read_only)
    """int64, shape (n,): edges in each bin."""
    connected: IntArray = attrs.field(converter=read_only)
    """int64, shape (n,): pairs of different cells that at least one edge connects."""
    pairs: npt.NDArray[np.float64] = attrs.field(converter=read_only)
    """float64, shape (n,): all pairs of different cells at that distance; estimated from a sample unless exact."""
    sampled_pairs: int | None
    """How many pairs were measured to estimate ``pairs``; None where all of them were, so that it is exact."""

    @property
    def exact(self) -> bool:
        """Whether all pairs of cells were measured."""
        return self.sampled_pairs is None

    @property
    def probability(self) -> npt.NDArray[np.float64]:
        """The probability of a connection: float64, shape (n,): ``connected / pairs``, NaN where there is no pair.

        From a sample, the relative error of a bin is about one over the square root of the sampled pairs in it.
        """
        found = np.full(self.pairs.shape, np.nan)
        np.divide(self.connected, self.pairs, out=found, where=self.pairs > 0)
        return found


def distance_statistics(
    system: System | Subset,
    pre: str,
    post: str,
    bins: int | npt.ArrayLike = 20,
    *,
    max_pairs: int = EXACT_PAIRS,
    seed: int = 123,
) -> DistanceStatistics:
    """Measure the edges of one projection, and the pairs of cells that could have one.

    The edges are read once, a block at a time.

    Parameters
    ----------
    system
        A system, or a subset of one.
    pre, post
        The projection.
    bins
        At most so many bins of a round width, from 0 to the diagonal of the box around the cells; or the borders, in
        µm, ascending. What lies beyond the last border is in no bin, but counts for the mean and what follows it.
    max_pairs
        Up to so many pairs of cells are measured one by one. Of more, a sample of 4 million is, with replacement.
    seed
        Seed of the sample.

    Returns
    -------
    DistanceStatistics
        Of the edges, and of the pairs of different cells.

    Raises
    ------
    UnknownNameError
        There is no such projection, or a population has no coordinates.
    InvalidArgumentError, InvalidTypeError
        ``bins`` are neither a number of bins nor ascending borders.
    """
    projection = system.projection(pre, post)
    sources, targets = (system.coordinate_array(name)[:, 1:4] for name in (pre, post))
    borders = _borders(bins, np.concatenate([sources, targets]))
    found, connected, moments = np.zeros(borders.size - 1, np.int64), np.zeros(borders.size - 1, np.int64), _Moments()
    for block in projection.blocks():
        rows = np.searchsorted(projection.pre.gids, block.pre_gids)
        columns = np.searchsorted(projection.post.gids, block.post_gid_per_edge)
        lengths = _distances(sources[rows], targets[columns])
        moments.add(lengths)
        found += _count(lengths, borders)
        pres, posts = distinct_pairs(block)
        other = pres != posts
        rows = np.searchsorted(projection.pre.gids, pres[other])
        columns = np.searchsorted(projection.post.gids, posts[other])
        connected += _count(_distances(sources[rows], targets[columns]), borders)
    pairs, sampled = _pairs(sources, targets, borders, pre == post, max_pairs=max_pairs, seed=seed)
    # The diagonal is longer than any distance between cells need be.
    last = _last_used(found + pairs) if isinstance(bins, int | np.integer) else found.size
    counts = found[:last], connected[:last], pairs[:last]
    return DistanceStatistics(pre, post, *moments.result(), borders[: last + 1], *counts, sampled)


def _last_used(counts: Points) -> int:
    """How many bins there are up to the last one that is not empty, at least one."""
    return int(np.flatnonzero(counts)[-1]) + 1 if counts.any() else 1


class _Moments:
    """Mean, spread and range of numbers that come in parts."""

    def __init__(self) -> None:
        self.count, self.sum, self.squares, self.low, self.high = 0, 0.0, 0.0, np.inf, -np.inf

    def add(self, values: Points) -> None:
        if values.size:
            self.count += values.size
            self.sum += float(values.sum())
            self.squares += float((values**2).sum())
            self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))

    def result(self) -> tuple[int, float, float, float, float]:
        if not self.count:
            nothing = float("nan")
            return 0, nothing, nothing, nothing, nothing
        mean = self.sum / self.count
        return self.count, mean, float(np.sqrt(max(self.squares / self.count - mean**2, 0))), self.low, self.high


def _borders(bins: int | npt.ArrayLike, points: Points) -> npt.NDArray[np.float64]:
    if isinstance(bins, bool | np.bool_):
        raise InvalidTypeError(f"bins are a number of bins or their borders in µm, not the bool {bins}")
    if isinstance(bins, int | np.integer):
        if bins < 1:
            raise InvalidArgumentError(f"there has to be at least one bin, not {bins}")
        diagonal = float(np.linalg.norm(np.ptp(points, axis=0))) if len(points) else 0.0
        width = _round_up(diagonal / operator.index(bins)) or 1.0
        return np.arange(max(int(np.ceil(diagonal / width)), 1) + 1, dtype=np.float64) * width
    borders: npt.NDArray[Any] = np.array(bins)
    if borders.dtype.kind not in "iuf" or borders.ndim != 1 or borders.size < 2:
        raise InvalidTypeError(f"bins are a number of bins or their borders in µm, at least two, not {bins!r}")
    borders = borders.astype(np.float64)
    if not np.isfinite(borders).all() or borders[0] < 0 or (np.diff(borders) <= 0).any():
        raise InvalidArgumentError("the borders of bins have to be finite, not negative, and ascending")
    return borders


def _round_up(width: float) -> float:
    """The next of 1, 2, 2.5, 5 and 10, times a power of ten."""
    if width <= 0:
        return 0.0
    unit = 10.0 ** np.floor(np.log10(width))
    return float(next((step * unit for step in (1, 2, 2.5, 5) if step * unit >= width), 10 * unit))


def _distances(one: Points, other: Points) -> Points:
    """Distances, row by row, in the one order of additions that gives a pair the same value everywhere."""
    x, y, z = ((one[..., axis] - other[..., axis]) ** 2 for axis in range(3))
    lengths: Points = np.sqrt(x + y + z)
    return lengths


def _count(lengths: Points, borders: npt.NDArray[np.float64]) -> IntArray:
    """How many lengths each bin has: int64, shape (borders - 1,)."""
    bins = borders.size - 1
    if borders[0] == 0 and np.array_equal(borders, np.arange(bins + 1) * borders[1]):
        places = (lengths / borders[1]).astype(np.intp)  # searching takes seven times as long
    else:
        places = np.searchsorted(borders, lengths, side="right") - 1
    places[lengths == borders[-1]] = bins - 1
    return np.bincount(places[(places >= 0) & (places < bins)], minlength=bins).astype(np.int64)


def _pairs(
    sources: Points, targets: Points, borders: Points, same: bool, *, max_pairs: int, seed: int
) -> tuple[Points, int | None]:
    total = len(sources) * len(targets) - (len(sources) if same else 0)
    if len(sources) * len(targets) <= max_pairs:
        counts = np.zeros(borders.size - 1, np.int64)
        for lengths in _all_distances(sources, targets):
            counts += _count(lengths, borders)
        if same and borders[0] == 0:
            counts[0] -= len(sources)
        return counts.astype(np.float64), None
    random = np.random.default_rng(seed)
    rows, columns = random.integers(len(sources), size=SAMPLE), random.integers(len(targets), size=SAMPLE)
    if same:
        rows, columns = rows[rows != columns], columns[rows != columns]
    counts = _count(_distances(sources[rows], targets[columns]), borders)
    return counts.astype(np.float64) * (total / rows.size), rows.size


def _all_distances(sources: Points, targets: Points) -> Iterator[Points]:
    step = max(CHUNK // max(len(sources), 1), 1)
    for at in range(0, len(targets), step):
        yield _distances(sources[None, :, :], targets[at : at + step, None, :]).ravel()
