"""HDF5 datatype messages as numpy dtypes.

pyfive has a parser of its own, which cannot be used here: it does not follow a dataset's reference to a committed
type, which is how neuroh5 stores ``/H5Types/Valid population projections``, and it goes on reading in the wrong place
after an enum inside a compound. This one knows what a NeuroH5 file may hold, and refuses the rest.

The layout of the bytes is in section IV.A.2.d of the HDF5 file format specification.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

import numpy as np

Dtype = np.dtype[Any]

_INTEGER, _FLOAT, _COMPOUND, _ENUM = 0, 1, 6, 8
_CLASS_NAMES = {
    2: "time",
    3: "fixed-length string",
    4: "bit field",
    5: "opaque",
    7: "reference",
    9: "variable length",
    10: "array",
    11: "complex",
}
# precision, exponent location and size, mantissa location and size, exponent bias, sign location: IEEE 754 alone.
_IEEE = {
    2: (0, 16, 10, 5, 0, 10, 15, 15),
    4: (0, 32, 23, 8, 0, 23, 127, 31),
    8: (0, 64, 52, 11, 0, 52, 1023, 63),
}
_MAX_DEPTH = 16


class UnsupportedType(Exception):
    """The datatype is none that a NeuroH5 file holds, or its description is damaged."""


@lru_cache(maxsize=256)
def parse_datatype(message: bytes) -> Dtype:
    """Turn a datatype message into a dtype in the file's byte order, an enum's labels in its metadata.

    Raises
    ------
    UnsupportedType
        Neither an integer of 8 to 64 bits, an IEEE float of 16 to 64, an enum, nor a compound of these.
    """
    try:
        return _Parser(message).read(0)
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise UnsupportedType(f"the description of its datatype is damaged ({error})") from error


class _Parser:
    """Reads one message from front to back."""

    def __init__(self, message: bytes) -> None:
        self._data = message
        self._at = 0

    def read(self, depth: int) -> Dtype:
        if depth > _MAX_DEPTH:
            raise UnsupportedType("its datatype is nested too deeply")
        first, b0, b1, b2, size = self._take("<BBBBI")
        version, kind = first >> 4, first & 0x0F
        bits = b0 | b1 << 8 | b2 << 16
        if not 1 <= version <= 5:
            raise UnsupportedType(f"its datatype has the unknown version {version}")
        if kind == _INTEGER:
            return self._integer(bits, size)
        if kind == _FLOAT:
            return self._float(bits, size)
        if kind == _ENUM:
            return self._enum(bits & 0xFFFF, size, version, depth)
        if kind == _COMPOUND:
            return self._compound(bits & 0xFFFF, size, version, depth)
        raise UnsupportedType(f"its datatype is of the class {_CLASS_NAMES.get(kind, str(kind))!r}")

    def _take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def _integer(self, bits: int, size: int) -> Dtype:
        offset, precision = self._take("<HH")
        if size not in (1, 2, 4, 8) or offset or precision != size * 8:
            raise UnsupportedType(f"its datatype is an integer of {precision} bits in {size} bytes")
        return np.dtype(f"{'>' if bits & 1 else '<'}{'i' if bits & 8 else 'u'}{size}")

    def _float(self, bits: int, size: int) -> Dtype:
        described = (*self._take("<HHBBBBI"), bits >> 8 & 0xFF)
        if _IEEE.get(size) != described or bits & 0x40:
            raise UnsupportedType(
                f"its datatype is a float of {size} bytes that is not IEEE 754 half, single or double"
            )
        return np.dtype(f"{'>' if bits & 1 else '<'}f{size}")

    def _name(self, padded: bool) -> str:
        end = self._data.index(b"\0", self._at)
        name = self._data[self._at : end].decode("utf-8")
        length = end + 1 - self._at
        self._at += (length + 7) // 8 * 8 if padded else length
        return name

    def _enum(self, members: int, size: int, version: int, depth: int) -> Dtype:
        base = self.read(depth + 1)
        if base.kind not in "iu" or base.itemsize != size:
            raise UnsupportedType("its datatype is an enum over something that is no integer")
        names = [self._name(padded=version < 3) for _ in range(members)]
        values = np.frombuffer(self._data, base, members, self._at) if members else np.empty(0, base)
        self._at += members * size
        return np.dtype(base, metadata={"enum": dict(zip(names, values.tolist(), strict=True))})

    def _compound(self, members: int, size: int, version: int, depth: int) -> Dtype:
        names: list[str] = []
        formats: list[Dtype] = []
        offsets: list[int] = []
        for _ in range(members):
            names.append(self._name(padded=version < 3))
            offsets.append(self._member_offset(version, size))
            formats.append(self.read(depth + 1))
            if offsets[-1] + formats[-1].itemsize > size:
                raise UnsupportedType(f"field {names[-1]!r} of its datatype does not fit into {size} bytes")
        if not names or len(set(names)) != len(names):
            raise UnsupportedType("its datatype is a compound without fields, or with two of one name")
        return np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})

    def _member_offset(self, version: int, size: int) -> int:
        if version >= 3:
            width = max(1, (size.bit_length() + 7) // 8)
            offset = int.from_bytes(self._data[self._at : self._at + width], "little")
            self._at += width
            return offset
        (offset,) = self._take("<I")
        if version == 1:
            dimensions = self._take("<B3xII4I")[0]
            if dimensions:
                raise UnsupportedType("its datatype is a compound with an array in it")
        return int(offset)


def native(dtype: Dtype) -> Dtype:
    """The same type in this machine's byte order, labels kept."""
    return _rebuild(dtype, keep_labels=True)


def plain(dtype: Dtype) -> Dtype:
    """The same type in this machine's byte order, without labels: ``numpy.save`` warns of metadata."""
    return _rebuild(dtype, keep_labels=False)


def _rebuild(dtype: Dtype, *, keep_labels: bool) -> Dtype:
    if dtype.fields is None or dtype.names is None:
        if dtype.isnative and dtype.metadata is None:
            return dtype
        bare = np.dtype(dtype.str).newbyteorder("=")
        labels = dict(dtype.metadata or {}) if keep_labels else {}
        return np.dtype(bare, metadata=labels) if labels else bare
    fields = [dtype.fields[name] for name in dtype.names]
    return np.dtype(
        {
            "names": list(dtype.names),
            "formats": [_rebuild(field[0], keep_labels=keep_labels) for field in fields],
            "offsets": [field[1] for field in fields],
            "itemsize": dtype.itemsize,
        }
    )
