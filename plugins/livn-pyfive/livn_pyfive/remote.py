"""Files that fsspec reaches: over HTTP, in S3, in memory.

Bytes are asked for in ranges. What is no larger than a page comes as a whole, and so does a file of moderate size
from a server that has no ranges (``python -m http.server`` has none).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    ConfigError,
    FormatError,
    LivnError,
    SourceNotFoundError,
)
from livn_core.forking import Lock
from livn_core.locations import redacted, shown
from livn_pyfive.sources import IN_BROWSER
from livn_pyfive.storage import Storage

# Metadata is read in pages of this size; a system's metadata is a few.
_PAGE = 1 << 16
_PAGES = 256
_MAX_WHOLE = 1 << 28
_AT_ONCE = 1 << 20
PATIENCE = 30.0
"""Seconds without an answer, or without a byte more of one, after which a web server is given up."""


def open_remote(source: str, storage_options: Mapping[str, Any]) -> Storage:
    """Open an address.

    Raises
    ------
    SourceNotFoundError
        There is nothing there.
    BackendPermissionError
        The server refuses.
    BackendConnectionError
        It cannot be reached.
    BackendError
        It fails otherwise, or gives no ranges and the file is large.
    """
    with mapped(source):
        fs, path = filesystem(source, storage_options)
        info = fs.info(path)
        if info.get("type") == "directory":
            raise FormatError(source, "/", "is a directory, not an HDF5 file")
        size = info.get("size")
        if size is not None and int(size) > _PAGE and _has_ranges(fs, path):
            return RemoteStorage(source, int(size), fs, path)
        known_to_be_large = size is not None and size > _MAX_WHOLE
        data = None if known_to_be_large else read_bounded(fs, path, _MAX_WHOLE)
        if data is None:
            raise BackendError(
                f"{shown(source)}: the server gives no parts of files, and this one is large; download it"
            )
        return MemoryStorage(source, data)


def read_bounded(fs: Any, path: str, most: int) -> bytes | None:
    """Read a whole file; ``None`` where it has more than ``most`` bytes, which then are not read.

    A server may say nothing of a length, or not mean it, and a range may be answered with all there is, without end.
    """
    if IN_BROWSER:  # which knows no other way than to wait for all of an answer
        data = bytes(fs.cat_file(path))
        return data if len(data) <= most else None
    # With these, fsspec asks nothing beforehand, and the answer is read as it arrives.
    streaming = {"block_size": 0, "size": 1} if "http" in fs.protocol else {}
    parts: list[bytes] = []
    left = most + 1
    with fs.open(path, "rb", **streaming) as file:
        while left > 0 and (part := file.read(min(left, _AT_ONCE))):
            parts.append(part)
            left -= len(part)
    return b"".join(parts) if left > 0 else None


def _has_ranges(fs: Any, path: str) -> bool:
    """Whether parts can be had: of HTTP servers, the only ones that may have none, one byte is asked for."""
    if "http" not in fs.protocol:
        return True
    with fs.open(path, "rb", size=2, cache_type="none") as file:
        file.seek(1)
        try:
            return len(file.read(1)) == 1
        except ValueError:
            return False


def filesystem(source: str, storage_options: Mapping[str, Any]) -> tuple[Any, str]:
    """The fsspec file system of an address, and the path in it."""
    import fsspec

    if IN_BROWSER:
        from livn_pyfive.browser import provide_http

        provide_http()
    try:
        fs, path = fsspec.url_to_fs(source, **_with_patience(source, storage_options))
    except TypeError as error:
        raise ConfigError(f"storage_options: {error}") from error
    return fs, str(path)


def _with_patience(source: str, storage_options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with a time-out, where the user has not set one: aiohttp's own is five minutes."""
    options = dict(storage_options)
    over_http = source.lower().startswith(("http://", "https://"))
    if over_http and "client_kwargs" not in options and not IN_BROWSER:
        import aiohttp

        limit = aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE)
        options["client_kwargs"] = {"timeout": limit}
    return options


@contextmanager
def mapped(source: str) -> Iterator[None]:
    """Turn what fsspec's many file systems raise into what happened."""
    try:
        yield
    except (LivnError, NotImplementedError):
        raise
    except PermissionError as error:
        raise BackendPermissionError(f"{shown(source)}: access is refused") from error
    except TimeoutError as error:
        raise BackendConnectionError(f"{shown(source)}: no answer in time") from error
    except ImportError as error:
        raise BackendError(f"{shown(source)}: {redacted(str(error))}; pip install 'livn-pyfive[remote]'") from error
    except Exception as error:
        raise _translated(source, error) from error


