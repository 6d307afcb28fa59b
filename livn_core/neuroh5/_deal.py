"""Who reads which elements of the file, and to whom they go: the arithmetic behind dealing cells out to ranks.

Positions here count elements in the order in which they are read: ascending in the file, those of nobody's cells left
out. A window is what one rank reads in one round.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Self, TypeAlias

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.neuroh5._segments import Segments
from livn_core.parallel.shares import Places, fair_cuts, is_small
from livn_core.ranges import join_adjacent

Window: TypeAlias = tuple[int, int]
"""First and one past the last of the positions that one rank reads in one round."""

_NOTHING = (0, 0)


class Deal:
    """How the elements of one plan go from the ranks that read them to those that own them.

    Parameters
    ----------
    plan
        The cells of all ranks.
    rows
        For each rank its rows of the plan, ascending; a row may be in several of them, or in none.
    rank
        Which rank this one is.
    chunk
        Elements in a chunk of the datasets; 0 where they have none.
    width
        Bytes of an element, of all datasets together.
    """

    def __init__(self, plan: Segments, rows: Sequence[IntArray], rank: int, chunk: int, width: int) -> None:
        self._rank = rank
        lengths = plan.stops - plan.starts
        owned = [plan.segments_of(one) for one in rows]
        used = np.zeros(plan.starts.size, np.bool_)
        for one in owned:
            used[one] = True
        used &= lengths > 0
        order = np.flatnonzero(used)
        order = order[_ascending(plan.starts[order])]
        read = _Pieces.of_lengths(lengths[order])
        begins = np.zeros(plan.starts.size, np.int64)
        begins[order] = read.begins
        self._pieces = [_Pieces.placed(begins, lengths, one[used[one]]) for one in owned]
        self._targets = _targets(begins, lengths, owned[rank])
        self.own = self._pieces[rank].size
        """How many elements this rank owns."""
        self.total = read.size
        """How many elements all ranks read together."""
        # Joined, so that a cut is moved to the border of a chunk, not just to that of a cell.
        self._starts, stops = join_adjacent(plan.starts[order], plan.stops[order])
        self._runs = _Pieces.of_lengths(stops - self._starts)
        self._cuts = fair_cuts(self._starts, stops, len(rows), chunk, is_small(self.total * width))
        self.largest = int(np.diff(self._cuts).max())
        """The most elements that any rank reads."""

    def rounds(self, most: int) -> int:
        """How many rounds it takes if no rank reads more than ``most`` elements in one."""
        return -(-self.largest // most) if self.largest else 0

    def windows(self, number: int, most: int) -> list[Window]:
        """What each rank reads in one round, as positions in the order of reading."""
        cuts = self._cuts.tolist()
        firsts = [min(start + number * most, stop) for start, stop in pairwise(cuts)]
        return [(first, min(first + most, stop)) for first, stop in zip(firsts, cuts[1:], strict=True)]

    def requests(self, paths: Sequence[str], window: Window, outs: Sequence[AnyArray]) -> list[Ranges]:
        """The requests for a window of several datasets."""
        first, last, which = self._runs.cut(window)
        shift = self._starts[which] - self._runs.begins[which]
        return [Ranges(path, first + shift, last + shift, out=out) for path, out in zip(paths, outs, strict=True)]

    def outgoing(self, window: Window) -> tuple[Places, IntArray]:
        """Which elements of our window go to the other ranks, one rank after the other, and how many to each."""
        cut = [pieces.cut(window if rank != self._rank else _NOTHING) for rank, pieces in enumerate(self._pieces)]
        counts = np.array([int((stops - starts).sum()) for starts, stops, _ in cut], np.int64)
        starts = np.concatenate([starts for starts, _, _ in cut]) - window[0]
        stops = np.concatenate([stops for _, stops, _ in cut]) - window[0]
        return Places(starts, stops), counts

    def own_of(self, window: Window) -> tuple[Places, Places]:
        """Which elements of any rank's window are our own, and where in our result they belong."""
        pieces = self._pieces[self._rank]
        first, last, which = pieces.cut(window)
        begin = self._targets[which] + first - pieces.begins[which]
        return Places(first - window[0], last - window[0]), Places(begin, begin + last - first)

    def incoming(self, windows: Sequence[Window]) -> list[Places]:
        """Where in our result the elements belong that come from each rank; nothing comes from ourselves."""
        return [self.own_of(window if rank != self._rank else _NOTHING)[1] for rank, window in enumerate(windows)]


@attrs.frozen(eq=False)
class _Pieces:
    """Ascending stretches of what is read."""

    begins: IntArray
    ends: IntArray

    @classmethod
    def of_lengths(cls, lengths: IntArray) -> Self:
        """One after the other."""
        ends = np.cumsum(lengths)
        return cls(ends - lengths, ends)

    @classmethod
    def placed(cls, begins: IntArray, lengths: IntArray, which: IntArray) -> Self:
        """Some of the segments of a plan."""
        which = which[_ascending(begins[which])]
        return cls(begins[which], begins[which] + lengths[which])

    @property
    def size(self) -> int:
        """How many elements they are."""
        return int((self.ends - self.begins).sum())

    def cut(self, window: Window) -> tuple[IntArray, IntArray, slice]:
        """Those that touch a window, cut to it; and which they are."""
        first, last = window
        touched = slice(
            int(np.searchsorted(self.ends, first, side="right")), int(np.searchsorted(self.begins, last, side="left"))
        )
        return np.maximum(self.begins[touched], first), np.minimum(self.ends[touched], last), touched


def _targets(begins: IntArray, lengths: IntArray, own: IntArray) -> IntArray:
    """For each segment of ours that is not empty, in the order in which it is read: where it begins in our result."""
    targets = np.cumsum(lengths[own]) - lengths[own]
    there = lengths[own] > 0
    return targets[there][_ascending(begins[own[there]])]


def _ascending(values: IntArray) -> IntArray | slice:
    """What puts them into ascending order; most files have them so already."""
    if (values[1:] >= values[:-1]).all():
        return slice(None)
    return np.argsort(values, kind="stable")
