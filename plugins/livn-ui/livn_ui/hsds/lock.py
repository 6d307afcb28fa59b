"""One server per store: two that write into one directory would damage each other's domains."""

from __future__ import annotations

import os
from pathlib import Path

from livn_core.errors import ConfigError

try:
    import fcntl
except ImportError:  # not a POSIX system: HSDS is run on those only by name
    fcntl = None  # type: ignore[assignment]


class StoreLock:
    """A lock file that the system releases when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock, or raise a ``ConfigError`` at once."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                os.close(handle)
                raise ConfigError(
                    f"{self._path.parent.parent}: another HSDS server uses this store; stop it, or choose another store"
                ) from error
        self._handle = handle

    def release(self) -> None:
        """Give the lock back; giving it back twice is harmless."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
