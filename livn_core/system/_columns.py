"""The edges of a projection on their way into a matrix that is stored by column.

A column is a cell of the post population, and has edges from several projections: each one's come after those of the
one before, with rows that ascend. Edges between the same two cells become one entry, the sum of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import taken
from livn_core.ranges import pointer_of, repeat

if TYPE_CHECKING:
    from livn_core.neuroh5 import Projection

_AT_ONCE = 1 << 16
"""Edges that are put into their places at once: what is needed for it stays in the processor's cache."""


@attrs.frozen(eq=False)
class Columns:
    """The edges of a projection, ascending by column, then by row."""

    rows: AnyArray
    """int32 or int64, shape (m,): where each edge comes from."""
    pointer: IntArray
    """int64, shape (n + 1,): the edges of column *i* are ``pointer[i]`` to ``pointer[i + 1]``."""
    order: AnyArray | None
    """Shape (m,): which edge of the file each one is; None where the file has them in this order."""
    repeats: IntArray
    """int64, ascending: the edges that are of the same pair of cells as the one before."""
    repeated: IntArray
    """int64, shape (n,): how many these are in each column."""

    @classmethod
    def read(cls, projection: Projection, first: int) -> Columns:
        """Read the edges, and sort them where the file does not; ``first`` is the row of the first pre cell."""
        rows, pointer, order = taken(projection.read().pre_gids), pointer_of(projection.in_degree()), None
        if first != projection.pre.start and rows.size:
            rows -= rows.dtype.type(projection.pre.start - first)
        if not _ascend(rows, pointer):
            rows, order = _sorted(rows, pointer)
        repeats = np.flatnonzero(_within_columns(np.equal, rows, pointer)) + 1
        return cls(rows, pointer, order, repeats, np.diff(repeats.searchsorted(pointer)))

    @property
    def entries(self) -> IntArray:
        """int64, shape (n,): how many entries each column gets, one for each pair of cells."""
        return np.diff(self.pointer) - self.repeated

    def put(self, values: npt.NDArray[np.float64], at: IntArray, indices: AnyArray, data: AnyArray) -> None:
        """Write the entries into their places.

        Parameters
        ----------
        values
            Shape (m,): of each edge, in file order. Changed on the way.
        at
            int64, shape (n,): the place of the first entry of each column.
        indices, data
            Rows and values of all entries, to be filled.
        """
        if self.order is not None:
            values = values[self.order]
        _add_up(values, self.repeats)
        for start, stop, shift, lengths in _blocks(*self._runs(at), self.rows.size):
            places = repeat(shift, lengths)
            places += np.arange(start, stop)
            indices[places] = self.rows[start:stop]
            data[places] = values[start:stop].astype(data.dtype)

    def _runs(self, at: IntArray) -> tuple[IntArray, IntArray]:
        """Where runs of edges begin that go to one place after the other, and how far from their own these are.

        A repeated edge goes where the one before it went, and brings the same sum.
        """
        begins = np.sort(np.concatenate((self.pointer[:-1], self.repeats)), kind="stable")
        runs = 1 + self.repeated
        first = np.cumsum(runs) - runs
        # The n-th run of a column comes after n repeats.
        return begins, repeat(at - self.pointer[:-1] + first, runs) - np.arange(begins.size)


def _blocks(begins: IntArray, shift: IntArray, size: int) -> Iterator[tuple[int, int, IntArray, IntArray]]:
    """Runs in blocks: the first edge of a block, one past its last, and the shifts and lengths of its runs."""
    ends = np.append(begins, size)
    lengths = np.diff(ends)
    cuts = np.append(begins.searchsorted(np.arange(0, size, _AT_ONCE)), begins.size)
    for low, high in pairwise(np.unique(cuts).tolist()):
        yield int(ends[low]), int(ends[high]), shift[low:high], lengths[low:high]


def _ascend(rows: AnyArray, pointer: IntArray) -> bool:
    """Whether the rows of each column do."""
    return not _within_columns(np.less, rows, pointer).any()


def _within_columns(compare: np.ufunc, rows: AnyArray, pointer: IntArray) -> npt.NDArray[np.bool_]:
    """How each row but the first compares with the one before it in its column; False for the first of a column."""
    found = np.empty(rows.size + 1, np.bool_)
    compare(rows[1:], rows[:-1], out=found[1:-1])
    found[pointer] = False
    return found[1:-1]


def _sorted(rows: AnyArray, pointer: IntArray) -> tuple[AnyArray, AnyArray]:
    """Rows that ascend in each column, equal ones in file order; and which edge of the file each one is."""
    from scipy import sparse

    numbers: Any = np.arange(rows.size, dtype=np.int32 if rows.size < 2**31 else np.int64)
    lowest = rows.min()
    shape = (int(rows.max() - lowest) + 1, pointer.size - 1)
    dealt = sparse.csc_array((numbers, rows - lowest, pointer), shape=shape)
    dealt.has_canonical_format = True  # or scipy would add up several edges of a pair
    dealt = dealt.tocsr().tocsc()  # dealt out twice, the rows of each column ascend
    return dealt.indices + lowest, dealt.data


def _add_up(values: npt.NDArray[np.float64], repeats: IntArray) -> None:
    """Give each edge of a pair the sum of all."""
    if repeats.size:
        first = np.setdiff1d(repeats - 1, repeats, assume_unique=True)
        several = np.sort(np.concatenate((first, repeats)))
        begins = several.searchsorted(first)
        sums = np.add.reduceat(values[several], begins)
        values[several] = repeat(sums, np.diff(begins, append=several.size))
