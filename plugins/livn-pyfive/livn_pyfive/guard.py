"""One place where everything that can go wrong in a damaged file becomes an error of livn-core.

pyfive trusts a file: on a damaged one it raises whatever Python raises (``struct.error``, ``AssertionError``,
``IndexError``, ``MemoryError`` …), reads for ever in a circle, or asks for a terabyte. Every call into it goes through
:func:`reading` and gets a :class:`BoundedReader`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from livn_core.errors import BackendError, FormatError, LivnError
from livn_pyfive.storage import Storage

_WINDOW = 8192
_METADATA_LIMIT = 1 << 28


@contextmanager
def reading(file: str, node: str) -> Iterator[None]:
    """Turn every exception that a damaged file can cause into a :class:`FormatError` for that node."""
    try:
        yield
    except LivnError:
        raise
    except OSError as error:
        raise BackendError(f"{file}: {node}: {error}") from error
    except RecursionError as error:
        raise FormatError(file, node, "damaged: its structure runs in a circle") from error
    except NotImplementedError as error:
        raise FormatError(file, node, f"pyfive cannot read it: {error}") from error
    except Exception as error:
        raise FormatError(file, node, f"damaged, or not understood ({_describe(error)})") from error


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
