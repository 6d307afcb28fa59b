"""The members of a group as files have them that are written for the newest HDF5, or that lead into other files.

A few are messages of the group's object header. Many are in a heap, which a B-tree leads to: these are pyfive's.
Sections IV.A.2.c (link info) and IV.A.2.g (links) of the HDF5 file format specification.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

import attrs

from livn_pyfive.guard import BoundedReader
from livn_pyfive.header import LINK, LINK_INFO, UNDEFINED, Messages, exactly

_HARD, _SOFT, _EXTERNAL = 0, 1, 64
_HAS_KIND, _HAS_ORDER, _HAS_ENCODING = 8, 4, 16


@attrs.frozen
class Elsewhere:
    """A member that this file does not hold: it has a name, and that is all that can be had of it."""

    why: str


Link: TypeAlias = int | str | Elsewhere
"""The address of an object, the path that a soft link leads to, or neither."""


def read_links(reader: BoundedReader, messages: Messages) -> dict[str, Link]:
    """Read the members of a group without a symbol table.

    Raises
    ------
    Exception
        The group is damaged: whatever ``struct`` or pyfive raise. Callers are inside ``guard.reading``.
    """
    links = dict(_decode(body) for body in messages.every(LINK))
    info = messages.get(LINK_INFO)
    if info is not None:
        links.update(_decode(body) for body in _in_heap(reader, info))
    return links


def _in_heap(reader: BoundedReader, info: bytes) -> Iterator[bytes]:
    version, flags = struct.unpack_from("<BB", info)
    if version:
        raise ValueError(f"its members are described in the unknown version {version}")
    heap_at, names_at = struct.unpack_from("<QQ", info, 10 if flags & 1 else 2)
    if names_at == UNDEFINED:
        return
    from pyfive.btree import BTreeV2GroupNames
    from pyfive.misc_low_level import FractalHeap

    heap = FractalHeap(reader, heap_at)
    for record in BTreeV2GroupNames(reader, names_at).iter_records():
        yield heap.get_data(record["heapid"])


def _decode(data: bytes) -> tuple[str, Link]:
    version, flags = struct.unpack_from("<BB", data)
    if version != 1:
        raise ValueError(f"it has a member in the unknown version {version}")
    at = 2
    kind = _HARD
    if flags & _HAS_KIND:
        kind = data[at]
        at += 1
    at += (8 if flags & _HAS_ORDER else 0) + (1 if flags & _HAS_ENCODING else 0)
    width = 1 << (flags & 3)
    size = int.from_bytes(_exactly(data, at, width), "little")
    name = _exactly(data, at + width, size).decode()
    return name, _target(kind, data, at + width + size)


def _target(kind: int, data: bytes, at: int) -> Link:
    if kind == _HARD:
        return int.from_bytes(_exactly(data, at, 8), "little")
    value = _exactly(data, at + 2, int.from_bytes(_exactly(data, at, 2), "little"))
    if kind == _SOFT:
        return value.decode()
    if kind < _EXTERNAL:
        raise ValueError(f"it has a member of the unknown kind {kind}")
    if kind > _EXTERNAL:
        return Elsewhere(f"is a link of somebody's own kind ({kind}), which leads nowhere without their program")
    file, path = (part.decode(errors="replace") for part in (value[1:] + b"\0\0").split(b"\0")[:2])
    return Elsewhere(f"leads into another file, to {path!r} in {file!r}; open that one, or copy it into this file")


def _exactly(data: bytes, at: int, size: int) -> bytes:
    return exactly(data, at, size, "members")
