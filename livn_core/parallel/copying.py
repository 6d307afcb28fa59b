"""Copying many pieces of arrays: few long ones as slices, many short ones element by element, those between in C.

numpy has nothing between a slice, which costs as much as hundreds of elements, and an index for each element, which
costs more than the element. MPI's datatypes describe pieces, and copy them one after the other.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from livn_core.h5file import AnyArray
from livn_core.parallel.ranks import as_plain
from livn_core.parallel.shares import Places

_WORTH_A_SLICE = 2048
"""Elements in a piece, on average, from which on slices are fastest, as measured."""

_WORTH_A_TYPE = 64
"""Elements in a piece, on average, from which on it pays to have MPI copy it, as measured."""


def copy_places(values: Sequence[AnyArray], places: Places, targets: Places, into: Sequence[AnyArray]) -> None:
    """Copy elements of several arrays to other positions in as many others.

    Parameters
    ----------
    values, into
        1-D, contiguous; each pair of the same dtype.
    places, targets
        Positions in all of ``values`` and all of ``into``: as many.
    """
    mpi = sys.modules.get("mpi4py.MPI")  # there if several ranks are; livn-core itself never imports it
    if (
        mpi is not None
        and mpi.Is_initialized()
        and _WORTH_A_TYPE <= min(places.length, targets.length) < _WORTH_A_SLICE
    ):
        for width in {one.itemsize for one in values}:
            same = [(one, other) for one, other in zip(values, into, strict=True) if one.itemsize == width]
            _copy_by_type(mpi, width, same, places, targets)
        return
    for one, other in zip(values, into, strict=True):
        _copy(one, places, targets, other)


def pack_places(values: Sequence[AnyArray], places: Places, buffers: Sequence[AnyArray]) -> list[AnyArray]:
    """The elements of several arrays at some positions: parts of the arrays, or of the buffers, copied there."""
    begin, size = places.begin, places.size
    if begin is not None:
        return [one[begin : begin + size] for one in values]
    # What has several owners is sent several times, and may then be more than was read.
    packed = [one[:size] if one.size >= size else np.empty(size, one.dtype) for one in buffers]
    copy_places(values, places, Places.first(size), packed)
    return packed


def _copy(values: AnyArray, places: Places, targets: Places, into: AnyArray) -> None:
    if targets.begin is not None:
        _take(values, places, into[targets.begin : targets.begin + targets.size])
    elif places.begin is not None:
        _put(into, targets, values[places.begin : places.begin + places.size])
    else:
        taken = np.empty(places.size, values.dtype)
        _take(values, places, taken)
        _put(into, targets, taken)


def _take(values: AnyArray, places: Places, out: AnyArray) -> None:
    if places.begin is not None:
        out[...] = values[places.begin : places.begin + places.size]
    elif places.length >= _WORTH_A_SLICE:
        np.concatenate([values[piece] for piece in places.slices], out=out)
    else:
        np.take(values, places.index, out=out, mode="clip")  # any other mode copies out first


def _put(into: AnyArray, targets: Places, values: AnyArray) -> None:
    if targets.length < _WORTH_A_SLICE:
        into[targets.index] = values
        return
    at = 0
    for piece in targets.slices:
        into[piece] = values[at : at + piece.stop - piece.start]
        at += piece.stop - piece.start


def _copy_by_type(
    mpi: Any, width: int, pairs: Sequence[tuple[AnyArray, AnyArray]], places: Places, targets: Places
) -> None:
    plain = {1: mpi.UINT8_T, 2: mpi.UINT16_T, 4: mpi.UINT32_T, 8: mpi.UINT64_T}[width]
    source, target = _type_of(plain, width, places), _type_of(plain, width, targets)
    try:
        for one, other in pairs:
            # A collective call of this rank alone, which no message of the program can be mistaken for.
            mpi.COMM_SELF.Alltoallw([as_plain(one), [1], [0], [source]], [as_plain(other), [1], [0], [target]])
    finally:
        source.Free()
        target.Free()


def _type_of(plain: Any, width: int, places: Places) -> Any:
    lengths = (places.stops - places.starts).astype(np.intc)
    return plain.Create_hindexed(lengths, (places.starts * width).astype(np.intp)).Commit()
