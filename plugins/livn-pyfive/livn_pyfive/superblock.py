"""The superblock: the first bytes of an HDF5 file, which say where everything else begins.

pyfive reads it too, but knows neither version 1 nor, before 1.3, a user block, and does not compare the length that
it records with the file's. That comparison finds a file that was cut off before anything else is read.

Section II.A of the HDF5 file format specification.
"""

from __future__ import annotations

import struct

import attrs

from livn_core.errors import FormatError
from livn_pyfive.storage import Storage

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 0xFFFFFFFFFFFFFFFF


@attrs.frozen
class Superblock:
    """Where the file's own addresses count from, and where its root group is."""

    base: int
    """Offset in the file that address 0 stands for, in bytes."""
    root: int
    """Address of the root group's object header."""


def read_superblock(storage: Storage) -> Superblock:
    """Find and read the superblock.

    Raises
    ------
    FormatError
        The file is no HDF5, is cut off, or uses a form that nobody has written since 1998.
    """
    offset = _find(storage)
    head = storage.read(offset, min(128, storage.size - offset))
    try:
        base, end, root = _parse(head, storage.name)
    except struct.error as error:
        raise FormatError(storage.name, "/", "is cut off within its first bytes") from error
    # A user block that was put in front afterwards moved the file without telling it.
    moved = offset - base
    if end == _UNDEFINED or end + moved > storage.size:
        problem = f"is cut off: it has {storage.size} bytes and should have {end + moved}; copy or download it again"
        raise FormatError(storage.name, "/", problem)
    return Superblock(offset, root)


def _find(storage: Storage) -> int:
    offset = 0
    while offset + len(_SIGNATURE) <= storage.size:
        if storage.read(offset, len(_SIGNATURE)) == _SIGNATURE:
            return offset
        offset = offset * 2 or 512
    what = "is empty" if not storage.size else "is not an HDF5 file"
    raise FormatError(storage.name, "/", what)


def _parse(head: bytes, name: str) -> tuple[int, int, int]:
    """Base address, end-of-file address and root address."""
    version = head[8] if len(head) > 8 else -1
    if version in (0, 1):
        sizes = struct.unpack_from("<BB", head, 13)
        at = 24 if version == 0 else 28
        base, _, end, _, _, root = struct.unpack_from("<6Q", head, at)
    elif version in (2, 3):
        sizes = struct.unpack_from("<BB", head, 9)
        base, _, end, root = struct.unpack_from("<4Q", head, 12)
    else:
        raise FormatError(name, "/", f"has a superblock of the unknown version {version}")
    if sizes != (8, 8):
        raise FormatError(name, "/", f"has addresses and lengths of {sizes[0]} and {sizes[1]} bytes; only 8 are read")
    return base, end, root
