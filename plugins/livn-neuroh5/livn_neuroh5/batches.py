"""How many cells neuroh5 is asked for at once.

neuroh5 selects the elements of each cell with a hyperslab of its own, and HDF5 takes time quadratic in the number of
those that are not adjacent: 20,000 separate cells take 9 s, in batches of 1,000 they take 0.4 s. What it returns costs
several times its size in memory until it has been copied, so a batch has a limit of bytes as well.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livn_core.h5file import IntArray
from livn_neuroh5.rows import Pool

MOST_RUNS = 1000
"""Separate places of the file in one call."""
MOST_BYTES = 2**26
"""Bytes of one call's answer; a cell that has more comes alone."""


def batches(cells: IntArray, pools: list[Pool], widths: list[int]) -> Iterator[IntArray]:
    """Cut cells into pieces that are asked for one after the other.

    Parameters
    ----------
    cells
        int64, ascending and unique.
    pools
        Where their elements lie, for each dataset that is read along.
    widths
        Bytes of an element of each.
    """
    runs = np.cumsum(np.max([pool.runs for pool in pools], axis=0))
    sizes = np.cumsum(np.sum([pool.sizes * width for pool, width in zip(pools, widths, strict=True)], axis=0))
    at = 0
    while at < cells.size:
        runs_before, size_before = (runs[at - 1], sizes[at - 1]) if at else (0, 0)
        end = min(
            int(np.searchsorted(runs, runs_before + MOST_RUNS, side="right")),
            int(np.searchsorted(sizes, size_before + MOST_BYTES, side="right")),
        )
        end = max(end, at + 1)
        yield cells[at:end]
        at = end
