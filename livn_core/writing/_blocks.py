"""Destination blocks: runs of consecutive post cells, none with more edges than a limit.

neuroh5 hands out whole blocks to ranks, which is why a long run is cut: it begins a block at every gap and after
1,000,000 edges.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livn_core.h5file import IntArray

MAX_BLOCK_EDGES = 1_000_000


def block_starts(destinations: npt.NDArray[np.uint32], pointer: IntArray, limit: int) -> IntArray:
    """Find where blocks begin.

    Parameters
    ----------
    destinations
        Indices of post cells, shape (n,), n > 0.
    pointer
        Their edges, shape (n + 1,).
    limit
        Edges that a block may hold; a post cell with more has a block of its own.

    Returns
    -------
    int64 array
        Positions in ``destinations``, ascending; the first is 0.
    """
    gaps = np.flatnonzero(np.diff(destinations.astype(np.int64)) != 1) + 1
    runs = np.concatenate(([0], gaps)).astype(np.int64)
    ends = np.append(runs[1:], destinations.size)
    large = pointer[ends] - pointer[runs] > limit
    cuts = [_cuts(pointer, int(first), int(end), limit) for first, end in zip(runs[large], ends[large], strict=True)]
    return np.sort(np.concatenate([runs, *cuts]))


def _cuts(pointer: IntArray, first: int, end: int, limit: int) -> IntArray:
    found: list[int] = []
    while pointer[end] - pointer[first] > limit:
        # The last position up to which the edges still fit, but at least one post cell further on.
        first = max(int(np.searchsorted(pointer, pointer[first] + limit, side="right")) - 1, first + 1)
        if first >= end:
            break
        found.append(first)
    return np.array(found, np.int64)
