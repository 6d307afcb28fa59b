"""One server per store: two that write into one directory would damage each other's domains."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livn_core.errors import ConfigError

fcntl: Any
try:
    import fcntl
except ImportError:  # not a POSIX system: HSDS is run on those only by name
    fcntl = None

_BRIEF = 0.3
"""Seconds: :meth:`StoreLock.is_held` of another process holds the lock for a moment."""

_ENDING = 45.0
"""Seconds that the nodes of a server which was killed are given to write what they hold, and to end."""


class StoreLock:
    """A lock file that the system releases when all its holders have ended, however they end.

    Nodes inherit it from the process that takes it, so that the store is not free while one of them still writes.
    Where a file system knows no locks, as some of clusters do, it locks nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def handle(self) -> int | None:
        """The file descriptor, for processes that shall inherit it; ``None`` while the lock is not held."""
        return self._handle

    def acquire(self, still_wanted: Callable[[], bool] = lambda: True) -> None:
        """Take the lock, and leave the id of this process in the file.

        Parameters
        ----------
        still_wanted
            Asked while waiting; its ``False`` ends that.

        Raises
        ------
        ConfigError
            Another process has it. One that has ended, and whose nodes still write, is waited for.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._wait_for(handle, still_wanted)
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(handle)
            raise
        self._handle = handle

    def _wait_for(self, handle: int, still_wanted: Callable[[], bool]) -> None:
        began = time.monotonic()
        while not _lock(handle, shared=False):
            holder = _holder(handle)
            patience = _BRIEF if holder is None or is_running(holder) else _ENDING
            if time.monotonic() - began > patience or not still_wanted():
                who = "" if holder is None else f" (process {holder})"
                raise ConfigError(
                    f"{self._path.parent.parent}: another HSDS server{who} uses this store; stop it, or choose another"
                )
            time.sleep(0.05)

    def is_held(self) -> bool:
        """Whether any process holds it; one that may not be looked into counts as held."""
        try:
            handle = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        except PermissionError:
            return True
        try:
            return not _lock(handle, shared=True)
        finally:
            os.close(handle)

    def release(self) -> None:
        """Give the lock back; giving it back twice is harmless."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def is_running(pid: int) -> bool:
    """Whether there is a process of this id."""
    try:
        os.kill(pid, 0)
    except PermissionError:  # it is another user's
        return True
    except (OSError, OverflowError):
        return False
    return True


def _holder(handle: int) -> int | None:
    with contextlib.suppress(ValueError, OSError):
        return int(os.pread(handle, 20, 0))
    return None


def _lock(handle: int, *, shared: bool) -> bool:
    """Whether the lock could be had, or there are no locks."""
    if fcntl is None:
        return not shared
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        return not shared and error.errno not in {errno.EWOULDBLOCK, errno.EACCES, errno.EAGAIN}
    return True
