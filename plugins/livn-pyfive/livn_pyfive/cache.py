"""Decoded parts of one file, kept for the next query: the least recently used goes first.

What is kept never changes, so a reader that holds a part may go on with it whatever is dropped meanwhile.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterable, Mapping


class ChunkCache:
    """A number of bytes for the parts of a file's datasets.

    Safe to use from several threads; a forked child begins with an empty one.

    Parameters
    ----------
    max_bytes
        No more than this is kept; 0: nothing is.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._begin()
        _caches.add(self)

    @property
    def nbytes(self) -> int:
        """How many bytes are kept now."""
        return self._nbytes

    def get(self, node: str, numbers: Iterable[int]) -> dict[int, memoryview]:
        """Those of a dataset's parts that are there, by number."""
        found = {}
        with self._lock:
            for number in numbers:
                part = self._parts.get((node, number))
                if part is not None:
                    self._parts.move_to_end((node, number))
                    found[number] = part
        return found

    def put(self, node: str, parts: Mapping[int, memoryview]) -> None:
        """Keep parts of a dataset, and drop others where there is not enough room; a part too large is not kept."""
        with self._lock:
            for number, part in parts.items():
                if part.nbytes > self.max_bytes:
                    continue
                before = self._parts.pop((node, number), None)
                self._parts[node, number] = part
                self._nbytes += part.nbytes - (before.nbytes if before is not None else 0)
            while self._nbytes > self.max_bytes:
                self._nbytes -= self._parts.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._parts.clear()
            self._nbytes = 0

    def _begin(self) -> None:
        self._lock = threading.Lock()
        self._parts: OrderedDict[tuple[str, int], memoryview] = OrderedDict()
        self._nbytes = 0


_caches: weakref.WeakSet[ChunkCache] = weakref.WeakSet()


def _begin_again() -> None:
    # A thread of the parent may have been in the middle of a change; it does not exist in the child.
    for cache in list(_caches):
        cache._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_again)
