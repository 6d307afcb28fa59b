"""The members of a group as files have them that are not written for the newest HDF5 alone.

A B-tree leads to nodes of entries, whose names are in a heap.
Sections III.A.1 (version 1 B-trees), III.B and III.C (symbol tables) and III.D (local heaps) of the HDF5 file format
specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from livn_pyfive.guard import BoundedReader
from livn_pyfive.links import Link

_TREE = Struct("<4sBBH16x")
_CHILD = Struct("<8xQ")
_NODE = Struct("<4sBxH")
_ENTRY = Struct("<QQI4xI12x")
_HEAP = Struct("<4sB3xQQQ")
_MAX_LEVEL = 32
_SOFT = 2


def read_symbol_table(reader: BoundedReader, tree: int, heap: int) -> dict[str, Link]:
    """Read the members of a group: the address of an object, or the path that a soft link leads to.

    Parameters
    ----------
    reader
        The file.
    tree, heap
        Addresses of the group's B-tree and local heap.

    Raises
    ------
    ValueError
        The group is damaged. (Also whatever ``struct`` raises: callers are inside ``guard.reading``.)
    """
    names = _read_heap(reader, heap)
    links: dict[str, Link] = {}
    for node in _nodes(reader, tree):
        for name_at, address, kind, link_at in _entries(reader, node):
            if kind > _SOFT:
                raise ValueError(f"it has a member of the unknown kind {kind}")
            links[_name(names, name_at)] = _name(names, link_at) if kind == _SOFT else address
    return links


def _read_heap(reader: BoundedReader, address: int) -> bytes:
    reader.seek(address)
    signature, version, size, _, where = _HEAP.unpack(reader.read(_HEAP.size))
    if signature != b"HEAP" or version:
        raise ValueError("its names are damaged: there is no heap where one should be")
    reader.seek(where)
    return reader.read(size)


def _name(names: bytes, at: int) -> str:
    return names[at : names.index(b"\0", at)].decode()


def _nodes(reader: BoundedReader, root: int) -> Iterator[int]:
    """Addresses of the nodes of entries, in order."""
    waiting = [(root, -1)]
    seen: set[int] = set()
    while waiting:
        address, expected = waiting.pop()
        if address in seen:
            raise ValueError("its members run in a circle")
        seen.add(address)
        reader.seek(address)
        signature, kind, level, used = _TREE.unpack(reader.read(_TREE.size))
        if signature != b"TREE" or kind or level > _MAX_LEVEL or expected not in (-1, level):
            raise ValueError("its members are damaged: there is no node where one should be")
        data = reader.read(used * _CHILD.size)
        children = [_CHILD.unpack_from(data, at * _CHILD.size)[0] for at in range(used)]
        if level == 0:
            yield from children
        else:
            waiting.extend((child, level - 1) for child in reversed(children))


def _entries(reader: BoundedReader, address: int) -> Iterator[tuple[int, int, int, int]]:
    reader.seek(address)
    signature, _, count = _NODE.unpack(reader.read(_NODE.size))
    if signature != b"SNOD":
        raise ValueError("its members are damaged: there are no entries where some should be")
    data = reader.read(count * _ENTRY.size)
    if len(data) != count * _ENTRY.size:
        raise ValueError("its members are cut off")
    return _ENTRY.iter_unpack(data)
