"""Whether neuroh5 opens the same file as the metadata reader has open."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

from livn_neuroh5.routes import Refused

State: TypeAlias = tuple[int, int, int, int]
NEWEST_SUPERBLOCK = 2


class Place:
    """A file's path, and what shows that it is still the same file.

    Parameters
    ----------
    source
        The path that the user named; a relative one counts from the working directory of this moment.
    """

    def __init__(self, source: str) -> None:
        self.path = os.path.abspath(source)  # noqa: PTH100 - pathlib's leaves ".." in
        self._state = self._look()
        self._problem = _problem(self.path)

    def _look(self) -> State | None:
        try:
            found = Path(self.path).stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def check(self) -> None:
        """Refuse a path that does not, or no longer, lead neuroh5 to the file that was opened.

        Raises
        ------
        Refused
            With the reason.
        """
        if self._problem:
            raise Refused("/", self._problem)
        if self._state is None or self._look() != self._state:
            raise Refused("/", f"{self.path} is no longer the file that was opened")


def check_superblock(version: int) -> None:
    """Refuse files of a form that an HDF5 as old as 1.10 need not be able to read in all its parts."""
    if version > NEWEST_SUPERBLOCK:
        raise Refused("/", f"its superblock has version {version}, and the HDF5 that neuroh5 is built on may be older")


def _problem(path: str) -> str:
    if ":" in path:
        return "its path has a colon, and MPI takes what precedes it for the kind of a file system"
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its path is no UTF-8"
    return ""
