"""The chunk indexes that files have which were written for the newest version of HDF5 alone (``libver="latest"``).

A fixed array belongs to a dataset that cannot grow, an extensible one to a dataset that can. pyfive reads neither.
Sections VII.C and VII.D of the HDF5 file format specification.
"""

from __future__ import annotations

import struct

import attrs

from livn_pyfive.guard import BoundedReader
from livn_pyfive.header import UNDEFINED

_CHECKSUM = 4
_MAX_BITS = 64
# An extensible array may have holes, so that its records are more than the file has bytes.
_MAX_SPARSE = 1 << 24


@attrs.frozen
class Records:
    """One record per chunk, in the order of the chunks; an undefined address where there is none."""

    data: bytes
    """The records, one after the other."""
    width: int
    """Size of a record in bytes."""
    filtered: bool
    """Whether a record has a size and a filter mask beside the address."""


def _records(data: bytes, width: int, client: int) -> Records:
    if client not in (0, 1) or not (width == 8 if client == 0 else 13 <= width <= 20):
        raise ValueError("its chunk index is damaged: its records make no sense")
    return Records(data, width, client == 1)


def read_fixed_array(reader: BoundedReader, address: int) -> Records:
    """Read all records of a fixed array."""
    reader.seek(address)
    signature, version, client, width, page_bits, total, block = struct.unpack("<4sBBBBQQ", reader.read(24))
    if signature != b"FAHD" or version or page_bits > _MAX_BITS or total * width > reader.size:
        raise ValueError("its chunk index (a fixed array) is damaged")
    if block == UNDEFINED:
        return _records(b"", width, client)
    reader.seek(block)
    if struct.unpack("<4sBBQ", reader.read(14)) != (b"FADB", 0, client, address):
        raise ValueError("its chunk index (a fixed array) is damaged")
    return _records(_paged(reader, width, 1 << page_bits, total), width, client)


def _paged(reader: BoundedReader, width: int, page: int, total: int) -> bytes:
    """Records of a fixed array's data block; a page that was never used is not there."""
    if total <= page:
        return reader.read(total * width)
    pages = -(-total // page)
    used = reader.read(-(-pages // 8))
    reader.read(_CHECKSUM)
    parts: list[bytes] = []
    for number in range(pages):
        size = min(page, total - number * page) * width
        data = reader.read(size)
        reader.read(_CHECKSUM)
        parts.append(data if used[number // 8] & 0x80 >> number % 8 else b"\xff" * size)
    return b"".join(parts)


@attrs.frozen
class _Extensible:
    """The header of an extensible array."""

    address: int
    client: int
    width: int
    bits: int
    """The largest number of elements is two to the power of this."""
    in_index: int
    """Elements in the index block itself."""
    least: int
    """Elements in the smallest data block."""
    pointers: int
    """Data blocks in the first super block that has a block of its own, twice over."""
    page: int
    """Elements in a page; larger data blocks are paged."""
    used: int
    """One more than the highest element that was ever set."""
    index: int


def read_extensible_array(reader: BoundedReader, address: int) -> Records:
    """Read all records of an extensible array that were ever set."""
    header = _extensible_header(reader, address)
    if header.index == UNDEFINED:
        return _records(b"", header.width, header.client)
    reader.seek(header.index)
    _expect(reader, b"EAIB", header)
    parts = [reader.read(header.in_index * header.width)]
    count = header.in_index
    direct = 2 * (header.pointers - 1)
    supers = 1 + header.bits - (header.least.bit_length() - 1)
    first = 2 * (header.pointers.bit_length() - 1)
    blocks = _addresses(reader, direct)
    super_blocks = _addresses(reader, max(0, supers - first))
    for level in range(supers):
        if count >= header.used:
            break
        number, size = 1 << level // 2, header.least << (level + 1) // 2
        here = blocks[:number] if level < first else _super_block(reader, header, super_blocks[level - first], number)
        blocks = blocks[number:] if level < first else blocks
        for block in here:
            wanted = min(size, header.used - count)
            if wanted <= 0:
                break
            parts.append(_data_block(reader, header, block, wanted, size))
            count += wanted
    data = b"".join(parts)[: header.used * header.width]
    return _records(data, header.width, header.client)


def _extensible_header(reader: BoundedReader, address: int) -> _Extensible:
    reader.seek(address)
    signature, version, client, width, bits, in_index, least, pointers, page_bits = struct.unpack(
        "<4s8B", reader.read(12)
    )
    *_, used, _, index = struct.unpack("<7Q", reader.read(56))
    powers_of_two = least and pointers and not least & least - 1 and not pointers & pointers - 1
    if signature != b"EAHD" or version or not powers_of_two or max(bits, page_bits) > _MAX_BITS:
        raise ValueError("its chunk index (an extensible array) is damaged")
    if used * width > max(reader.size, _MAX_SPARSE):
        raise ValueError("its chunk index (an extensible array) claims more chunks than there can be")
    return _Extensible(address, client, width, bits, in_index, least, pointers, 1 << page_bits, used, index)


def _expect(reader: BoundedReader, signature: bytes, header: _Extensible) -> None:
    if struct.unpack("<4sBBQ", reader.read(14)) != (signature, 0, header.client, header.address):
        raise ValueError("its chunk index (an extensible array) is damaged")


def _addresses(reader: BoundedReader, count: int) -> tuple[int, ...]:
    return struct.unpack(f"<{count}Q", reader.read(8 * count))


def _super_block(reader: BoundedReader, header: _Extensible, address: int, number: int) -> tuple[int, ...]:
    if address == UNDEFINED:
        return (UNDEFINED,) * number
    reader.seek(address)
    _expect(reader, b"EASB", header)
    reader.read(-(-header.bits // 8))
    return _addresses(reader, number)


def _data_block(reader: BoundedReader, header: _Extensible, address: int, wanted: int, size: int) -> bytes:
    if address == UNDEFINED:
        return b"\xff" * (wanted * header.width)
    if size > header.page:
        raise NotImplementedError("it has more chunks than are read in this layout; rewrite it with larger chunks")
    reader.seek(address)
    _expect(reader, b"EADB", header)
    reader.read(-(-header.bits // 8))
    return reader.read(wanted * header.width)