_UNREACHABLE = ("ClientConnect", "ClientOS", "ServerDisconnected", "ServerTimeout", "EndpointConnection")


def _translated(source: str, error: Exception) -> LivnError:
    """Over HTTP fsspec calls everything "not found"; what it was is underneath, and of aiohttp's own kind."""
    cause = error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error
    status = getattr(cause, "status", None)
    if status in (401, 403):
        return BackendPermissionError(f"{shown(source)}: access is refused (status {status})")
    if isinstance(cause, TimeoutError):
        return BackendConnectionError(f"{shown(source)}: no answer in time")
    if type(cause).__name__.startswith(_UNREACHABLE) or isinstance(cause, ConnectionError):
        return BackendConnectionError(f"{shown(source)}: the server cannot be reached")
    if isinstance(error, FileNotFoundError) and status in (None, 404, 410):
        return SourceNotFoundError(f"{shown(source)}: there is nothing at that address")
    if status is not None:
        return BackendError(f"{shown(source)}: the server answers with status {status}")
    return BackendError(f"{shown(source)}: {type(error).__name__}: {redacted(str(error))}")


class RemoteStorage(Storage):
    """A file that is read in ranges.

    Parameters
    ----------
    source
        Its address.
    size
        Length in bytes.
    fs
        The fsspec file system.
    path
        The file's path in it.
    """

    gap = 1 << 16
    remote = True

    def __init__(self, source: str, size: int, fs: Any, path: str) -> None:
        super().__init__(source, size)
        self._fs = fs
        self._path = path
        self._pages: OrderedDict[int, bytes] = OrderedDict()
        self._pages_lock = Lock()

    def read_many(self, offsets: Sequence[int], sizes: Sequence[int]) -> list[bytes]:
        """Ask for several pieces side by side; what is at hand is not asked for."""
        for offset, size in zip(offsets, sizes, strict=True):
            self._check(offset, size)
        pieces = [self._at_hand(offset, size) for offset, size in zip(offsets, sizes, strict=True)]
        missing = [number for number, piece in enumerate(pieces) if piece is None]
        starts = [offsets[number] for number in missing]
        ends = [offsets[number] + sizes[number] for number in missing]
        with mapped(self.name):
            found = self._fs.cat_ranges([self._path] * len(ends), starts, ends, on_error="raise") if missing else []
        for number, piece, end in zip(missing, found, ends, strict=True):
            if len(piece) != sizes[number]:
                raise self._shrunk(end)
            pieces[number] = piece
        return [piece for piece in pieces if piece is not None]

    def _at_hand(self, offset: int, size: int) -> bytes | None:
        """A piece that lies in one page, if that page was read before."""
        page, start = divmod(offset, _PAGE)
        if start + size > _PAGE:
            return None
        with self._pages_lock:
            piece = self._pages.get(page, b"")[start : start + size]
        return piece if len(piece) == size else None

    def _read(self, offset: int, size: int) -> bytes:
        first, last = offset // _PAGE, (offset + size - 1) // _PAGE
        if last - first > 2 or not size:
            with mapped(self.name):
                return bytes(self._fs.cat_file(self._path, start=offset, end=offset + size)) if size else b""
        data = b"".join(self._page(number) for number in range(first, last + 1))
        return data[offset - first * _PAGE :][:size]

    def _page(self, number: int) -> bytes:
        with self._pages_lock:
            if number in self._pages:
                self._pages.move_to_end(number)
                return self._pages[number]
        start, end = number * _PAGE, min((number + 1) * _PAGE, self.size)
        with mapped(self.name):
            data = bytes(self._fs.cat_file(self._path, start=start, end=end))
        with self._pages_lock:
            self._pages[number] = data
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        return data

    def _release(self) -> None:
        self._pages.clear()


class MemoryStorage(Storage):
    """A file that was read as a whole.

    Parameters
    ----------
    source
        Where it came from.
    data
        All of it.
    """

    def __init__(self, source: str, data: bytes) -> None:
        super().__init__(source, len(data))
        self._data = data

    def _read(self, offset: int, size: int) -> bytes:
        return self._data[offset : offset + size]

    def _release(self) -> None:
        self._data = b""
