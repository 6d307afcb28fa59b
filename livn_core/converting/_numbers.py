"""Numbers of any width in the types that neuroh5 reads, so that they can be had back bit for bit.

neuroh5 reads float32 and integers of up to 32 bits. A float64 becomes its nearest float32, which is what everybody
sees, and, where that is not exact, a second array: how many float64 lie between the two, which fits into an int32
wherever float32 has the range. What has no such form, such as a number beyond 2**32, is kept as two words of 32 bits.
"""

from __future__ import annotations

from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.h5file import AnyArray

Mode = Literal["plain", "near", "words"]
NEAR, LOW, HIGH = "ulp", "low", "high"
"""What the extra arrays are called: distance from the float32, lower and upper word."""

STORED = {"bool": "uint8", "int8": "int16", "float16": "float32"}
"""Narrow types that are widened; int8 because neuroh5 0.2.0 reads int8 edge attributes wrongly."""


def is_number(dtype: np.dtype[Any]) -> bool:
    """Whether values of a type can be kept here."""
    return dtype.kind in "biu" or dtype in (np.float16, np.float32, np.float64)


@attrs.frozen
class Extent:
    """What some values need: the types they had, their range, and how well float32 holds them."""

    dtypes: frozenset[str]
    low: int = 0
    high: int = 0
    exact: bool = True
    near: bool = True

    def __or__(self, other: Extent) -> Extent:
        return Extent(
            self.dtypes | other.dtypes,
            min(self.low, other.low),
            max(self.high, other.high),
            self.exact and other.exact,
            self.near and other.near,
        )

    @property
    def floating(self) -> bool:
        """Whether any of the types is a floating one."""
        return any(np.dtype(one).kind == "f" for one in self.dtypes)


def extent_of(values: AnyArray) -> Extent:
    """Look at values, to know in which form they can be kept."""
    dtype = frozenset({values.dtype.name})
    if not values.size:
        return Extent(dtype)
    if values.dtype.kind != "f":
        low, high = int(values.min()), int(values.max())
        return Extent(dtype, low, high, exact=low >= -(2**24) and high <= 2**24, near=low >= -(2**53) and high <= 2**53)
    if values.dtype.itemsize < 8:
        return Extent(dtype)
    distance = _distance(values, _nearest(values))
    return Extent(dtype, exact=not distance.any(), near=bool(((distance > -(2**31)) & (distance < 2**31)).all()))


@attrs.frozen
class Form:
    """How values of one attribute are stored."""

    dtype: np.dtype[Any]
    """Type of the array that everybody sees; of a number in words, the type it has when it is put together."""
    mode: Mode = "plain"

    @classmethod
    def of(cls, extent: Extent) -> Form:
        """The plainest form in which nothing of the values is lost."""
        if extent.floating:
            mode: Mode = "plain" if extent.exact else "near" if extent.near else "words"
            return cls(np.dtype(np.float64 if mode == "words" else np.float32), mode)
        common = np.result_type(*(np.dtype(STORED.get(one, one)) for one in sorted(extent.dtypes)))
        if common.kind in "iu" and common.itemsize <= 4:
            return cls(common)
        for narrow in (np.dtype(np.int32), np.dtype(np.uint32)):
            if np.iinfo(narrow).min <= extent.low and extent.high <= np.iinfo(narrow).max:
                return cls(narrow)
        return cls(np.dtype(np.int64 if extent.high < 2**63 else np.uint64), "words")

    @property
    def wide(self) -> np.dtype[Any]:
        """The type to put values into before they are split."""
        return np.dtype(np.float64) if self.mode == "near" else self.dtype

    @property
    def missing(self) -> float | int:
        """What stands where there is no value: NaN, -1, or, of an unsigned type, the largest."""
        if self.dtype.kind == "f":
            return float("nan")
        return -1 if self.dtype.kind == "i" else int(np.iinfo(self.dtype).max)

    def split(self, values: AnyArray) -> dict[str, AnyArray]:
        """The arrays to store: the visible one under ``""``, and what else there is.

        Parameters
        ----------
        values
            Of type :attr:`wide`.
        """
        if self.mode == "plain":
            return {"": values.astype(self.dtype, copy=False)}
        if self.mode == "near":
            nearest = _nearest(values)
            return {"": nearest, NEAR: _distance(values, nearest).astype(np.int32)}
        bits = np.ascontiguousarray(values).view(np.uint64)
        words = {LOW: (bits & np.uint64(2**32 - 1)).astype(np.uint32), HIGH: (bits >> np.uint64(32)).astype(np.uint32)}
        return words if self.dtype.kind != "f" else {"": _nearest(values), **words}


def joined(parts: dict[str, AnyArray], dtype: np.dtype[Any]) -> AnyArray:
    """Put arrays of :meth:`Form.split` together again.

    Parameters
    ----------
    parts
        What was stored.
    dtype
        The type that the values had.
    """
    if LOW in parts:
        bits = parts[LOW].astype(np.uint64) | (parts[HIGH].astype(np.uint64) << np.uint64(32))
        wide = np.float64 if "" in parts else np.uint64 if dtype.kind == "u" else np.int64
        return bits.view(wide).astype(dtype, copy=False)
    if NEAR in parts:
        bits64 = parts[""].astype(np.float64).view(np.int64) + parts[NEAR]
        return bits64.view(np.float64).astype(dtype, copy=False)
    return parts[""].astype(dtype, copy=False)


def _nearest(values: AnyArray) -> npt.NDArray[np.float32]:
    with np.errstate(all="ignore"):
        return values.astype(np.float32)


def _distance(values: AnyArray, nearest: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """How many float64 lie between a value and its float32: an int64, where it wraps around far too large as well."""
    with np.errstate(all="ignore"):
        return np.ascontiguousarray(values).view(np.int64) - nearest.astype(np.float64).view(np.int64)
