"""Undoing what was done to a chunk before it was written: deflate, shuffle and the Fletcher checksum.

Every step knows how many bytes must come out and never makes more, so a damaged or hostile chunk costs no memory.
Section IV.A.2.l of the HDF5 file format specification.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from livn_pyfive.inflate import Buffer, DoesNotInflate, inflate

DEFLATE, SHUFFLE, FLETCHER32 = 1, 2, 3
_KNOWN = frozenset({DEFLATE, SHUFFLE, FLETCHER32})
# The best that deflate can do: 258 bytes from two bits.
MAX_DEFLATE_RATIO = 1032
_CHECKSUM = 4
# Filters up to this number have no name in a description of version 2.
_LAST_BUILT_IN = 255
_FLETCHER_WORDS = 1 << 20


class DamagedChunk(Exception):
    """A chunk's bytes do not decode, or not to the right length."""


@attrs.frozen
class Filter:
    """One step of the pipeline: its number, and for shuffle the element size in bytes."""

    number: int
    width: int = 1


def parse_pipeline(message: bytes | None, itemsize: int) -> tuple[Filter, ...]:
    """The steps in the order in which they were applied, from the message of an object header.

    Raises
    ------
    NotImplementedError
        A filter that is none of deflate, shuffle and Fletcher32, or deflate more than once: nothing says then how much
        may come out of the one in between.
    """
    steps = []
    for number, values in _described(message) if message is not None else ():
        if number not in _KNOWN:
            raise NotImplementedError(f"its filter number {number} is not read; rewrite it with gzip")
        width = values[0] if number == SHUFFLE and values else itemsize
        if width < 1:
            raise ValueError("its shuffle filter has no element size")
        steps.append(Filter(number, width))
    if sum(step.number == DEFLATE for step in steps) > 1:
        raise NotImplementedError("it is compressed with gzip more than once; rewrite it with gzip once")
    return tuple(steps)


def _described(message: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Number and parameters of each filter."""
    version, count = struct.unpack_from("<BB", message)
    if version not in (1, 2):
        raise NotImplementedError(f"its filters are described in the unknown version {version}")
    at = 8 if version == 1 else 2
    for _ in range(count):
        (number,) = struct.unpack_from("<H", message, at)
        name = 0
        if version == 1 or number > _LAST_BUILT_IN:
            (name,) = struct.unpack_from("<H", message, at + 2)
            at += 2
        _, parameters = struct.unpack_from("<HH", message, at + 2)
        at += 6 + (-(-name // 8) * 8 if version == 1 else name)
        yield number, struct.unpack_from(f"<{parameters}I", message, at)
        at += 4 * (parameters + parameters % 2 if version == 1 else parameters)


def decode_chunk(data: Buffer, steps: Sequence[Filter], mask: int, size: int) -> Buffer:
    """Undo the filters.

    Parameters
    ----------
    data
        The chunk as it is in the file.
    steps
        The pipeline in the order in which it was applied.
    mask
        Bit *i* set: step *i* was left out for this chunk.
    size
        How many bytes the chunk has to have in the end.

    Raises
    ------
    DamagedChunk
        It has not.
    """
    active = [step for number, step in enumerate(steps) if not mask >> number & 1]
    # Each checksum that is still on adds its bytes to what comes out of the steps before it.
    checksums = [sum(step.number == FLETCHER32 for step in active[:number]) for number in range(len(active))]
    for step, before in zip(reversed(active), reversed(checksums), strict=True):
        if step.number == DEFLATE:
            data = _inflate(data, size + _CHECKSUM * before)
        elif step.number == SHUFFLE:
            data = unshuffle(data, step.width)
        else:
            data = _verify(data)
    if len(data) != size:
        raise DamagedChunk(f"a chunk has {len(data)} bytes instead of {size}")
    return data


def _inflate(data: Buffer, size: int) -> bytes:
    try:
        return inflate(data, size)
    except DoesNotInflate as error:
        raise DamagedChunk(f"a chunk {error}") from error


def unshuffle(data: Buffer, width: int) -> Buffer:
    """Put the bytes of each element side by side again; a remainder at the end stays as it is."""
    count, rest = divmod(len(data), width)
    if width == 1 or count < 2:
        return data
    result = np.empty(len(data), np.uint8)
    unshuffle_into(data, width, count, 0, result[: count * width].reshape(count, width))
    if rest:
        result[-rest:] = np.frombuffer(data, np.uint8)[-rest:]
    return result.data


def unshuffle_into(data: Buffer, width: int, count: int, start: int, target: npt.NDArray[np.uint8]) -> None:
    """Write elements ``start`` and following of a shuffled chunk as the rows of ``target``.

    Parameters
    ----------
    data
        ``count`` elements: first the first byte of each, then the second byte of each, and so on.
    width
        Size of an element, in bytes.
    count
        Number of elements in the chunk.
    start
        The first that is wanted.
    target
        uint8 (wanted, width).
    """
    planes = np.frombuffer(data, np.uint8, count * width).reshape(width, count)[:, start : start + len(target)]
    for number in range(width):
        target[:, number] = planes[number]


def _verify(data: Buffer) -> memoryview:
    if len(data) < _CHECKSUM:
        raise DamagedChunk("a chunk is too short for its checksum")
    body = memoryview(data)[:-_CHECKSUM]
    stored = int.from_bytes(memoryview(data)[-_CHECKSUM:], "little")
    sums = fletcher32(body)
    # HDF5 before 1.6.3 swapped the bytes of each sum on little-endian machines, and takes such chunks until today.
    swapped = (stored & 0xFF00FF) << 8 | stored >> 8 & 0xFF00FF
    if sums not in (_halves(stored), _halves(swapped)):
        raise DamagedChunk("a chunk does not match its checksum")
    return body


def _halves(checksum: int) -> tuple[int, int]:
    # Modulo 65535 both 0 and 65535 stand for zero.
    return (checksum & 0xFFFF) % 65535, (checksum >> 16) % 65535


def fletcher32(data: Buffer) -> tuple[int, int]:
    """Both sums of the checksum, modulo 65535, as HDF5's ``H5_checksum_fletcher32`` makes them."""
    view = memoryview(data)
    even = len(view) // 2 * 2
    words = np.frombuffer(view[:even], ">u2")
    low = high = 0
    for start in range(0, len(words), _FLETCHER_WORDS):
        block = words[start : start + _FLETCHER_WORDS].astype(np.int64)
        high = (high + low * len(block) + int(block @ np.arange(len(block), 0, -1, dtype=np.int64))) % 65535
        low = (low + int(block.sum())) % 65535
    if len(view) > even:
        low = (low + (view[even] << 8)) % 65535
        high = (high + low) % 65535
    return low, high
