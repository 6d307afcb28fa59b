"""Reading what each rank owns, cell by cell: every rank reads a contiguous part of the file, and deals it out.

A rank's cells lie all over the file, since they are dealt out by gid modulo size. Were each rank to read just its own,
every one would decode nearly every chunk. So each chunk is read once, by one rank, which sends every cell's elements
to its owner, in rounds of a bounded size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.neuroh5._gids import as_integers
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.parallel import Ranks, SharedFile
from livn_core.parallel.ranks import local_gids
from livn_core.parallel.shares import Places, at_chunks, clipped, even_cuts
from livn_core.ranges import read_many

ROUND_BYTES = 4 * 2**20
"""How much of one dataset a rank reads and sends in one round."""


@attrs.frozen(eq=False)
class Local:
    """The wish for this rank's cells alone."""

    allocation: IntArray | None
    """int64: this rank's gids; ``None``: those that leave its number when divided by the number of ranks."""

    @classmethod
    def wish(cls, local: bool, node_allocation: Iterable[int] | None) -> Local | None:
        """The wish as users say it; an allocation alone says it too.

        Raises
        ------
        InvalidTypeError
            The allocation does not hold integers.
        """
        if node_allocation is not None:
            return cls(as_integers(node_allocation, "node_allocation").astype(np.int64))
        return cls(None) if local else None

    def rows_alone(self, gids: IntArray) -> IntArray:
        """The rows that are wanted where no other rank reads along: int64."""
        rows: IntArray = np.flatnonzero(np.isin(gids, local_gids(gids, None, self.allocation)))
        return rows.astype(np.int64)


@attrs.frozen(eq=False)
class Ownership:
    """Which rows of a plan belong to which rank; a row may have several owners, or none."""

    rows: tuple[IntArray, ...]
    """One ascending int64 array for each rank."""
    rank: int

    @property
    def own(self) -> IntArray:
        """The rows of this rank."""
        return self.rows[self.rank]


def owned_rows(ranks: Ranks, gids: IntArray, local: Local) -> Ownership:
    """Find out who owns what. Collective.

    Parameters
    ----------
    gids
        int64, shape (n,): the cells of a plan, the same on every rank.
    """
    ranks.meet(doing=gids.size)
    mine = np.isin(gids, local_gids(gids, ranks.comm, local.allocation))
    everyone = np.unpackbits(ranks.gather(np.packbits(mine)), axis=1, count=gids.size)
    return Ownership(tuple(np.flatnonzero(row).astype(np.int64) for row in everyone), ranks.rank)


