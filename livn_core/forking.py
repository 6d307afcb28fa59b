"""What a forked child needs anew: of its parent's threads it has one, and any other may have held a lock."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """Something that a forked process cannot use as it is."""

    def renew(self) -> None:
        """Begin anew: with connections of its own, and without locks that threads of the parent hold."""
        ...


_renewable: WeakSet[Renewable] = WeakSet()


def renew_after_fork(one: Renewable) -> None:
    """Have ``one.renew()`` called in a forked process."""
    _renewable.add(one)


def _after_fork() -> None:
    for one in list(_renewable):
        one.renew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Lock:
    """As ``threading.RLock``, but free in a child that was forked while it was held.

    What it guards must be sound at every moment, since the child may see it half done: publish results in one
    assignment, or in one entry of a dictionary.
    """

    def __init__(self) -> None:
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Be free, whoever held it."""
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
