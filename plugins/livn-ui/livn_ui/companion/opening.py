"""Open a file of a system to send it: only a regular one, only inside the served directory, even if links change.

Links are resolved first and the place is checked; then every part of it is opened without following links, starting
from the served directory. A link that comes in between is not followed.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import time
from pathlib import Path

import attrs

from livn_core.errors import SystemNotFoundError
from livn_ui.systems import H5, JSON, ServedSystem, find_system, resolve_inside

_BUSY = (errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM, errno.EIO, errno.ESTALE)
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
# A named pipe would wait for somebody to write into it.
_FILE_FLAGS = _FLAGS | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_CAN_WALK = os.open in os.supports_dir_fd
_FRESH = 1.0

LEADS_OUT = "is a link that leads out of the served directory, and is not served"

Signature = tuple[int, ...]
"""What tells a file from another, and from itself after it was written to."""


@attrs.frozen
class NotServedError(Exception):
    """The file is not handed out; with the status of the answer, and what to say."""

    status: int
    reason: str


class FileChangedError(Exception):
    """The file is no longer the one that was opened."""


class OpenFile:
    """An open file, and what it was like when it was opened.

    Parameters
    ----------
    file
        Open for reading, unbuffered.
    """

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._state = state = os.fstat(file.fileno())
        self.size = state.st_size
        self.modified = state.st_mtime
        self.signature = _signature(state)
        # Clocks of file systems tick: a file that is written to twice within one tick looks as it was.
        self.is_fresh = abs(time.time() - max(state.st_mtime, state.st_ctime)) < _FRESH

    @property
    def tag(self) -> str:
        """A validator of the content, which never stays the same when the content does not.

        That of a fresh file is used once.
        """
        once = time.monotonic_ns() if self.is_fresh else 0
        return hashlib.blake2b(repr((*self.signature, once)).encode(), digest_size=12).hexdigest()

    def read(self, start: int, count: int) -> bytes:
        """Read ``count`` bytes from ``start``.

        Raises
        ------
        FileChangedError
            The file was written to since it was opened, so this would not fit what was read before.
        """
        self._file.seek(start)
        data = self._file.read(count)
        if len(data) != count or self._was_written_to():
            raise FileChangedError
        return data

    def _was_written_to(self) -> bool:
        then, now = self._state, os.fstat(self._file.fileno())
        if (then.st_size, then.st_mtime_ns) != (now.st_size, now.st_mtime_ns):
            return True
        # Somebody may have set the time back. But being replaced, which takes a name away, changes this time too.
        return then.st_ctime_ns != now.st_ctime_ns and then.st_nlink == now.st_nlink

    def close(self) -> None:
        """Close it."""
        self._file.close()


def open_served(root_dir: Path, system: str, name: str) -> OpenFile:
    """Open a file of a system.

    Parameters
    ----------
    root_dir
        The served directory.
    system
        Name of the system.
    name
        Relative name of a JSON file at any depth, or of an ``.h5`` file directly in the system.

    Raises
    ------
    NotServedError
        There is no such file, or none that is handed out.
    """
    try:
        place = _place(root_dir, find_system(root_dir, system), name)
        file = io.FileIO(_open(root_dir.resolve(strict=True), place), "rb")
    except SystemNotFoundError as error:
        raise NotServedError(404, f"{error}; GET /systems lists them") from error
    except (OSError, ValueError) as error:
        raise _refused(error, system, name) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _missing(system, name)
    return OpenFile(file)


def _place(root_dir: Path, system: ServedSystem, name: str) -> tuple[str, ...]:
    """The parts of the file's real path below the served directory."""
    path = system.path / name
    kind = H5 if name.endswith(H5) and "/" not in name else JSON
    folder, found = resolve_inside(root_dir, path.parent), resolve_inside(root_dir, path)
    top = resolve_inside(root_dir, system.path)
    if folder is None or found is None or top is None or folder != top.joinpath(*Path(name).parent.parts):
        raise FileNotFoundError
    if not (name.endswith(kind) and found.name.endswith(kind)):
        raise FileNotFoundError
    return found.relative_to(root_dir.resolve()).parts


def _open(root: Path, parts: tuple[str, ...]) -> int:
    if not _CAN_WALK:
        return os.open(root.joinpath(*parts), _FILE_FLAGS)
    folder = os.open(root, _FLAGS | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FLAGS | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], _FILE_FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def _refused(error: Exception, system: str, name: str) -> NotServedError:
    if isinstance(error, PermissionError):
        return NotServedError(403, f"the server may not read {name!r} of the system {system!r}")
    if isinstance(error, OSError) and error.errno in _BUSY:
        return NotServedError(503, f"the server cannot read {name!r} of the system {system!r} now: {error.strerror}")
    return _missing(system, name)


def _missing(system: str, name: str) -> NotServedError:
    return NotServedError(404, f"the system {system!r} has no file {name!r}; GET /systems/{system} lists its files")


def _signature(state: os.stat_result) -> Signature:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