class Deal:
    """How the elements of one plan go from the ranks that read them to those that own them.

    Parameters
    ----------
    plan
        The cells of all ranks.
    ownership
        Whose they are.
    chunk
        Elements in a chunk of the datasets; 0 where they have none.
    """

    def __init__(self, plan: Segments, ownership: Ownership, chunk: int) -> None:
        self._rank = ownership.rank
        self._size = len(ownership.rows)
        used = np.zeros(plan.starts.size, np.bool_)
        owned = [plan.segments_of(rows) for rows in ownership.rows]
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
        self.total = int(self._ends[-1]) if order.size else 0
        self._cuts = at_chunks(even_cuts(self.total, self._size), self._starts, self._stops, chunk)

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
        return -(-self.largest // most) if self.total else 0

    @property
    def largest(self) -> int:
        """The most elements that any rank reads."""
        return int(np.diff(self._cuts).max())

    def window(self, rank: int, number: int, most: int) -> tuple[int, int]:
        """What a rank reads in one round, as positions in the order of reading."""
        stop = int(self._cuts[rank + 1])
        first = min(int(self._cuts[rank]) + number * most, stop)
        return first, min(first + most, stop)

    def ranges(self, path: str, window: tuple[int, int]) -> Ranges:
        """The request for a window of one dataset."""
        return Ranges(path, *clipped(self._starts, self._stops, *window))

    def outgoing(self, window: tuple[int, int]) -> tuple[Places, IntArray]:
        """Which elements of a window go to rank 0, 1, …, and how many to each."""
        pieces = [self._cut(members, window) for members in self._members]
        counts = np.array([int((stops - starts).sum()) for starts, stops, _ in pieces], np.int64)
        starts = np.concatenate([starts for starts, _, _ in pieces]) - window[0]
        stops = np.concatenate([stops for _, stops, _ in pieces]) - window[0]
        return Places(starts, stops), counts

    def incoming(self, windows: Sequence[tuple[int, int]]) -> list[Places]:
        """Where in the result the elements belong that come from rank 0, 1, …."""
        return [self._arriving(window) for window in windows]

    def _arriving(self, window: tuple[int, int]) -> Places:
        members = self._members[self._rank]
        first, last, which = self._cut(members, window)
        begin = self._targets[which] + first - self._begins[members[which]]
        return Places(begin, begin + last - first)

    def _cut(self, members: IntArray, window: tuple[int, int]) -> tuple[IntArray, IntArray, slice]:
        """Those of some segments that touch a window, cut to it; and which they are."""
        begins, ends = self._begins[members], self._ends[members]
        touched = slice(
            int(np.searchsorted(ends, window[0], side="right")), int(np.searchsorted(begins, window[1], side="left"))
        )
        return np.maximum(begins[touched], window[0]), np.minimum(ends[touched], window[1]), touched


def read_own(store: Store, plan: Segments, local: Local, paths: Sequence[str]) -> tuple[Segments, list[AnyArray]]:
    """Read this rank's cells from several datasets that one plan describes. Collective.

    Returns
    -------
    plan, values
        The plan of these cells, and for each dataset their elements.
    """
    if store.ranks is None:
        own = plan.pick(local.rows_alone(plan.gids))
        return own, store.read([own.ranges(path) for path in paths])
    ownership = owned_rows(store.ranks, plan.gids, local)
    own = plan.pick(ownership.own)
    with store.reading(paths, own.size):
        return own, read_dealt(store.shared, plan, ownership, paths)


def read_dealt(file: SharedFile, plan: Segments, ownership: Ownership, paths: Sequence[str]) -> list[AnyArray]:
    """Read several datasets that one plan describes; every rank gets what it owns. Collective.

    Parameters
    ----------
    plan
        The cells of all ranks.
    ownership
        Whose they are.
    paths
        Datasets of equal length.

    Returns
    -------
    list of arrays
        For each dataset, the elements of this rank's rows, in the order of the plan.
    """
    nodes = [file.node(path) for path in paths]
    deal = Deal(plan, ownership, max(node.chunk for node in nodes))
    size = plan.pick(ownership.own).size
    results = [np.empty(size, node.dtype) for node in nodes]
    widest = max(result.dtype.itemsize for result in results)
    most = min(_round_elements(widest, max(node.chunk for node in nodes)), deal.largest)
    dealing = _Dealing(file, deal, paths, results, _Buffers.of(most, [result.dtype for result in results]))
    for number in range(deal.rounds(most)):
        dealing.round([deal.window(rank, number, most) for rank in range(file.ranks.size)])
    return results


def _round_elements(itemsize: int, chunk: int) -> int:
    """Elements in one round: whole chunks, so that none is decoded twice."""
    wanted = max(ROUND_BYTES // itemsize, 1)
    return -(-wanted // chunk) * chunk if chunk > 1 else wanted


@attrs.frozen(eq=False)
class _Buffers:
    """Memory for one round, used again for the next: fresh pages cost about as much as what is copied into them."""

    read: list[AnyArray]
    """One for each dataset: what was read."""
    moved: list[AnyArray]
    """The same in the order of the ranks that it goes to."""

    @classmethod
    def of(cls, most: int, dtypes: Sequence[np.dtype[Any]]) -> _Buffers:
        """Room for so many elements of each of these types."""
        return cls([np.empty(most, dtype) for dtype in dtypes], [np.empty(most, dtype) for dtype in dtypes])


@attrs.frozen(eq=False)
class _Dealing:
    """Everything that the rounds have in common."""

    file: SharedFile
    deal: Deal
    paths: Sequence[str]
    results: Sequence[AnyArray]
    buffers: _Buffers

    def round(self, windows: Sequence[tuple[int, int]]) -> None:
        """Read this rank's window, and exchange what the windows of all ranks hold."""
        ranks = self.file.ranks
        own = windows[ranks.rank]
        sends: list[AnyArray] = []
        error: Exception | None = None
        try:
            read = self._read(own)
            leaving, sent = self.deal.outgoing(own)
            sends = [leaving.take(values, moved) for values, moved in zip(read, self.buffers.moved, strict=True)]
            arriving = self.deal.incoming(windows)
        except Exception as problem:
            error = problem
        ranks.meet(error, doing=len(self.paths))
        for send, result in zip(sends, self.results, strict=True):
            _exchange(ranks, send, sent, arriving, result)

    def _read(self, window: tuple[int, int]) -> list[AnyArray]:
        size = window[1] - window[0]
        return read_many(
            self.file.own,
            [
                attrs.evolve(self.deal.ranges(path, window), out=buffer[:size])
                for path, buffer in zip(self.paths, self.buffers.read, strict=True)
            ],
        )


def _exchange(ranks: Ranks, send: AnyArray, sent: IntArray, arriving: Sequence[Places], result: AnyArray) -> None:
    counts = np.array([places.size for places in arriving], np.int64)
    begins = [places.begin for places in arriving]
    straight = [begin for begin in begins if begin is not None]
    if len(straight) == len(begins):
        ranks.exchange(send, sent, result, counts, np.array(straight, np.int64))
        return
    received = np.empty(int(counts.sum()), result.dtype)
    ends = np.cumsum(counts)
    ranks.exchange(send, sent, received, counts, ends - counts)
    for places, end in zip(arriving, ends.tolist(), strict=True):
        places.put(result, received[end - places.size : end])
