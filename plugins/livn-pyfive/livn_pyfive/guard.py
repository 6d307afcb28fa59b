"""One place where everything that can go wrong in a damaged file becomes an error of livn-core.

pyfive trusts a file: on a damaged one it raises whatever Python raises (``struct.error``, ``AssertionError``,
``IndexError``, ``MemoryError`` …), reads for ever in a circle, or asks for a terabyte. Every call into it goes through
:func:`reading` and gets a :class:`BoundedReader`.
"""

from __future__ import annotations

import io
from types import TracebackType

from livn_core.errors import BackendError, FormatError, LivnError
from livn_pyfive.storage import Storage

_WINDOW = 8192
_METADATA_LIMIT = 1 << 28


class reading:  # noqa: N801 - used as the functions of contextlib are, several times for each object
    """Turn every exception that a damaged file can cause into a :class:`FormatError` for that node.

    Parameters
    ----------
    file, node
        What is read, for the message.
    """

    def __init__(self, file: str, node: str) -> None:
        self._place = file, node

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, LivnError):
            raise _translated(*self._place, error) from error


def _translated(file: str, node: str, error: Exception) -> LivnError:
    if isinstance(error, OSError):
        return BackendError(f"{file}: {node}: {error}")
    if isinstance(error, RecursionError):
        return FormatError(file, node, "damaged: its structure runs in a circle")
    if isinstance(error, NotImplementedError):
        return FormatError(file, node, f"pyfive cannot read it: {error}")
    return FormatError(file, node, f"damaged, or not understood ({_describe(error)})")


def _describe(error: Exception) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class BoundedReader(io.RawIOBase):
    """What pyfive takes for the file: a position of its own, and an end to its patience.

    Each use has its own reader, so threads share none. A read never asks for more than the file holds, and all
    reads together never for much more than twice the file: whoever wants more is walking in a circle.

    Parameters
    ----------
    storage
        Where the bytes are.
    base
        Offset of the HDF5 part within the file (its user block), in bytes.
    """

    def __init__(self, storage: Storage, base: int = 0) -> None:
        super().__init__()
        self._storage = storage
        self._base = base
        self._size = storage.size - base
        self._at = 0
        self._left = 2 * min(self._size, _METADATA_LIMIT) + (1 << 20)
        self._window = b""
        self._window_at = 0

    @property
    def size(self) -> int:
        """Length of the HDF5 part in bytes."""
        return self._size

    @property
    def name(self) -> str:
        """The file's name, which pyfive asks for."""
        return self._storage.name

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """Position from the start of the HDF5 part, in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move the position; a place outside the file is an error at once."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if not 0 <= origin + offset <= self._size:
            raise ValueError(f"address {origin + offset} is outside the file of {self._size} bytes")
        self._at = origin + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most ``size`` bytes; fewer at the end of the file."""
        left = self._size - self._at
        size = left if size is None or size < 0 else min(size, left)
        # An empty read costs something too, or a loop over nothing would be free.
        self._left -= size + 8
        if self._left < 0:
            raise ValueError("its structure runs in a circle")
        start = self._at - self._window_at
        if not (start >= 0 and start + size <= len(self._window)):
            self._window_at, start = self._at, 0
            self._window = self._storage.read(self._base + self._at, min(max(size, _WINDOW), left))
        self._at += size
        return self._window[start : start + size]
