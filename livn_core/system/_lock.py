"""One process at a time, by a lock on a file that the operating system releases however its holder ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows and Pyodide: there is nothing to lock with, and nothing is locked
    fcntl = None


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold the lock file at ``path``; it is made, waited for as long as another process holds it, and removed."""
    if fcntl is None:
        yield
        return
    handle = _acquire(path)
    try:
        yield
    finally:
        # Removed before it is released: whoever waited finds out that it holds a file that is no longer there.
        with suppress(OSError):
            path.unlink()
        os.close(handle)


def _acquire(path: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            with suppress(OSError):  # some file systems of clusters know no locks
                fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_still(handle, path):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_still(handle: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(handle), there)
