"""Object headers: one for each group, dataset and committed type of a file.

Those of version 1, and groups with a symbol table, are what NeuroH5 files have: they are taken apart here, since there
are many of them on the way to an array. Those of version 2 are taken apart by pyfive.
Section IV.A.1 of the HDF5 file format specification.
"""

from __future__ import annotations

from struct import Struct

import attrs

from livn_pyfive.guard import BoundedReader
from livn_pyfive.header import LINK, LINK_INFO, SYMBOL_TABLE, Messages, Place
from livn_pyfive.links import Link, read_links
from livn_pyfive.symboltable import read_symbol_table

_PREFIX = Struct("<BxHII4x")
_MESSAGE = Struct("<HHB3x")
_CONTINUATION = 16
_WHERE = Struct("<QQ")
# HDF5 keeps what is large elsewhere: headers of this version have 65,535 messages at most, nearly all of them short.
_MAX_HEADER = 1 << 26
_MAX_CONTINUED = 1 << 12


@attrs.frozen(eq=False)
class ObjectHeader:
    """The messages of an object, and its members where it is a group."""

    messages: Messages
    _reader: BoundedReader

    @property
    def is_group(self) -> bool:
        """Whether it has members, or could have."""
        return any(kind in self.messages for kind in (SYMBOL_TABLE, LINK_INFO, LINK))

    def links(self) -> dict[str, Link]:
        """The members of a group."""
        table = self.messages.get(SYMBOL_TABLE)
        if table is not None:
            return read_symbol_table(self._reader, *_WHERE.unpack(table))
        return read_links(self._reader, self.messages)


def read_object(reader: BoundedReader, address: int) -> ObjectHeader:
    """Read the header of the object at an address.

    Raises
    ------
    Exception
        It is damaged: whatever ``struct`` or pyfive raise. Callers are inside ``guard.reading``.
    """
    reader.seek(address)
    prefix = reader.read(_PREFIX.size)
    if prefix[:1] == b"\1":
        return ObjectHeader(_read_old(reader, prefix), reader)
    from pyfive.dataobjects import DataObjects

    newer = DataObjects(reader, address)
    places = [(one["type"], one["offset_to_message"], one["size"], one["flags"]) for one in newer.msgs]
    return ObjectHeader(Messages(newer.msg_data, places), reader)


def _read_old(reader: BoundedReader, prefix: bytes) -> Messages:
    _, count, _, size = _PREFIX.unpack(prefix)
    # A header may be continued in many places, and joining bytes would copy all that came before each time.
    data = bytearray(reader.read(_checked(size)))
    continued = 0
    places: list[Place] = []
    at = 0
    for _ in range(count):
        kind, length, flags = _MESSAGE.unpack_from(data, at)
        at += _MESSAGE.size
        if kind == _CONTINUATION:
            address, extent = _WHERE.unpack_from(data, at)
            continued += 1
            reader.seek(address)
            data += reader.read(_checked(len(data) + extent, continued) - len(data))
        places.append((kind, at, length, flags))
        at += length
    return Messages(bytes(data), places)


def _checked(size: int, continued: int = 0) -> int:
    if size > _MAX_HEADER or continued > _MAX_CONTINUED:
        raise ValueError(f"its header of {size} bytes in {continued + 1} places is too large to be one")
    return size
