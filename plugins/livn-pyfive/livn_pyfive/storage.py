"""Where the bytes of a file are, seen as something that is read at positions.

A storage has no position of its own, so several threads may use one at once. Here are the base class and the local
file; :mod:`livn_pyfive.remote` has the one over fsspec.
"""

from __future__ import annotations

import os
import stat
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from livn_core.errors import (
    BackendError,
    BackendPermissionError,
    ClosedFileError,
    FormatError,
    LivnError,
    SourceNotFoundError,
)
from livn_core.forking import Lock, renew_after_fork
from livn_core.h5file import LocalFile
from livn_core.locations import shown

# Linux reads at most 2 GiB in one call.
_AT_ONCE = 1 << 30


class Storage(ABC):
    """Bytes that are read at positions.

    Parameters
    ----------
    name
        What the user called the file.
    size
        Its length in bytes, as it is now. Whatever is read later is checked against it.
    """

    gap = 1 << 15
    """Reading this many bytes too many is cheaper than asking twice."""
    remote = False
    """Whether many pieces are better asked for together than by several threads."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self._lock = threading.Lock()
        self._users: list[int] = []
        self._closed = False
        renew_after_fork(self)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    def check_open(self) -> None:
        """Raise :class:`ClosedFileError` after :meth:`close`."""
        if self._closed:
            raise ClosedFileError(f"{shown(self.name)}: the file was closed")

    @contextmanager
    def use(self) -> Iterator[None]:
        """Keep the storage open for as long as a ``with`` block lasts.

        Closing while another thread reads would hand its descriptor's number to the next file that is opened,
        and the read would return that file's bytes.
        """
        # By thread, since after a fork the one that forked goes on inside of this, and the others do not.
        thread = threading.get_ident()
        with self._lock:
            self.check_open()
            self._users.append(thread)
        try:
            yield
            self._check_unchanged()
        finally:
            with self._lock:
                self._users.remove(thread)
                last = self.closed and not self._users
            if last:
                self._release()

    def close(self) -> None:
        """Refuse further reads, and give the file back as soon as nobody reads; a second time does nothing."""
        with self._lock:
            idle = not self._closed and not self._users
            self._closed = True
        if idle:
            self._release()

    def read(self, offset: int, size: int) -> bytes:
        """Read exactly ``size`` bytes at ``offset``."""
        self._check(offset, size)
        data = self._read(offset, size)
        if len(data) != size:
            raise self._shrunk(offset + size)
        return data

    def read_many(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Read several pieces, each exactly."""
        return [self.read(offset, size) for offset, size in zip(offsets, sizes, strict=True)]

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill ``target``, a view of bytes, exactly."""
        target[:] = self.read(offset, len(target))

    def _check(self, offset: int, size: int) -> None:
        if offset < 0 or size < 0 or offset + size > self.size:
            problem = (
                f"points at bytes {offset} to {offset + size}, but the file ends at {self.size}: damaged or cut off"
            )
            raise FormatError(self.name, "/", problem)

    def _shrunk(self, end: int) -> FormatError:
        return FormatError(self.name, "/", f"ended before byte {end}: somebody shortened the file while it was open")

    def local_file(self) -> LocalFile | None:
        """The file on this machine that the bytes are in, where they are in one."""
        return None

    def _check_unchanged(self) -> None:
        """Refuse what was read where the file can be seen to have changed since it was opened."""
        return  # nothing shows it where the bytes are in memory

    def renew(self) -> None:
        """Go on in a forked child, which has none of the threads that may have held the lock."""
        self._lock = threading.Lock()
        self._users = [thread for thread in self._users if thread == threading.get_ident()]

    @abstractmethod
    def _read(self, offset: int, size: int) -> bytes:
        """Read up to ``size`` bytes."""

    @abstractmethod
    def _release(self) -> None:
        """Close what is underneath."""


class LocalStorage(Storage):
    """A file on this machine.

    Raises
    ------
    SourceNotFoundError
        There is no such file.
    BackendPermissionError
        It may not be read.
    FormatError
        It is a directory, or something else that is no file.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = _open(path)
        self._path = os.path.abspath(path)  # noqa: PTH100 - resolving links would name another place
        self._seeking = Lock()
        self._state = self._state_now()
        super().__init__(str(path), self._state[0])

    def _state_now(self) -> tuple[int, int]:
        found = os.fstat(self._descriptor)
        return found.st_size, found.st_mtime_ns

    def local_file(self) -> LocalFile:
        """The file that is open; at its path there may be another one by now."""
        found = os.fstat(self._descriptor)
        return LocalFile(self._path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    def _check_unchanged(self) -> None:
        # Pointers that were read before and kept would be put together with the edges of another network.
        if self._state_now() != self._state:
            raise FormatError(self.name, "/", "was changed while it was open; open it again")

    def read_into(self, offset: int, target: memoryview) -> None:
        """Fill ``target`` straight from the file."""
        self._check(offset, len(target))
        done = 0
        while done < len(target):
            count = self._fill(offset + done, target[done : done + _AT_ONCE])
            if not count:
                raise self._shrunk(offset + len(target))
            done += count

    def _read(self, offset: int, size: int) -> bytes:
        if size <= _AT_ONCE and hasattr(os, "pread"):
            return os.pread(self._descriptor, size, offset)
        data = bytearray(size)
        self.read_into(offset, memoryview(data))
        return bytes(data)

    def _fill(self, offset: int, target: memoryview) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [target], offset)
        # Windows has no reading at a position.
        with self._seeking:
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            data = os.read(self._descriptor, len(target))
        target[: len(data)] = data
        return len(data)

    def _release(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __del__(self) -> None:
        if getattr(self, "_descriptor", -1) >= 0:
            self._release()


def _open(path: Path) -> int:
    """A descriptor, not a file object: that would warn when it is dropped without being closed."""
    try:
        # Opening a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(path.stat().st_mode):
            what = "a directory" if path.is_dir() else "no regular file"
            raise FormatError(str(path), "/", f"is {what}, not an HDF5 file")
        return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceNotFoundError(f"{path}: there is no such file") from error
    except PermissionError as error:
        raise BackendPermissionError(f"{path}: may not be read ({error.strerror})") from error
    except LivnError:
        raise
    except (OSError, ValueError) as error:
        raise BackendError(f"{path}: cannot be opened ({error})") from error
