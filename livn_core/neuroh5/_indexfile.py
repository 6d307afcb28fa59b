"""The file of an out-edge index: which edges leave each cell, by their place in the order of reading.

``LIVNOUT1``, the length of a JSON header, the header, a checksum, then three arrays, everything little-endian: the
pointer of the cells (int64), a CRC-32 for each block of positions (uint32), the positions (int32 or int64). Nothing
that is read is taken for right before its checksum was compared.
"""

from __future__ import annotations

import json
import os
import struct
import uuid
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.ranges import element_index, read_by_slicing

MAGIC = b"LIVNOUT1"
BLOCK = 4096
"""Positions under one checksum."""
KEPT_BYTES = 64 * 2**20
"""Positions up to this size are kept in memory, once they were checked; of others, each query reads its part."""
_HEAD = struct.Struct("<8sQ")
_CRC = struct.Struct("<I")
_LARGEST_HEADER = 1 << 20
SUFFIX = ".outedges"
"""How the names of index files end."""


class UnusableIndex(Exception):
    """An index file that is damaged, cut off, or of other edges."""


class ReplacedIndex(UnusableIndex):
    """There is another index at its place now, which may well be whole."""


@attrs.frozen
class Facts:
    """What an index says about the edges that it belongs to."""

    pre: tuple[int, int]
    """First gid and number of cells."""
    post: tuple[int, int]
    n_edges: int
    digest: str
    """SHA-256 of the edges as they are read."""
    stamp: tuple[int, int, int, int] | None
    """That of the file when the index was made; ``None`` where it had just been written."""

    @classmethod
    def parse(cls, text: bytes) -> tuple[Facts, int]:
        """Read a header: the facts, and the checksum of the two tables."""
        try:
            found = json.loads(text)
            pre, post = ((int(one[0]), int(one[1])) for one in (found["pre"], found["post"]))
            stamp = None
            if found["stamp"] is not None:
                size, mtime, ctime, inode = map(int, found["stamp"])
                stamp = size, mtime, ctime, inode
            return cls(pre, post, int(found["n_edges"]), str(found["digest"]), stamp), int(found["tables"])
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise UnusableIndex(f"its header is damaged ({error})") from error

    def to_bytes(self, tables: int) -> bytes:
        """Make a header."""
        return json.dumps({**attrs.asdict(self), "tables": tables}).encode()

    @property
    def width(self) -> int:
        """Bytes of a position."""
        return 4 if self.n_edges < 2**31 else 8


