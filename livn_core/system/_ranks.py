"""Which cells are this rank's, for any communicator that speaks mpi4py's interface; mpi4py is never imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from livn_core.h5file import IntArray


def rank_and_size(comm: Any) -> tuple[int, int]:
    """Rank and number of ranks; ``None`` and ``False`` (as the original passes it) are one rank alone."""
    if comm is None or comm is False:
        return 0, 1
    return int(comm.Get_rank()), int(comm.Get_size())


def local_gids(gids: IntArray, comm: Any, node_allocation: Iterable[int] | None = None) -> IntArray:
    """The gids that this rank handles.

    Parameters
    ----------
    gids
        int64, shape (n,).
    comm
        The communicator, or None.
    node_allocation
        The gids of this rank; without it they are dealt out by gid modulo size.

    Returns
    -------
    ndarray
        int64, in the order of ``gids``.
    """
    if node_allocation is not None:
        return gids[np.isin(gids, np.fromiter(node_allocation, np.int64))]
    rank, size = rank_and_size(comm)
    return gids if size == 1 else gids[gids % size == rank]
