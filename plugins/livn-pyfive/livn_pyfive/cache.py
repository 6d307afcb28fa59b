"""Decoded parts of one file, kept for the next query: the least recently used goes first.

What is kept never changes, so a reader that holds a part may go on with it whatever is dropped meanwhile.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from livn_core.forking import renew_after_fork


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
        self.renew()
        renew_after_fork(self)

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

    def renew(self) -> None:
        """Be empty, as in a forked child: a thread of the parent may have been in the middle of a change."""
        self._lock = threading.Lock()
        self._parts: OrderedDict[tuple[str, int], memoryview] = OrderedDict()
        self._nbytes = 0
