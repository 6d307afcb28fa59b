"""What the object header of a dataset says about its data: extent, type, layout, filters, fill value.

pyfive's own readers of these messages do not see committed types, and forgive what they should refuse.
Section IV.A.2 of the HDF5 file format specification.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import attrs

from livn_pyfive.datatype import Dtype, UnsupportedType, parse_datatype

DATASPACE, LINK_INFO, DATATYPE, OLD_FILL, FILL, LINK, EXTERNAL, LAYOUT, PIPELINE, SYMBOL_TABLE = (
    1, 2, 3, 4, 5, 6, 7, 8, 11, 17,
)  # fmt: skip
UNDEFINED = 0xFFFFFFFFFFFFFFFF
_UNLIMITED = UNDEFINED
_SHARED = 2
SINGLE, IMPLICIT, FIXED_ARRAY, EXTENSIBLE_ARRAY = 1, 2, 3, 4
# Of how many bytes that say how it was made each of these indexes is preceded.
_PARAMETERS = {SINGLE: 0, IMPLICIT: 0, FIXED_ARRAY: 1, EXTENSIBLE_ARRAY: 5}
_EARLY = 1
_EDGE_UNFILTERED, _SINGLE_FILTERED = 1, 2


Place: TypeAlias = tuple[int, int, int, int]
"""Of a message: its type, where its body begins in the data of the header, the length of that, and its flags."""


class Messages:
    """The messages of one object header.

    Parameters
    ----------
    data
        The bytes of all messages.
    places
        Where they are.
    """

    def __init__(self, data: bytes, places: Sequence[Place]) -> None:
        self._data = data
        self._places = places
        self._found: dict[int, Place] = {}
        for place in places:
            self._found.setdefault(place[0], place)

    def __contains__(self, kind: int) -> bool:
        return kind in self._found

    def get(self, kind: int) -> bytes | None:
        """The body of the first message of a type."""
        if kind not in self._found:
            return None
        _, start, size, _ = self._found[kind]
        return self._data[start : start + size]

    def every(self, kind: int) -> Iterator[bytes]:
        """The bodies of all messages of a type."""
        for one, start, size, _ in self._places:
            if one == kind:
                yield self._data[start : start + size]

    def is_shared(self, kind: int) -> bool:
        """Whether that message is but a reference to another object."""
        return kind in self._found and bool(self._found[kind][3] & _SHARED)

    def own(self, kind: int, what: str) -> bytes | None:
        """The body of the first message of a type, of which a reference to another object is not followed."""
        if self.is_shared(kind):
            raise NotImplementedError(f"its {what} is kept outside it, shared with others; copy it into a new file")
        return self.get(kind)


def read_dtype(messages: Messages, committed: Callable[[int], Messages]) -> Dtype:
    """The datatype, in the file's byte order; ``committed`` finds the object that a shared message refers to."""
    body = messages.get(DATATYPE)
    if body is None:
        raise UnsupportedType("it has no datatype")
    if messages.is_shared(DATATYPE):
        target = committed(_shared_address(body))
        body = target.get(DATATYPE)
        if body is None or target.is_shared(DATATYPE):
            raise UnsupportedType("its datatype refers to an object that is no datatype")
    return parse_datatype(body)


def _shared_address(body: bytes) -> int:
    version, kind = struct.unpack_from("<BB", body)
    if version == 3 and kind != 2:
        raise UnsupportedType("its datatype is kept in the file's table of shared messages")
    if version not in (1, 2, 3):
        raise UnsupportedType(f"its datatype is shared in the unknown version {version}")
    (address,) = struct.unpack_from("<Q", body, 8 if version == 1 else 2)
    return int(address)


def read_shape(messages: Messages) -> tuple[int, ...]:
    """The extent; an empty (null) dataspace counts as no elements."""
    body = messages.get(DATASPACE)
    if body is None or messages.is_shared(DATASPACE):
        raise ValueError("it has no dataspace of its own")
    version, rank, flags = struct.unpack_from("<BBB", body)
    if version not in (1, 2) or rank > 32:
        raise ValueError(f"its dataspace has the unknown version {version} or too many dimensions")
    if version == 2 and body[3] == 2:
        return (0,)
    at = 8 if version == 1 else 4
    shape = struct.unpack_from(f"<{rank}Q", body, at)
    if flags & 1:
        limits = struct.unpack_from(f"<{rank}Q", body, at + 8 * rank)
        if any(limit != _UNLIMITED and size > limit for size, limit in zip(shape, limits, strict=True)):
            raise ValueError(f"its shape {shape} is larger than its maximum {limits}")
    return tuple(shape)


@attrs.frozen
class Layout:
    """Where a dataset's elements are; one of the three fields is set, or none where nothing was ever written."""

    compact: bytes | None = None
    """The elements themselves."""
    contiguous: tuple[int, int] | None = None
    """Address and length in bytes."""
    chunked: Chunking | None = None
    """How the chunks are found."""