def write_index(path: Path, facts: Facts, pointer: IntArray, positions: AnyArray) -> None:
    """Write an index beside its place and move it there, so that nobody finds half of one.

    Raises
    ------
    OSError
        It cannot be written there.
    """
    stored = positions.astype(f"<i{facts.width}", copy=False)
    crcs = np.array([zlib.crc32(stored[at : at + BLOCK].data) for at in range(0, stored.size, BLOCK)], "<u4")
    tables = pointer.astype("<i8").tobytes() + crcs.tobytes()
    header = facts.to_bytes(zlib.crc32(tables))
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid.uuid4().hex[:12]}.writing")
    try:
        with beside.open("wb") as file:
            file.write(_HEAD.pack(MAGIC, len(header)) + header + _CRC.pack(zlib.crc32(header)) + tables)
            file.write(stored.data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


@attrs.frozen(eq=False)
class IndexFile:
    """An index, found and checked as far as it was read.

    Parameters
    ----------
    path
        Where it is.
    facts
        What it says about its edges.
    pointer
        int64, shape (pre cells + 1,): where the positions of each cell begin.
    """

    path: Path
    facts: Facts
    pointer: IntArray
    _head: bytes
    _crcs: AnyArray
    _kept: AnyArray | None

    @classmethod
    def open(cls, path: Path) -> IndexFile:
        """Read all but the positions, and those too where they are few.

        Raises
        ------
        FileNotFoundError
            There is none.
        UnusableIndex
            It is damaged.
        OSError
            It cannot be read.
        """
        with path.open("rb") as file:
            head = _read_head(file)
            facts, checksum = Facts.parse(head[_HEAD.size : -_CRC.size])
            cells, blocks = facts.pre[1], -(-facts.n_edges // BLOCK)
            size = len(head) + 8 * (cells + 1) + 4 * blocks + facts.width * facts.n_edges
            if min(cells, facts.n_edges) < 0 or os.fstat(file.fileno()).st_size != size:
                raise UnusableIndex("it does not have the length that it says; it was cut off")
            tables = file.read(8 * (cells + 1) + 4 * blocks)
            if zlib.crc32(tables) != checksum:
                raise UnusableIndex("its pointer does not match its checksum")
            pointer = np.frombuffer(tables, "<i8", cells + 1).astype(np.int64)
            crcs = np.frombuffer(tables, "<u4", blocks, 8 * (cells + 1))
            found = cls(path, facts, pointer, head, crcs, None)
            if facts.width * facts.n_edges > KEPT_BYTES:
                return found
            # Through the same handle: at this path, there may be another one by now.
            return attrs.evolve(found, kept=found._checked(file, 0, blocks))

    def positions(self, cells: IntArray) -> IntArray:
        """Where the edges of some cells are: int64, cell after cell, ascending within one.

        Parameters
        ----------
        cells
            int64, ascending and unique: counted from the first of the population.
        """
        starts, stops = self.pointer[cells], self.pointer[cells + 1]
        if self._kept is not None:
            found = self._kept[element_index(starts, stops)]
        else:
            found = read_by_slicing(_Positions(self), Ranges(str(self.path), starts, stops))
        return found.astype(np.int64)

    def _blocks(self, first: int, last: int) -> AnyArray:
        """The positions of some blocks, checked."""
        with self.path.open("rb") as file:
            # Another process may have put a new index here.
            if file.read(len(self._head)) != self._head:
                raise ReplacedIndex("it was replaced meanwhile")
            return self._checked(file, first, last)

    def _checked(self, file: BinaryIO, first: int, last: int) -> AnyArray:
        width, n_edges = self.facts.width, self.facts.n_edges
        begin, end = first * BLOCK, min(last * BLOCK, n_edges)
        file.seek(len(self._head) + 8 * self.pointer.size + 4 * self._crcs.size + begin * width)
        data = file.read((end - begin) * width)
        for number in range(first, last):
            at = (number - first) * BLOCK * width
            if zlib.crc32(data[at : at + BLOCK * width]) != self._crcs[number]:
                raise UnusableIndex(f"its positions {number * BLOCK} and following do not match their checksum")
        return np.frombuffer(data, f"<i{width}")


class _Positions:
    """The positions of an index as a dataset."""

    def __init__(self, index: IndexFile) -> None:
        self._index = index
        self.shape = (index.facts.n_edges,)
        self.dtype: np.dtype[Any] = np.dtype(f"<i{index.facts.width}")

    def __getitem__(self, key: slice) -> AnyArray:
        first, last = key.start // BLOCK, -(-key.stop // BLOCK)
        begin = first * BLOCK
        return self._index._blocks(first, last)[key.start - begin : key.stop - begin]


def _read_head(file: BinaryIO) -> bytes:
    """Everything up to the checksum of the header."""
    start = file.read(_HEAD.size)
    if len(start) < _HEAD.size or not start.startswith(MAGIC):
        raise UnusableIndex("it is no index")
    length = _HEAD.unpack(start)[1]
    if length > _LARGEST_HEADER:
        raise UnusableIndex("its header is damaged")
    rest = file.read(length + _CRC.size)
    if len(rest) != length + _CRC.size or _CRC.unpack(rest[-_CRC.size :])[0] != zlib.crc32(rest[: -_CRC.size]):
        raise UnusableIndex("its header does not match its checksum")
    return start + rest
