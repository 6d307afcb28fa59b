"""From elements of a dataset to the cells that own them, and back.

livn-core asks for ranges of elements, neuroh5 is asked for cells and hands over their elements, cell after cell by
ascending gid. Nothing here knows either of the two.
"""

from __future__ import annotations

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_core.ranges import element_index, join_adjacent, repeat


@attrs.frozen(eq=False)
class Rows:
    """Which elements of a dataset belong to which cell, in the order of the file."""

    gids: IntArray
    """int64, shape (n,): in any order; a cell may have several rows."""
    pointer: IntArray
    """int64, shape (n + 1,): row *i* has elements ``pointer[i]`` to ``pointer[i + 1]``; ascending from 0."""

    def owners(self, starts: IntArray, stops: IntArray) -> IntArray:
        """The cells that own some element of some ranges.

        Parameters
        ----------
        starts, stops
            int64, shape (r,): ranges within the dataset, in any order.

        Returns
        -------
        int64 array, ascending and unique
        """
        first, last = self._rows_of(*join_adjacent(starts, stops))
        # Counted by differences: ranges may be as many as the elements, and overlap.
        steps = np.zeros(self.gids.size + 1, np.int64)
        np.add.at(steps, first, 1)
        np.add.at(steps, last, -1)
        touched = (np.cumsum(steps[:-1]) > 0) & (self.pointer[1:] > self.pointer[:-1])
        return np.unique(self.gids[touched])

    def _rows_of(self, starts: IntArray, stops: IntArray) -> tuple[IntArray, IntArray]:
        """First row and one past the last of ranges that are not empty."""
        first = np.searchsorted(self.pointer, starts, side="right") - 1
        return first, np.searchsorted(self.pointer, stops, side="left")

    def pool(self, cells: IntArray) -> Pool:
        """How the elements of some cells lie once they are put together, cell after cell.

        Parameters
        ----------
        cells
            int64, ascending and unique.
        """
        order = np.argsort(self.gids, kind="stable")
        place = np.searchsorted(cells, self.gids[order])
        place[place == cells.size] = 0
        wanted = cells[place] == self.gids[order] if cells.size else np.zeros(order.size, np.bool_)
        order, place = order[wanted], place[wanted]
        lengths = np.diff(self.pointer)[order]
        begins = np.zeros(self.gids.size, np.int64)
        begins[order] = np.cumsum(lengths) - lengths
        ends = np.cumsum(np.concatenate(([0], lengths)))
        return Pool(self, cells, order, begins, np.diff(ends[np.searchsorted(place, np.arange(cells.size + 1))]))


@attrs.frozen(eq=False)
class Pool:
    """The elements of some cells, cell after cell by ascending gid, those of one cell in the order of the file."""

    rows: Rows
    cells: IntArray
    """int64, shape (m,): ascending and unique."""
    order: IntArray
    """int64: the rows of these cells, by gid."""
    begins: IntArray
    """int64, shape (n,): where the elements of each row begin; 0 for rows of other cells."""
    sizes: IntArray
    """int64, shape (m,): number of elements of each cell."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(self.sizes.sum())

    @property
    def runs(self) -> IntArray:
        """int64, shape (m,): how many separate places of the file each cell adds to those of the cell before it."""
        filled = self.order[np.diff(self.rows.pointer)[self.order] > 0]
        starts, stops = self.rows.pointer[filled], self.rows.pointer[filled + 1]
        new = np.concatenate(([True], starts[1:] != stops[:-1]))[: filled.size]
        at = np.searchsorted(self.cells, self.rows.gids[filled])
        return np.bincount(at[new].astype(np.intp), minlength=self.cells.size).astype(np.int64)

    def pick(self, values: AnyArray, starts: IntArray, stops: IntArray) -> AnyArray:
        """Ranges of the dataset, out of the pool.

        Parameters
        ----------
        values
            shape (size,): what is in the pool.
        starts, stops
            int64, shape (r,): ranges of the dataset whose owners are all in the pool.

        Returns
        -------
        ndarray
            The concatenation of the ranges, in their order; perhaps ``values`` itself, or a view of it.
        """
        starts, stops = join_adjacent(starts, stops)
        first, last = self.rows._rows_of(starts, stops)
        row = element_index(first, last)
        which = repeat(np.arange(starts.size, dtype=np.int64), last - first)
        shift = (self.begins - self.rows.pointer[:-1])[row]
        begin = np.maximum(starts[which], self.rows.pointer[row]) + shift
        end = np.minimum(stops[which], self.rows.pointer[row + 1]) + shift
        begin, end = join_adjacent(begin, end)
        if begin.size == 1:
            whole = begin[0] == 0 and end[0] == values.size
            return values if whole else values[begin[0] : end[0]]
        return values[element_index(begin, end)]
