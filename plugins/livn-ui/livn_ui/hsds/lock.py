"""One server per store: two that write into one directory would damage each other's domains."""

from __future__ import annotations

import os
import time
from pathlib import Path

from livn_core.errors import ConfigError

try:
    import fcntl
except ImportError:  # not a POSIX system: HSDS is run on those only by name
    fcntl = None  # type: ignore[assignment]

_PATIENCE = 0.3


class StoreLock:
    """A lock file that the system releases when all its holders have ended, however they end.

    Data nodes inherit it from the process that takes it, so that the store is not free while one of them still writes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def handle(self) -> int | None:
        """The file descriptor, for processes that shall inherit it; ``None`` while the lock is not held."""
        return self._handle

    def acquire(self, patience: float = _PATIENCE) -> None:
        """Take the lock.

        Parameters
        ----------
        patience
            Seconds to wait for it: :meth:`is_held` of another process holds it for a moment.

        Raises
        ------
        ConfigError
            Somebody else has it.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        end = time.monotonic() + patience
        while not _locked(handle):
            if time.monotonic() > end:
                os.close(handle)
                raise ConfigError(
                    f"{self._path.parent.parent}: another HSDS server uses this store; stop it, or choose another store"
                )
            time.sleep(0.05)
        self._handle = handle

    def is_held(self) -> bool:
        """Whether any process holds it; one that may not be looked into counts as held."""
        try:
            handle = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        except PermissionError:
            return True
        try:
            return not _locked(handle, shared=True)
        finally:
            os.close(handle)

    def release(self) -> None:
        """Give the lock back; giving it back twice is harmless."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _locked(handle: int, *, shared: bool = False) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
