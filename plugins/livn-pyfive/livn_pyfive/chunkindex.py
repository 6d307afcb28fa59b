"""Where each chunk of a dataset lies in the file, as arrays.

pyfive makes a dictionary and two tuples for every chunk; on a dataset of 100,000 chunks that takes longer than reading
it. Here a node of the B-tree is one structured array.
Section III.A.1 (version 1 B-trees) of the HDF5 file format specification; the indexes of the newer layouts are in
:mod:`livn_pyfive.arrayindex`.
"""

from __future__ import annotations

import struct
from functools import lru_cache

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.h5file import IntArray
from livn_pyfive.arrayindex import Records, read_extensible_array, read_fixed_array
from livn_pyfive.guard import BoundedReader
from livn_pyfive.header import FIXED_ARRAY, IMPLICIT, SINGLE, UNDEFINED, Chunking

_NODE_HEADER = 24
# The default node of HDF5 holds 64 chunks: with a guess one read suffices.
_GUESS = 64
_MAX_LEVEL = 32
_NO_FILTERS = 0xFFFFFFFF


@attrs.frozen(eq=False)
class ChunkIndex:
    """The chunks of a 1-D dataset that exist, ascending by number.

    Parameters
    ----------
    numbers
        int64 (k,): which chunks exist; chunk *i* holds elements ``[i * length, (i + 1) * length)``.
    addresses
        int64 (k,): where each begins, in bytes from the file's base address.
    sizes
        int64 (k,): how many bytes each takes in the file.
    masks
        uint32 (k,): bit *i* set means that filter *i* was left out.
    """

    numbers: IntArray
    addresses: IntArray
    sizes: IntArray
    masks: npt.NDArray[np.uint32]


def read_index(reader: BoundedReader, chunking: Chunking, count: int) -> ChunkIndex:
    """Read the chunk index of a 1-D dataset.

    Parameters
    ----------
    reader
        The file.
    chunking
        Chunk length and the place of the index.
    count
        How many chunks the dataset's extent asks for.

    Raises
    ------
    ValueError
        The index is damaged. (Also whatever ``struct`` raises: callers are inside ``guard.reading``.)
    """
    if chunking.index is None or not count:
        return _make([], [], [], [])
    index = _read_v4(reader, chunking, count) if chunking.kind else _read_btree(reader, chunking)
    _check(index, count, reader)
    return index


def without_filters(index: ChunkIndex, number: int) -> ChunkIndex:
    """The same index, where the filters were left out for a chunk."""
    masks = np.where(index.numbers == number, np.uint32(_NO_FILTERS), index.masks)
    return attrs.evolve(index, masks=masks)


def _make(numbers: object, addresses: object, sizes: object, masks: object) -> ChunkIndex:
    return ChunkIndex(
        np.asarray(numbers, np.int64),
        np.asarray(addresses, np.int64),
        np.asarray(sizes, np.int64),
        np.asarray(masks, np.uint32),
    )


def _read_btree(reader: BoundedReader, chunking: Chunking) -> ChunkIndex:
    entry = _entry(len(chunking.shape) + 1)
    leaves: list[npt.NDArray[np.void]] = []
    seen: set[int] = set()
    # Depth first, first child on top: the leaves come in order.
    waiting = [(int(chunking.index or 0), -1)]
    while waiting:
        address, level = waiting.pop()
        if address in seen:
            raise ValueError("its chunk index runs in a circle")
        seen.add(address)
        level, entries = _read_node(reader, address, level, entry)
        if level == 0:
            leaves.append(entries)
        else:
            waiting.extend((int(child), level - 1) for child in entries["child"][::-1])
    every = leaves[0] if len(leaves) == 1 else np.concatenate([np.empty(0, entry), *leaves])
    offsets = every["offset"].astype(np.int64)
    numbers, within = np.divmod(offsets[:, 0], chunking.shape[0])
    if within.any() or offsets[:, 1:].any():
        raise ValueError("its chunk index has a chunk between the chunks")
    return _make(numbers, every["child"], every["size"], every["mask"])


@lru_cache(maxsize=32)
def _entry(rank: int) -> np.dtype[np.void]:
    return np.dtype([("size", "<u4"), ("mask", "<u4"), ("offset", "<u8", (rank,)), ("child", "<u8")])


def _read_node(
    reader: BoundedReader, address: int, expected: int, entry: np.dtype[np.void]
) -> tuple[int, npt.NDArray[np.void]]:
    reader.seek(address)
    data = reader.read(_NODE_HEADER + _GUESS * entry.itemsize)
    signature, kind, level, used = struct.unpack_from("<4sBBH", data)
    if signature != b"TREE" or kind != 1:
        raise ValueError("its chunk index is damaged: there is no node where one should be")
    if level > _MAX_LEVEL or expected not in (-1, level):
        raise ValueError("its chunk index is damaged: a node is on the wrong level")
    missing = _NODE_HEADER + used * entry.itemsize - len(data)
    if missing > 0:
        data += reader.read(missing)
    return level, np.frombuffer(data, entry, used, _NODE_HEADER)


def _read_v4(reader: BoundedReader, chunking: Chunking, count: int) -> ChunkIndex:
    chunk_bytes = chunking.shape[0] * chunking.itemsize
    address = int(chunking.index or 0)
    if chunking.kind == SINGLE:
        size, mask = chunking.filtered_single or (chunk_bytes, 0)
        return _make([0], [address], [size], [mask])
    if chunking.kind == IMPLICIT:
        numbers = np.arange(min(count, 1 + reader.size // chunk_bytes), dtype=np.int64)
        return _make(numbers, address + numbers * chunk_bytes, np.full(len(numbers), chunk_bytes), numbers * 0)
    read = read_fixed_array if chunking.kind == FIXED_ARRAY else read_extensible_array
    return _from_records(read(reader, address), chunk_bytes)


def _from_records(records: Records, chunk_bytes: int) -> ChunkIndex:
    """Records are an address alone, or an address, a size in the file and a filter mask of four bytes."""
    table = np.frombuffer(records.data, np.uint8).reshape(-1, records.width)
    addresses = np.ascontiguousarray(table[:, :8]).view("<u8")[:, 0]
    there = addresses != UNDEFINED
    numbers = np.flatnonzero(there)
    if not records.filtered:
        return _make(numbers, addresses[there], np.full(len(numbers), chunk_bytes), numbers * 0)
    sizes = np.zeros((len(table), 8), np.uint8)
    sizes[:, : records.width - 12] = table[:, 8 : records.width - 4]
    masks = np.ascontiguousarray(table[:, records.width - 4 :]).view("<u4")[:, 0]
    return _make(numbers, addresses[there], sizes.view("<u8")[there, 0], masks[there])


def _check(index: ChunkIndex, count: int, reader: BoundedReader) -> None:
    if not len(index.numbers):
        return
    if (index.numbers[1:] <= index.numbers[:-1]).any() or index.numbers[0] < 0 or index.numbers[-1] >= count:
        raise ValueError("its chunk index is damaged: the chunks are not in order, or are too many")
    starts, ends = index.addresses, index.addresses + index.sizes
    if starts.min() < 0 or ends.max() > reader.size or index.sizes.max() > reader.size:
        raise ValueError("it has a chunk outside the file: damaged or cut off")
    if (starts[1:] < ends[:-1]).any():
        order = np.argsort(starts)
        starts, ends = starts[order], ends[order]
    if (starts[1:] < ends[:-1]).any():
        raise ValueError("two of its chunks overlap in the file")
