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

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._deal import Deal, Window
from livn_core.neuroh5._gids import as_integers
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.parallel import Ranks, SharedFile
from livn_core.parallel.copying import copy_places, pack_places
from livn_core.parallel.ranks import MOST_AT_ONCE, fingerprint, local_gids
from livn_core.parallel.shares import Places

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
    """Find out who owns what. Collective where ranks have allocations of their own.

    Parameters
    ----------
    gids
        int64, shape (n,): the cells of a plan, the same on every rank.
    """
    if local.allocation is None:
        owner = gids % ranks.size
        borders = np.cumsum(np.bincount(owner.astype(np.intp, copy=False), minlength=ranks.size))[:-1]
        rows = np.split(np.argsort(owner, kind="stable").astype(np.int64, copy=False), borders)
    else:
        mine = np.packbits(np.isin(gids, local.allocation))
        everyone = ranks.gather(mine, fingerprint("allocation", gids))
        rows = [np.flatnonzero(np.unpackbits(one, count=gids.size)).astype(np.int64, copy=False) for one in everyone]
    return Ownership(tuple(rows), ranks.rank)


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
        return own, _read_dealt(store, plan, ownership, paths)


def _read_dealt(store: Store, plan: Segments, ownership: Ownership, paths: Sequence[str]) -> list[AnyArray]:
    file = store.shared
    dtypes = [store.number_type(path) for path in paths]
    chunk = max(file.node(path).chunk for path in paths)
    deal = Deal(plan, ownership.rows, ownership.rank, chunk, sum(dtype.itemsize for dtype in dtypes))
    results = [np.empty(deal.own, dtype) for dtype in dtypes]
    most = _round_elements(max(dtype.itemsize for dtype in dtypes), chunk)
    most = min(most, deal.largest, MOST_AT_ONCE // file.ranks.size)
    buffers = _Buffers.of(most, dtypes)
    doing = fingerprint("deal", *paths, plan.gids)
    dealing = _Dealing(file, deal, paths, results, buffers, doing)
    for number in range(deal.rounds(most)):
        dealing.round(deal.windows(number, most))
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
class _Landing:
    """Where in a result the elements go that come from each rank."""

    places: Sequence[Places]
    counts: IntArray
    begins: IntArray
    """int64, one for each rank: where its elements begin, in the result or in ``aside``."""
    aside: AnyArray | None
    """Memory for elements that have to be spread over the result afterwards; ``None`` where they follow each other."""

    @classmethod
    def of(cls, places: Sequence[Places], result: AnyArray) -> _Landing:
        """Prepare to receive."""
        counts = np.array([one.size for one in places], np.int64)
        begins = [one.begin for one in places if one.begin is not None]
        if len(begins) == len(places) and result.size <= MOST_AT_ONCE:
            return cls(places, counts, np.array(begins, np.int64), None)
        return cls(places, counts, np.cumsum(counts) - counts, np.empty(int(counts.sum()), result.dtype))

    def settle(self, result: AnyArray) -> None:
        """Bring what was received to its place."""
        if self.aside is None:
            return
        for one, begin, count in zip(self.places, self.begins.tolist(), self.counts.tolist(), strict=True):
            copy_places([self.aside[begin : begin + count]], Places.first(count), one, [result])


@attrs.frozen(eq=False)
class _Dealing:
    """Everything that the rounds have in common."""

    file: SharedFile
    deal: Deal
    paths: Sequence[str]
    results: Sequence[AnyArray]
    buffers: _Buffers
    doing: int

    def round(self, windows: Sequence[Window]) -> None:
        """Read this rank's window, and exchange what the windows of all ranks hold."""
        ranks = self.file.ranks
        own = windows[ranks.rank]
        error: Exception | None = None
        sends: list[AnyArray] = []
        landings: list[_Landing] = []
        try:
            read = self._read(own)
            copy_places(read, *self.deal.own_of(own), self.results)
            leaving, sent = self.deal.outgoing(own)
            sends = pack_places(read, leaving, self.buffers.moved)
            arriving = self.deal.incoming(windows)
            landings = [_Landing.of(arriving, result) for result in self.results]
        except Exception as problem:
            error = problem
        ranks.meet(error, self.doing)
        for send, landing, result in zip(sends, landings, self.results, strict=True):
            into = result if landing.aside is None else landing.aside
            ranks.exchange(send, sent, into, landing.counts, landing.begins)
        for landing, result in zip(landings, self.results, strict=True):
            landing.settle(result)

    def _read(self, window: Window) -> list[AnyArray]:
        values = [buffer[: window[1] - window[0]] for buffer in self.buffers.read]
        self.file.read_alone(self.deal.requests(self.paths, window, values))
        return values