@attrs.frozen
class Chunking:
    """The shape of a dataset's chunks and the root of their index."""

    shape: tuple[int, ...]
    """Chunk shape, in elements."""
    itemsize: int
    """Size of an element in bytes."""
    index: int | None
    """Address of the index; ``None`` where no chunk was ever written."""
    kind: int = 0
    """0 a version 1 B-tree, else the number of the index type in a layout of version 4 or 5."""
    filtered_single: tuple[int, int] | None = None
    """Size in bytes and filter mask of a single filtered chunk, which has no index."""
    edge_unfiltered: bool = False
    """Whether a last chunk that the extent only begins was written without filters; no mask says so."""


def read_layout(messages: Messages) -> Layout:
    """Read the layout message.

    Raises
    ------
    NotImplementedError
        The data lie in another file, or in a way that is not read here.
    """
    body = messages.get(LAYOUT)
    if body is None:
        raise ValueError("it has no layout")
    if EXTERNAL in messages:
        raise NotImplementedError("its data lie in another file")
    version = body[0]
    if version in (1, 2):
        return _old_layout(body)
    if version in (3, 4, 5):
        return _new_layout(body, version)
    raise NotImplementedError(f"its layout has the unknown version {version}")


def _old_layout(body: bytes) -> Layout:
    _, rank, kind = struct.unpack_from("<BBB", body)
    if kind == 0:
        dims = struct.unpack_from(f"<{rank}I", body, 8)
        (size,) = struct.unpack_from("<I", body, 8 + 4 * len(dims))
        return Layout(compact=exactly(body, 12 + 4 * rank, size, "compact data"))
    (address,) = struct.unpack_from("<Q", body, 8)
    dims = struct.unpack_from(f"<{rank}I", body, 16)
    if kind == 1:
        return Layout() if address == UNDEFINED else Layout(contiguous=(address, -1))
    if kind == 2:
        return Layout(chunked=Chunking(dims[:-1], dims[-1], None if address == UNDEFINED else address))
    raise NotImplementedError(f"its layout has the unknown class {kind}")


def _new_layout(body: bytes, version: int) -> Layout:
    kind = body[1]
    if kind == 0:
        (size,) = struct.unpack_from("<H", body, 2)
        return Layout(compact=exactly(body, 4, size, "compact data"))
    if kind == 1:
        address, size = struct.unpack_from("<QQ", body, 2)
        return Layout() if address == UNDEFINED else Layout(contiguous=(address, size))
    if kind == 2:
        return Layout(chunked=_chunking(body) if version == 3 else _chunking_v4(body))
    raise NotImplementedError(f"its layout has the unknown class {kind}")


def exactly(body: bytes, start: int, size: int, what: str) -> bytes:
    """A part of a message, of so many bytes."""
    data = body[start : start + size]
    if len(data) != size:
        raise ValueError(f"its {what} are cut off")
    return data


def _chunking(body: bytes) -> Chunking:
    rank, address = struct.unpack_from("<BQ", body, 2)
    dims = struct.unpack_from(f"<{rank}I", body, 11)
    return Chunking(dims[:-1], dims[-1], None if address == UNDEFINED else address)


def _chunking_v4(body: bytes) -> Chunking:
    flags, rank, width = struct.unpack_from("<BBB", body, 2)
    at = 5 + rank * width
    dims = tuple(int.from_bytes(body[i : i + width], "little") for i in range(5, at, width))
    kind = body[at]
    at += 1
    single: tuple[int, int] | None = None
    if kind == SINGLE and flags & _SINGLE_FILTERED:
        single = struct.unpack_from("<QI", body, at)
        at += 12
    elif kind not in _PARAMETERS:
        raise NotImplementedError(f"its chunks are indexed in the unknown way {kind}")
    else:
        at += _PARAMETERS[kind]
    (address,) = struct.unpack_from("<Q", body, at)
    index = None if address == UNDEFINED else address
    return Chunking(dims[:-1], dims[-1], index, kind, single, bool(flags & _EDGE_UNFILTERED))


@attrs.frozen
class Fill:
    """What elements read as that were never written."""

    value: bytes = b""
    """One element in the file's byte order; empty for zeros."""
    early: bool = False
    """Whether all space was allocated when the dataset was made, so that nothing can be missing."""


def read_fill(messages: Messages) -> Fill:
    """Read the fill value message, new or old."""
    body = messages.own(FILL, "fill value")
    if body is None:
        old = messages.own(OLD_FILL, "fill value")
        return Fill() if old is None else Fill(_sized(old, 0))
    version = body[0]
    if version == 3:
        return Fill(_sized(body, 2) if body[1] & 0x20 else b"", body[1] & 3 == _EARLY)
    if version in (1, 2):
        return Fill(_sized(body, 4) if body[3] else b"", body[1] == _EARLY)
    raise ValueError(f"its fill value has the unknown version {version}")


def _sized(body: bytes, at: int) -> bytes:
    (size,) = struct.unpack_from("<I", body, at)
    return body[at + 4 : at + 4 + size]
