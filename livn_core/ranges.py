"""Arithmetic on element ranges, and the reading of them from any backend.

Everything is vectorised: a range is a pair ``[start, stop)`` in two int64 arrays, and there may be millions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livn_core.h5file import AnyArray, H5Dataset, H5File, IntArray, Ranges

READ_THROUGH_BYTES = 64 * 1024
"""A gap up to this size is read and thrown away, because a second request costs more."""


def join_adjacent(starts: IntArray, stops: IntArray) -> tuple[IntArray, IntArray]:
    """Join ranges that follow each other without a gap, and drop empty ones; their concatenation stays the same.

    Parameters
    ----------
    starts, stops
        int64, shape (n,): ranges in any order.

    Returns
    -------
    starts, stops
        int64, shape (m,) with m <= n.
    """
    if starts.size == 1 and starts[0] < stops[0]:
        return starts, stops
    filled = stops > starts
    if not filled.all():
        starts, stops = starts[filled], stops[filled]
    if starts.size < 2:
        return starts, stops
    new = np.flatnonzero(starts[1:] != stops[:-1]) + 1
    return starts[np.concatenate(([0], new))], stops[np.concatenate((new - 1, [stops.size - 1]))]


def cover(starts: IntArray, stops: IntArray, gap: int = 0) -> tuple[IntArray, IntArray]:
    """The fewest ascending, disjoint ranges that hold all the given ones, gaps up to ``gap`` elements included.

    Parameters
    ----------
    starts, stops
        int64, shape (n,): non-empty ranges in any order, which may overlap.
    gap
        How many elements between two ranges may be read for nothing.

    Returns
    -------
    starts, stops
        int64, shape (m,) with m <= n, ascending.
    """
    if starts.size < 2:
        return starts, stops
    order = np.argsort(starts, kind="stable")
    starts, reach = starts[order], np.maximum.accumulate(stops[order])
    new = np.flatnonzero(starts[1:] > reach[:-1] + gap) + 1
    return starts[np.concatenate(([0], new))], reach[np.concatenate((new - 1, [reach.size - 1]))]


def repeat(values: AnyArray, counts: IntArray) -> AnyArray:
    """Repeat each value as often as ``counts`` says, on every platform.

    ``np.repeat`` takes counts of the width of a pointer only, which int64 is not in Pyodide: WebAssembly has 32 bits.
    """
    return np.repeat(values, counts.astype(np.intp, copy=False))


def pointer_of(counts: AnyArray) -> IntArray:
    """Where runs of these lengths begin that follow each other, and the end of the last: int64, shape (n + 1,)."""
    pointer = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=pointer[1:])
    return pointer


def element_index(starts: IntArray, stops: IntArray) -> IntArray:
    """Every element's position, range after range.

    Parameters
    ----------
    starts, stops
        int64, shape (n,).

    Returns
    -------
    int64 array, shape (sum of lengths,)
        ``concatenate([arange(a, b) for a, b in zip(starts, stops)])``, without the loop.
    """
    lengths = stops - starts
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if ends.size else 0
    index: IntArray = repeat(starts - (ends - lengths), lengths) + np.arange(total, dtype=np.int64)
    return index


def read_many(file: H5File, requests: Sequence[Ranges]) -> list[AnyArray]:
    """Read ranges of several datasets: by the file's own ``read_many`` where it has one, else by slicing.

    Parameters
    ----------
    file
        An open file.
    requests
        One request for each dataset; the same dataset may be asked for twice.

    Returns
    -------
    list of arrays
        One 1-D array for each request, in the file's dtype (or the request's ``out``): never a view of the file.
    """
    # Asking whether it is a SupportsReadMany takes longer than reading a few edges.
    own = getattr(file, "read_many", None)
    if own is not None:
        found: list[AnyArray] = own(requests)
        return found
    return [read_by_slicing(file[request.path], request) for request in requests]


def read_by_slicing(dataset: H5Dataset, request: Ranges) -> AnyArray:
    """Read one request from anything that can be sliced, in as few slices as pay off."""
    starts, stops = join_adjacent(request.starts, request.stops)
    if starts.size <= 1:
        pieces = [_slice(dataset, a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
        return _deliver(pieces[0] if pieces else dataset[0:0], request)
    gap = READ_THROUGH_BYTES // max(dataset.dtype.itemsize, 1)
    at, end = cover(starts, stops, gap)
    pool = np.concatenate([_slice(dataset, a, b) for a, b in zip(at.tolist(), end.tolist(), strict=True)])
    read = np.searchsorted(at, starts, side="right") - 1
    shift = (np.cumsum(end - at) - end)[read]
    return _deliver(pool[element_index(starts + shift, stops + shift)], request)


def _slice(dataset: H5Dataset, start: int, stop: int) -> AnyArray:
    piece = dataset[start:stop]
    # h5py's interface clips a slice in silence, so a range beyond the end has to be noticed here.
    if piece.shape != (stop - start,):
        raise IndexError(f"asked for elements {start} to {stop}, but only {piece.shape[0]} of them are there")
    return piece


def _deliver(values: AnyArray, request: Ranges) -> AnyArray:
    if request.out is not None:
        request.out[...] = values
        return request.out
    return values if values.flags.owndata and values.flags.writeable else np.array(values)
