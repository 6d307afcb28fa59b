"""Several arrays in one answer, in the safetensors format: a JSON header, and the arrays' bytes.

Eight bytes give the header's length; the header gives type, shape and place of each array, and texts under
``__metadata__``. Everything is little-endian. Any reader of safetensors reads it, and a page needs a dozen lines.
Source: the format's own description (huggingface/safetensors, README, "Format").
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from livn_core.errors import FormatError
from livn_core.h5file import AnyArray

MEDIA_TYPE = "application/vnd.safetensors"
_CODES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U32": "<u4", "U16": "<u2", "U8": "|u1"}
_CODE_OF = {np.dtype(kind): code for code, kind in _CODES.items()}
_LENGTH = 8
_METADATA = "__metadata__"


def pack(arrays: Mapping[str, AnyArray], texts: Mapping[str, str]) -> bytes:
    """Put arrays and texts together.

    Parameters
    ----------
    arrays
        Of float64, float32, int64, int32, uint32, uint16 or uint8, of any shape.
    texts
        What describes them.

    Returns
    -------
    bytes
        Largest items first, so that each array begins at a multiple of its item's size.
    """
    plain = {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}
    ordered = sorted(plain, key=lambda name: (-plain[name].itemsize, name))
    header: dict[str, Any] = {_METADATA: dict(texts)}
    at = 0
    for name in ordered:
        array = plain[name]
        header[name] = {
            "dtype": _CODE_OF[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [at, at + array.nbytes],
        }
        at += array.nbytes
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    head += b" " * (-len(head) % _LENGTH)
    return b"".join([len(head).to_bytes(_LENGTH, "little"), head, *(plain[name].tobytes() for name in ordered)])


def unpack(data: bytes, place: str = "answer") -> tuple[dict[str, AnyArray], dict[str, str]]:
    """Take apart what :func:`pack` put together.

    Parameters
    ----------
    data
        All bytes.
    place
        Where they come from, for messages.

    Returns
    -------
    arrays, texts
        Read-only arrays over ``data``; and what describes them.

    Raises
    ------
    FormatError
        The bytes are cut off, or no such thing.
    """
    try:
        start = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
        header = json.loads(data[_LENGTH:start])
        texts = header.pop(_METADATA, {})
        return {name: _array(data, start, one) for name, one in header.items()}, texts
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(place, "/", f"is no answer of arrays, or is cut off: {error}") from error


def _array(data: bytes, start: int, one: Mapping[str, Any]) -> AnyArray:
    dtype = np.dtype(_CODES[one["dtype"]])
    begin, end = one["data_offsets"]
    count = math.prod(one["shape"])
    if end - begin != count * dtype.itemsize:
        raise ValueError(f"{end - begin} bytes are not {count} elements")
    found: AnyArray = np.frombuffer(data, dtype, count, start + begin).reshape(one["shape"])
    return found
