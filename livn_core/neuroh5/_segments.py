"""Which elements belong to which cell: the one plan behind partial reads, blocks and merges.

A segment is a range of elements that belongs to a cell. Files store segments in any order and may store several for
one cell; here they are ordered by gid, in file order within a cell, and grouped into one row for each cell.
Reading is then: take rows, read their ranges in that order. No element is moved after it was read.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.ranges import element_index, join_adjacent, pointer_of


@attrs.frozen(eq=False)
class Segments:
    """Ranges of elements, grouped by cell."""

    gids: IntArray
    """int64, shape (n,): ascending and unique."""
    starts: IntArray
    """int64, shape (s,): first element of each segment."""
    stops: IntArray
    """int64, shape (s,): one past the last element of each segment."""
    first: IntArray | None = None
    """int64, shape (n + 1,): the segments of cell *i* are ``first[i]`` to ``first[i + 1]``; None where every cell has
    a single one, as in nearly every file. There is no cell without one."""
    seamless: IntArray | None = None
    """int64, shape (n + 1,), where every cell has one segment and they follow each other from element 0 on: the places
    where they begin, and the last one's end."""

    @classmethod
    def along(cls, gids: IntArray, pointer: IntArray) -> Segments:
        """Segments that follow each other in the file.

        Parameters
        ----------
        gids
            int64, shape (s,): the cell of each segment, in file order; may repeat.
        pointer
            int64, shape (s + 1,): from 0, never decreasing.
        """
        if not (gids[1:] > gids[:-1]).all():
            return cls.group(gids, pointer[:-1], pointer[1:])
        return cls(gids, pointer[:-1], pointer[1:], seamless=pointer)

    @classmethod
    def group(cls, gids: IntArray, starts: IntArray, stops: IntArray) -> Segments:
        """Order segments by gid, keep file order within one, and group them.

        Parameters
        ----------
        gids
            int64, shape (s,): the cell of each segment, in file order; may repeat.
        starts, stops
            int64, shape (s,).
        """
        if (gids[1:] > gids[:-1]).all():
            return cls(gids, starts, stops)
        step = np.diff(gids)
        if (step < 0).any():
            order = np.argsort(gids, kind="stable")
            gids, starts, stops = gids[order], starts[order], stops[order]
            step = np.diff(gids)
        if step.all():
            return cls(gids, starts, stops)
        first = np.concatenate(([0], np.flatnonzero(step) + 1, [gids.size])).astype(np.int64)
        return cls(gids[first[:-1]], starts, stops, first)

    @classmethod
    def empty(cls) -> Segments:
        """No cell at all."""
        nothing = np.empty(0, np.int64)
        return cls(nothing, nothing, nothing)

    @property
    def pointer(self) -> IntArray:
        """int64, shape (n + 1,): where each cell's elements begin once all segments are read; a new array."""
        if self.seamless is not None:
            return self.seamless.copy()
        ends = pointer_of(self.stops - self.starts)
        return ends if self.first is None else ends[self.first]

    @property
    def size(self) -> int:
        """Number of elements."""
        if self.seamless is not None:
            return int(self.seamless[-1])
        return int((self.stops - self.starts).sum())

    def select(self, gids: IntArray) -> Segments:
        """The rows of some cells; cells that have none are left out.

        Parameters
        ----------
        gids
            int64, ascending and unique.
        """
        at = self.gids.searchsorted(gids)
        if at.size and at[-1] == self.gids.size:
            at = at[: at.searchsorted(self.gids.size)]
        return self.pick(at[self.gids[at] == gids[: at.size]])

    def pick(self, rows: IntArray) -> Segments:
        """Some rows.

        Parameters
        ----------
        rows
            int64, ascending and unique: their numbers.
        """
        if self.first is None:
            return Segments(self.gids[rows], self.starts[rows], self.stops[rows])
        which = self.segments_of(rows)
        first = pointer_of(self.first[rows + 1] - self.first[rows])
        return Segments(self.gids[rows], self.starts[which], self.stops[which], first)

    def segments_of(self, rows: IntArray) -> IntArray:
        """The numbers of the segments of some rows: int64, row after row."""
        if self.first is None:
            return rows
        return element_index(self.first[rows], self.first[rows + 1])

    def rows(self, start: int, stop: int) -> Segments:
        """Consecutive rows."""
        if self.first is None:
            return Segments(self.gids[start:stop], self.starts[start:stop], self.stops[start:stop])
        a, b = int(self.first[start]), int(self.first[stop])
        return Segments(self.gids[start:stop], self.starts[a:b], self.stops[a:b], self.first[start : stop + 1] - a)

    def locate(self, at: IntArray) -> tuple[IntArray, IntArray]:
        """The ranges, one element long, of elements that are known by their places in the order of reading.

        Parameters
        ----------
        at
            int64, ascending.
        """
        starts, stops = self._joined()
        before = np.cumsum(stops - starts) - (stops - starts)
        which = before.searchsorted(at, "right") - 1 if starts.size > 1 else np.zeros(at.size, np.int64)
        places = starts[which] + at - before[which]
        return places, places + 1

    def take(self, values: AnyArray) -> AnyArray:
        """These segments of the whole values of a dataset, in this order; the values themselves where they are that.

        Parameters
        ----------
        values
            Shape (n,): all values, of which these segments name some.
        """
        starts, stops = self._joined()
        if starts.size == 1 and starts[0] == 0 and stops[0] == values.size:
            return values
        return values[element_index(starts, stops)]

    def ranges(self, path: str) -> Ranges:
        """The request that reads these segments of a dataset, in this order."""
        return self.requests([path])[0]

    def requests(self, paths: Sequence[str]) -> list[Ranges]:
        """The requests that read these segments of several datasets, in this order."""
        starts, stops = self._joined()
        return [Ranges(path, starts, stops) for path in paths]

    def _joined(self) -> tuple[IntArray, IntArray]:
        if self.seamless is not None and self.seamless[-1]:
            return self.seamless[:1], self.seamless[-1:]
        return join_adjacent(self.starts, self.stops)
