"""The log that HSDS's nodes write to: kept from growing without bound, and quoted from where this start began."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import IO

LIMIT = 20 * 2**20
"""Bytes; what is older is in ``hsds.log.1``, and what is older than that is gone."""


class Log:
    """One log file.

    Parameters
    ----------
    path
        Where it is; made readable by its owner alone, since HSDS's more talkative levels show requests.
    limit
        Size in bytes beyond which it is put aside.
    """

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self.path = path
        self._limit = limit
        self._began = 0

    def open(self) -> IO[bytes]:
        """Open it for the nodes, at its end; what follows is what :meth:`tail` shows."""
        self.trim()
        # A file and no pipe, so that no node waits for a reader; and at its end, so that it can be cut meanwhile.
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._began = os.fstat(handle).st_size
        return os.fdopen(handle, "ab", buffering=0)

    def trim(self) -> None:
        """Put the log aside if it has become too long. Lines written at this very moment may be lost."""
        with contextlib.suppress(OSError):  # a log that cannot be cut is no reason to stop serving
            if self.path.stat().st_size > self._limit:
                shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))
                os.truncate(self.path, 0)
                self._began = 0

    def tail(self, size: int = 1500) -> str:
        """The last ``size`` bytes of what was written since it was opened."""
        try:
            with self.path.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(end - size, min(self._began, end)))
                return file.read().decode(errors="replace").strip()
        except OSError:
            return ""
