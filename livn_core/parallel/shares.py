"""Cutting what is to be read into contiguous parts, one for each rank, at the borders of chunks.

Positions here count the elements of a request, range after range: element 0 is the first of the first range.
"""

from __future__ import annotations

import numpy as np

from livn_core.h5file import IntArray
from livn_core.lazy import Lazy
from livn_core.ranges import element_index, join_adjacent

SMALL_BYTES = 2**18
"""So much is read by rank 0 alone: a second rank's opening and reading would take longer."""


def is_small(nbytes: int) -> bool:
    """Whether so little is to be read that one rank reads it all."""
    return nbytes <= SMALL_BYTES


def fair_cuts(starts: IntArray, stops: IntArray, parts: int, chunk: int, small: bool) -> IntArray:
    """Where to cut ranges into equal parts, at borders of chunks, so that no chunk is decoded by two ranks.

    Parameters
    ----------
    starts, stops
        int64, shape (n,): the ranges, none of them empty.
    parts
        How many.
    chunk
        Elements in a chunk; 0: it does not matter where to cut.
    small
        All for the first part.

    Returns
    -------
    ndarray
        int64, shape (parts + 1,), ascending, from 0 to the number of elements.
    """
    lengths = stops - starts
    ends = np.cumsum(lengths)
    size = int(ends[-1]) if ends.size else 0
    cuts = np.arange(parts + 1, dtype=np.int64)
    if small:
        return np.minimum(cuts * size, size)
    cuts = cuts * size // parts
    if chunk < 2 or not size:
        return cuts
    inner = cuts[1:-1]
    which = np.minimum(np.searchsorted(ends, inner, side="right"), starts.size - 1)
    place = starts[which] + inner - (ends - lengths)[which]
    border = (place + chunk // 2) // chunk * chunk
    moved = inner + np.clip(border, starts[which], stops[which]) - place
    return np.concatenate((cuts[:1], np.maximum.accumulate(np.clip(moved, 0, size)), cuts[-1:]))


def clipped(starts: IntArray, stops: IntArray, first: int, last: int) -> tuple[IntArray, IntArray]:
    """The ranges of elements ``first`` to ``last`` of a request.

    Parameters
    ----------
    starts, stops
        int64, shape (n,): the request.
    """
    ends = np.cumsum(stops - starts)
    begins = ends - (stops - starts)
    inside = slice(int(np.searchsorted(ends, first, side="right")), int(np.searchsorted(begins, last, side="left")))
    low = np.maximum(first - begins[inside], 0)
    high = np.maximum(ends[inside] - last, 0)
    return join_adjacent(starts[inside] + low, stops[inside] - high)


class Places:
    """Positions of many elements in an array.

    Parameters
    ----------
    starts, stops
        int64, shape (n,): pieces in any order.
    """

    def __init__(self, starts: IntArray, stops: IntArray) -> None:
        self.starts, self.stops = join_adjacent(starts, stops)
        self.size = int((self.stops - self.starts).sum())

    @classmethod
    def first(cls, count: int) -> Places:
        """The first so many."""
        return cls(np.array([0], np.int64), np.array([count], np.int64))

    @property
    def begin(self) -> int | None:
        """Where they begin, if they follow each other; else ``None``."""
        if self.starts.size > 1:
            return None
        return int(self.starts[0]) if self.starts.size else 0

    @property
    def length(self) -> float:
        """Elements in a piece, on average."""
        return self.size / max(self.starts.size, 1)

    @Lazy
    def index(self) -> IntArray:
        """int64: every position."""
        return element_index(self.starts, self.stops)

    @property
    def slices(self) -> list[slice]:
        """The pieces."""
        return [slice(a, b) for a, b in zip(self.starts.tolist(), self.stops.tolist(), strict=True)]
