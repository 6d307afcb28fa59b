"""Cutting what is to be read into contiguous parts, one for each rank, at the borders of chunks.

Positions here count the elements of a request, range after range: element 0 is the first of the first range.
"""

from __future__ import annotations

import numpy as np

from livn_core.h5file import AnyArray, IntArray
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
    """Positions of many elements in an array: as slices where there are few, else one by one.

    Parameters
    ----------
    starts, stops
        int64, shape (n,).
    """

    _WORTH_A_SLICE = 2048
    """Elements in a slice, on average, below which picking them one by one is faster, as measured."""

    def __init__(self, starts: IntArray, stops: IntArray) -> None:
        starts, stops = join_adjacent(starts, stops)
        self.size = int((stops - starts).sum())
        few = starts.size * self._WORTH_A_SLICE <= max(self.size, self._WORTH_A_SLICE)
        self._slices = list(zip(starts.tolist(), stops.tolist(), strict=True)) if few else []
        self._index = None if few else element_index(starts, stops)

    @property
    def begin(self) -> int | None:
        """Where they begin, if they follow each other; else ``None``."""
        if self._index is not None or len(self._slices) > 1:
            return None
        return self._slices[0][0] if self._slices else 0

    def take(self, values: AnyArray, buffer: AnyArray) -> AnyArray:
        """The elements at these positions: a part of ``values``, or of the buffer into which they were copied."""
        if self.begin is not None:
            return values[self.begin : self.begin + self.size]
        # What has several owners is sent several times, and may then be more than was read.
        target = buffer[: self.size] if buffer.size >= self.size else np.empty(self.size, values.dtype)
        return self._copy(values, target)

    def move(self, values: AnyArray, into: AnyArray, places: Places) -> None:
        """Copy the elements at these positions to other positions in another array."""
        begin = places.begin
        if begin is None:
            places.put(into, self._copy(values, np.empty(self.size, values.dtype)))
        elif self.size:
            self._copy(values, into[begin : begin + self.size])

    def _copy(self, values: AnyArray, target: AnyArray) -> AnyArray:
        if self._index is not None:
            return np.take(values, self._index, out=target, mode="clip")  # any other mode copies target first
        return np.concatenate([values[a:b] for a, b in self._slices], out=target)

    def put(self, into: AnyArray, values: AnyArray) -> None:
        """Write elements to these positions."""
        if self._index is not None:
            into[self._index] = values
            return
        at = 0
        for start, stop in self._slices:
            into[start:stop] = values[at : at + stop - start]
            at += stop - start
