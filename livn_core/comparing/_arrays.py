"""Compare two arrays that come in pieces, however each of them was cut."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs
import numpy as np

from livn_core.h5file import AnyArray


@attrs.frozen
class Unequal:
    """How two arrays of one length and dtype differ."""

    count: int
    """How many elements."""
    at: int
    """Position of the first of them."""
    one: object
    other: object
    """What stands there in either array."""


def unequal(one: Iterable[AnyArray], other: Iterable[AnyArray]) -> Unequal | None:
    """Compare bit for bit; ``None`` where nothing differs."""
    count, at, first = 0, 0, None
    for left, right in _aligned(iter(one), iter(other)):
        wrong = np.flatnonzero(_bits(left) != _bits(right))
        if wrong.size and first is None:
            here = int(wrong[0])
            first = (at + here, left[here].item(), right[here].item())
        count += wrong.size
        at += left.size
    return None if first is None else Unequal(count, *first)


def _bits(values: AnyArray) -> AnyArray:
    """Values as integers of their width: so not-a-number equals itself, and -0.0 is not 0.0."""
    return np.ascontiguousarray(values).view(f"u{values.dtype.itemsize}")


def _aligned(one: Iterator[AnyArray], other: Iterator[AnyArray]) -> Iterator[tuple[AnyArray, AnyArray]]:
    left, right = next(one, None), next(other, None)
    while left is not None and right is not None:
        size = min(left.size, right.size)
        yield left[:size], right[:size]
        left = left[size:] if left.size > size else next(one, None)
        right = right[size:] if right.size > size else next(other, None)


@attrs.frozen
class OtherRows:
    """How two assignments of elements to cells differ."""

    only_one: int
    only_other: int
    """Cells that only one of them has."""
    resized: int
    """Cells that have another number of elements."""
    gid: int
    """The first cell of all these."""


def other_rows(one: tuple[AnyArray, AnyArray], other: tuple[AnyArray, AnyArray]) -> OtherRows:
    """Compare gids and numbers of elements, each ``(int64 (n,), int64 (n,))``, ascending by gid."""
    only_one = np.setdiff1d(one[0], other[0], assume_unique=True)
    only_other = np.setdiff1d(other[0], one[0], assume_unique=True)
    both, left, right = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    resized = both[one[1][left] != other[1][right]]
    first = min(int(some[0]) for some in (only_one, only_other, resized) if some.size)
    return OtherRows(only_one.size, only_other.size, resized.size, first)
