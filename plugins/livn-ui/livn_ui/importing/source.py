"""The file that is imported: opened, identified by its content, and watched for changes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import attrs
import h5py

from livn_core.errors import FormatError, LivnError, SourceNotFoundError
from livn_ui.importing.progress import HASHING, Watch

_PIECE_BYTES = 4 * 2**20


class SourceChangedError(LivnError):
    """The file changed while it was imported."""


@attrs.frozen
class Fingerprint:
    """The content of a file, and what shows without reading it that it is still the same."""

    sha256: str
    size: int
    modified_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path, watch: Watch) -> Fingerprint:
        """Read the whole file.

        Raises
        ------
        SourceNotFoundError
            There is no such file.
        SourceChangedError
            It changes while it is read.
        """
        before = _signature(path)
        watch.begin(HASHING, before[0])
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
                watch.advance(len(piece))
        found = cls(digest.hexdigest(), *before)
        found.check(path)
        return found

    def check(self, path: Path) -> None:
        """Raise a ``SourceChangedError`` if the file is no longer the one that was read."""
        if _signature(path) != (self.size, self.modified_ns, self.inode):
            raise SourceChangedError(
                f"{path}: the file changed while it was imported; import it again when nothing writes to it any more"
            )


def _signature(path: Path) -> tuple[int, int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - a link is followed, and this says so
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"{path}: no such file") from error
    return found.st_size, found.st_mtime_ns, found.st_ino


def open_hdf5(path: Path) -> h5py.File:
    """Open a local HDF5 file for reading.

    Raises
    ------
    SourceNotFoundError
        There is no such file.
    FormatError
        It is not HDF5, or damaged, or being written.
    PermissionError
        It may not be read.
    """
    if not path.is_file():
        raise SourceNotFoundError(f"{path}: no such file")
    try:
        return h5py.File(path, "r")
    except PermissionError:
        raise
    except BlockingIOError as error:
        problem = "is open for writing in another program; import it when that is done"
        raise FormatError(str(path), "/", problem) from error
    except OSError as error:
        raise FormatError(str(path), "/", f"is not HDF5, or damaged ({error})") from error
