"""Who reads which elements of the file, and to whom they go: the arithmetic behind dealing cells out to ranks.

Positions here count elements in the order in which they are read: ascending in the file, those of nobody's cells left
out. A window is what one rank reads in one round.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livn_core.h5file import IntArray, Ranges
from livn_core.neuroh5._segments import Segments
from livn_core.parallel.shares import Places, fair_cuts, is_small
from livn_core.ranges import join_adjacent


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
        used = np.zeros(plan.starts.size, np.bool_)
        owned = [plan.segments_of(one) for one in rows]
        for one in owned:
            used[one] = True
        used &= plan.stops > plan.starts
        order = np.argsort(plan.starts, kind="stable")
        order = order[used[order]]
        self._starts, self._stops = plan.starts[order], plan.stops[order]
        self._ends = np.cumsum(self._stops - self._starts)
        self._begins = self._ends - (self._stops - self._starts)
        place = np.full(plan.starts.size, -1, np.int64)
        place[order] = np.arange(order.size)
        self._members = [np.sort(found[found >= 0]) for found in (place[one] for one in owned)]
        self._targets = self._where_they_go(plan, owned[self._rank], place)
        self.own = int((self._ends - self._begins)[self._members[rank]].sum())
        """How many elements this rank owns."""
        total = int(self._ends[-1]) if order.size else 0
        self._cuts = fair_cuts(self._starts, self._stops, len(rows), chunk, is_small(total * width))
        self.largest = int(np.diff(self._cuts).max())
        """The most elements that any rank reads."""

    def _where_they_go(self, plan: Segments, own: IntArray, place: IntArray) -> IntArray:
        """For each segment of ours, in the order in which it is read: where it begins in our result."""
        lengths = plan.stops[own] - plan.starts[own]
        begins = np.cumsum(lengths) - lengths
        read = place[own]
        found = read >= 0
        targets: IntArray = begins[found][np.argsort(read[found], kind="stable")]
        return targets

    def rounds(self, most: int) -> int:
        """How many rounds it takes if no rank reads more than ``most`` elements in one."""
        return -(-self.largest // most) if self.largest else 0

    def window(self, rank: int, number: int, most: int) -> tuple[int, int]:
        """What a rank reads in one round, as positions in the order of reading."""
        stop = int(self._cuts[rank + 1])
        first = min(int(self._cuts[rank]) + number * most, stop)
        return first, min(first + most, stop)

    def ranges(self, path: str, window: tuple[int, int]) -> Ranges:
        """The request for a window of one dataset."""
        first, last, which = self._cut(slice(None), window)
        shift = self._starts[which] - self._begins[which]
        return Ranges(path, *join_adjacent(first + shift, last + shift))

    def outgoing(self, window: tuple[int, int]) -> tuple[Places, IntArray]:
        """Which elements of our window go to the other ranks, one rank after the other, and how many to each."""
        others = [members if rank != self._rank else members[:0] for rank, members in enumerate(self._members)]
        pieces = [self._cut(members, window) for members in others]
        counts = np.array([int((stops - starts).sum()) for starts, stops, _ in pieces], np.int64)
        starts = np.concatenate([starts for starts, _, _ in pieces]) - window[0]
        stops = np.concatenate([stops for _, stops, _ in pieces]) - window[0]
        return Places(starts, stops), counts

    def staying(self, window: tuple[int, int]) -> tuple[Places, Places]:
        """Which elements of our window are our own, and where in our result they belong."""
        first, last, _ = self._cut(self._members[self._rank], window)
        return Places(first - window[0], last - window[0]), self._arriving(window)

    def incoming(self, windows: Sequence[tuple[int, int]]) -> list[Places]:
        """Where in our result the elements belong that come from each rank; nothing comes from ourselves."""
        empty = (0, 0)
        return [self._arriving(window if rank != self._rank else empty) for rank, window in enumerate(windows)]

    def _arriving(self, window: tuple[int, int]) -> Places:
        members = self._members[self._rank]
        first, last, which = self._cut(members, window)
        begin = self._targets[which] + first - self._begins[members[which]]
        return Places(begin, begin + last - first)

    def _cut(self, members: IntArray | slice, window: tuple[int, int]) -> tuple[IntArray, IntArray, slice]:
        """Those of some segments that touch a window, cut to it; and which they are."""
        begins, ends = self._begins[members], self._ends[members]
        touched = slice(
            int(np.searchsorted(ends, window[0], side="right")), int(np.searchsorted(begins, window[1], side="left"))
        )
        return np.maximum(begins[touched], window[0]), np.minimum(ends[touched], window[1]), touched
