"""A lock that a forked child can take: of the parent's threads it has one, and another may have held the lock."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from weakref import WeakSet


class Lock:
    """As ``threading.RLock``, but free in a child that was forked while it was held.

    What it guards must be sound at every moment, since the child may see it half done: publish results in one
    assignment, or in one entry of a dictionary.
    """

    def __init__(self) -> None:
        self._renew()
        _everyone.add(self)

    def _renew(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


_everyone: WeakSet[Lock] = WeakSet()


def _after_fork() -> None:
    for one in list(_everyone):
        one._renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
