"""Tell a user how far a long read has come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], object]
"""Called with the bytes that have come, and the bytes that are to come in all."""

LONG_BYTES = 4 * 2**20
"""A read of less is over before anybody could look."""


class Meter:
    """Counts the bytes of one read; any thread may add to it.

    Parameters
    ----------
    total
        Bytes that the server has to send.
    progress
        Called from the reading thread alone, with growing numbers: first with 0, last with ``total``, and not at all
        for a short read. What it raises ends the read.
    """

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress if total > LONG_BYTES else None
        self._lock = threading.Lock()
        self._done = 0
        self._reported = -1
        self.report()

    @property
    def shown(self) -> bool:
        """Whether anybody wants to know."""
        return self._progress is not None

    def add(self, count: int) -> None:
        """Note that bytes have come."""
        with self._lock:
            self._done += count

    def report(self) -> None:
        """Tell how far it is, if that has changed."""
        if self._progress is not None and self._done > self._reported:
            self._reported = self._done
            self._progress(self._reported, self._total)
