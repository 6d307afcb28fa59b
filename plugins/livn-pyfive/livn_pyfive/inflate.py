"""Undoing deflate, by the fastest library that is there: zlib-ng where it has wheels, else Python's own zlib.

ISA-L is as fast, but takes a few damaged streams that zlib refuses.
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
        return import_module("zlib_ng.zlib_ng")
    except ImportError:
        return zlib


_library: Any = _fastest()


def library() -> str:
    """The library that inflates in this process: ``"zlib-ng"`` or ``"zlib"``."""
    return "zlib" if _library is zlib else "zlib-ng"


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
    stream = _library.decompressobj()
    try:
        plain: bytes = stream.decompress(data, size + 1)
    except _library.error as error:
        raise DoesNotInflate(f"does not decompress ({error})") from error
    if len(plain) != size or not stream.eof:
        raise DoesNotInflate(f"decompresses to {len(plain)} bytes or more instead of {size}")
    return plain
