"""Small reads from a large dataset: parts that were touched before come from memory.

A dataset is cut into pages: its chunks, or runs of bytes where it has none. A read that wants little of the pages that
it touches reads them whole and keeps them, so that the next one nearby reads nothing. One that wants much of them goes
straight into its result, as it would without a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_pyfive.cache import ChunkCache
from livn_pyfive.datatype import Dtype
from livn_pyfive.pieces import Pieces, elements_of, scatter, split_at_chunks
from livn_pyfive.reading import Target, Task
from livn_pyfive.storage import Storage

PAGE_BYTES = 1 << 18
"""Size of a page where there are no chunks."""
# Of one read, and of the pages that it touches, no more than this part of the cache: it shall serve the next as well.
_LARGEST_PART = 2
# So many runs are asked for one by one, if they are this short.
_FEW = 8
_SHORT = 1 << 16
# Runs are copied one by one up to this number; beyond it, page by page.
_LOOP_LIMIT = 4096


@attrs.frozen(eq=False)
class Reading:
    """A result, and what has to be done before it is right: first the tasks, in any order, then what follows."""

    out: AnyArray
    tasks: list[Task]
    finish: Callable[[], None] | None = None


Load: TypeAlias = Callable[[Target, Pieces], list[Task]]
"""Makes tasks that put elements of the dataset, as they are stored, into a target."""


@attrs.frozen(eq=False)
class Pages:
    """A dataset in parts of equal length.

    Parameters
    ----------
    node
        Path of the dataset.
    stored
        dtype of its elements in the file.
    length
        Elements in a page.
    size
        Elements that can be read: those of all pages, of which the last may be shorter.
    cache
        Where they are kept.
    """

    node: str
    stored: Dtype
    length: int
    size: int
    cache: ChunkCache

    def plan(self, target: Target, pieces: Pieces, load: Load) -> Reading | None:
        """How to read with the help of the pages; ``None`` where they are no help.

        Parameters
        ----------
        load
            How pages are read that are not there yet.
        """
        most = self.cache.max_bytes // _LARGEST_PART // self.stored.itemsize
        wanted = len(target.out)
        if wanted > most:
            return None
        if len(pieces) == 1 and self._copy_one(target, int(pieces.sources[0]), wanted):
            return Reading(target.out, [])
        if wanted * 2 >= self._most_touched(pieces, wanted) * self.length:
            return None
        numbers, parts = split_at_chunks(pieces, self.length)
        touched = list(dict.fromkeys(numbers.tolist()))
        if not wanted * 2 < len(touched) * self.length <= most:
            return None
        pages = self.cache.get(self.node, touched)
        missing = [number for number in touched if number not in pages]
        if not missing:
            _copy(pages, numbers, parts, target)
            return Reading(target.out, [])
        return self._load(missing, pages, load, lambda: _copy(pages, numbers, parts, target), target.out)

    def _most_touched(self, pieces: Pieces, wanted: int) -> int:
        """How many pages are touched at most; of a single piece, exactly."""
        if len(pieces) == 1:
            first = int(pieces.sources[0])
            return (first + wanted - 1) // self.length - first // self.length + 1
        return wanted // self.length + 2 * len(pieces)

    def _copy_one(self, target: Target, source: int, count: int) -> bool:
        """Read one run from a page that is there, with as little ceremony as possible; say whether that was done."""
        number, at = divmod(source, self.length)
        if at + count > self.length or not target.is_same:
            return False
        page = self.cache.get(self.node, (number,)).get(number)
        if page is None:
            return False
        width = self.stored.itemsize
        target.bytes(0, count)[:] = page[at * width : (at + count) * width]
        return True

    def _load(
        self, missing: list[int], pages: dict[int, memoryview], load: Load, then: Callable[[], None], out: AnyArray
    ) -> Reading:
        first = np.sort(np.array(missing, np.int64)) * self.length
        lengths = np.minimum(self.size - first, self.length)
        ends = np.cumsum(lengths)
        buffer = np.empty(int(ends[-1]), self.stored)
        tasks = load(Target(self.node, self.stored, buffer), Pieces(first, ends - lengths, lengths))

        def finish() -> None:
            fresh = {
                # A page of its own: a part of the buffer would keep all of it in memory.
                begin // self.length: memoryview(buffer[end - length : end].tobytes())
                for begin, length, end in zip(first.tolist(), lengths.tolist(), ends.tolist(), strict=True)
            }
            self.cache.put(self.node, fresh)
            pages.update(fresh)
            then()

        return Reading(out, tasks, finish)


def read_few(target: Target, pieces: Pieces, places: IntArray, storage: Storage) -> bool:
    """Read a few short runs that lie in the file as they are, without further planning.

    Parameters
    ----------
    places
        int64: where each piece begins, in bytes from the start of the file.

    Returns
    -------
    bool
        Whether that was done; they may be too many, too long, or too far away.
    """
    short = len(pieces) <= _FEW and len(target.out) * target.stored.itemsize <= _SHORT
    if not short or storage.remote or not target.is_same:
        return False
    for place, start, count in zip(places.tolist(), pieces.targets.tolist(), pieces.lengths.tolist(), strict=True):
        storage.read_into(place, target.bytes(start, count))
    return True


def _copy(pages: Mapping[int, memoryview], numbers: IntArray, parts: Pieces, target: Target) -> None:
    if len(numbers) > _LOOP_LIMIT:
        _copy_by_page(pages, numbers, parts, target)
        return
    if not target.is_same:
        for number, source, start, count in _rows(numbers, parts, 1):
            page = elements_of(pages[number], target.stored)
            target.out[start : start + count] = page[source : source + count]
        return
    into = target.bytes(0, len(target.out))
    for number, source, start, count in _rows(numbers, parts, target.stored.itemsize):
        into[start : start + count] = pages[number][source : source + count]


def _rows(numbers: IntArray, parts: Pieces, width: int) -> Iterator[tuple[int, int, int, int]]:
    columns = ((one * width).tolist() for one in (parts.sources, parts.targets, parts.lengths))
    return zip(numbers.tolist(), *columns, strict=True)


def _copy_by_page(pages: Mapping[int, memoryview], numbers: IntArray, parts: Pieces, target: Target) -> None:
    """As :func:`_copy` for very many pieces, most of them short."""
    order = np.argsort(numbers, kind="stable")
    numbers, parts = numbers[order], parts[order]
    edges = np.append(np.flatnonzero(np.diff(numbers, prepend=-1)), len(numbers)).tolist()
    for low, high in pairwise(edges):
        scatter(elements_of(pages[int(numbers[low])], target.stored), parts[low:high], target.out)
