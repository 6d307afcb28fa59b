"""Undoing deflate, by the fastest library that is there: ISA-L where it has wheels, else Python's own zlib.

What the fast library refuses, zlib looks at once more: its word is the last one, and its message the one that is shown.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Any

Buffer = bytes | memoryview


class DoesNotInflate(Exception):
    """Bytes do not inflate, or not to the length that they must have."""


def _fastest() -> Any:
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


_library: Any = _fastest()


def library() -> str:
    """The library that inflates in this process: ``"isal"`` or ``"zlib"``."""
    return "zlib" if _library is zlib else "isal"


def inflate(data: Buffer, size: int) -> bytes:
    """Inflate a whole zlib stream; what follows it is ignored, as HDF5 does.

    Parameters
    ----------
    data
        The stream.
    size
        How many bytes must come out. Never more than one byte beyond that is made, to see that there is too much.

    Raises
    ------
    DoesNotInflate
        The stream is damaged or cut off, its checksum is wrong, or something else than ``size`` bytes comes out.
    """
    if _library is not zlib:
        try:
            return _inflate(_library, data, size)
        except DoesNotInflate:
            pass
    return _inflate(zlib, data, size)


def _inflate(library: Any, data: Buffer, size: int) -> bytes:
    stream = library.decompressobj()
    try:
        plain: bytes = stream.decompress(data, size + 1)
    except library.error as error:
        raise DoesNotInflate(f"does not decompress ({error})") from error
    if len(plain) != size or not stream.eof:
        raise DoesNotInflate(f"decompresses to {len(plain)} bytes or more instead of {size}")
    return plain
