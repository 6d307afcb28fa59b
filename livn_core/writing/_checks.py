"""Checks of what the writer is given: each says where, what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.h5file import AnyArray, IntArray

STORABLE = ("float32", "uint8", "int8", "uint16", "int16", "uint32", "int32")
"""The dtypes that neuroh5 reads; it crashes on a float64 and refuses 64-bit integers."""


@attrs.frozen
class Range:
    """The gids of one population: ``start`` to ``start + count``, and the index that stands for it in the file."""

    name: str
    start: int
    count: int
    index: int = 0


def checked_name(name: object, what: str) -> str:
    """Return a name that can be one link of an HDF5 path."""
    if not isinstance(name, str) or name in {"", ".", ".."} or "/" in name or "\0" in name:
        raise InvalidArgumentError(f"{name!r} cannot be the name of {what}: it must be text without '/' and not empty")
    return name


def checked_integer(value: object, what: str) -> int:
    """Return a whole number that is no bool."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | np.integer):
        raise InvalidTypeError(f"{what} must be a whole number, not {value!r}")
    return int(value)


@attrs.frozen(eq=False)
class Stream:
    """Values that come in pieces, so that they need not fit into memory; in a ``values`` instead of an array."""

    dtype: np.dtype[Any]
    size: int
    """Number of elements in all pieces together."""
    pieces: Iterable[AnyArray]


def checked_values(values: npt.ArrayLike, where: str, any_dtype: bool = False) -> AnyArray:
    """Return 1-D values of a dtype that neuroh5 reads, or with ``any_dtype`` any number."""
    array = np.asarray(values)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.ndim != 1:
        raise InvalidArgumentError(f"{where}: the values have {array.ndim} dimensions, but must have 1")
    check_dtype(array.dtype, where, any_dtype)
    return array


def check_dtype(dtype: np.dtype[Any], where: str, any_dtype: bool) -> None:
    """Refuse a dtype that neuroh5 cannot read, or with ``any_dtype`` what is no number."""
    if dtype.name not in STORABLE and not (any_dtype and dtype.kind in "iuf"):
        raise InvalidTypeError(
            f"{where}: neuroh5 cannot read {dtype}; convert the values to one of {', '.join(STORABLE)}"
        )


def checked_pointer(pointer: npt.ArrayLike, rows: int, size: int, where: str) -> IntArray:
    """Return a row pointer that rises from 0 to ``size`` in ``rows`` steps."""
    array = integers(pointer, f"{where}: the pointer")
    if array.size != rows + 1:
        raise InvalidArgumentError(f"{where}: the pointer has {array.size} entries, but {rows} cells need {rows + 1}")
    if array[0] != 0 or array[-1] != size or np.any(np.diff(array) < 0):
        raise InvalidArgumentError(f"{where}: the pointer must rise from 0 to the number of values, {size}")
    return array


def relative(gids: npt.ArrayLike, population: Range, where: str) -> npt.NDArray[np.uint32]:
    """Turn gids into indices relative to their population, as the file holds them."""
    array = integers(gids, f"{where}: the gids")
    outside = (array < population.start) | (array >= population.start + population.count)
    if outside.any():
        raise InvalidArgumentError(
            f"{where}: gid {array[outside][0]} is outside population {population.name!r}, whose gids are "
            f"{population.start} to {population.start + population.count - 1}"
        )
    return (array - population.start).astype(np.uint32)


def integers(values: npt.ArrayLike, what: str) -> IntArray:
    """Return a 1-D array of whole numbers as int64."""
    array: npt.NDArray[Any] = np.asarray(values)
    if array.ndim != 1:
        raise InvalidArgumentError(f"{what} must be 1-D, not of shape {array.shape}")
    if array.size and array.dtype.kind not in "iu":
        raise InvalidTypeError(f"{what} must be whole numbers, not {array.dtype}")
    return array.astype(np.int64, copy=False)
