"""The connectivity matrix as a ``scipy.sparse.csc_array``: float32, and int32 indices where they suffice.

By column, since a column is a cell's in-edges, and these are what files hold together: nothing has to be sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import missing_package, or_too_large
from livn_core.h5file import AnyArray, IntArray
from livn_core.ranges import pointer_of
from livn_core.system._columns import Columns
from livn_core.system._connectivity import Declared, Ranges, Strengths
from livn_core.threads import ahead

if TYPE_CHECKING:
    from livn_core.neuroh5 import Projection


def sparse_csc(keys: IntArray, values: npt.NDArray[np.float32], size: int) -> Any:
    """The entries as a ``scipy.sparse.csc_array``: float32, shape (size, size)."""
    columns, rows = np.divmod(keys, max(size, 1))
    kind = _index_type(max(size, keys.size))
    pointer = np.searchsorted(columns, np.arange(size + 1)).astype(kind, copy=False)
    return _canonical(_scipy_sparse().csc_array((values, rows.astype(kind, copy=False), pointer), shape=(size, size)))


def whole_csc(projections: Sequence[tuple[Declared, Projection | None]], ranges: Ranges, seed: int | None) -> Any:
    """The sparse matrix of all cells: what :func:`sparse_csc` makes of their entries, without sorting what is sorted.

    Parameters
    ----------
    projections, ranges, seed
        As for :func:`livn_core.system._connectivity.matrix`.
    """
    sparse = _scipy_sparse()
    there = [(one, projection) for one, projection in projections if projection is not None]
    size, edges = sum(count for _, count in ranges.values()), sum(projection.n_edges for _, projection in there)
    kind = _index_type(max(size, edges))
    rows, values = _room(edges, kind)
    counts = np.zeros(size, np.int64)
    strengths, position, filled = Strengths(seed), _positions(ranges), 0
    draws = ahead(strengths.take(projection.n_edges) for _, projection in there)
    # They come by post population, and within one by pre population, so each one's entries follow those before.
    for post, group in groupby(there, key=lambda pair: pair[0].post):
        parts = [(one, Columns.read(projection, position[one.pre])) for one, projection in group]
        own = counts[position[post] : position[post] + ranges[post][1]]
        for _, part in parts:
            own += part.entries
        at = filled + np.cumsum(own) - own
        for one, part in parts:
            part.put(_scaled(next(draws), one.sign * one.weight), at, rows, values)
            at += part.entries
        filled += int(own.sum())
    pointer = pointer_of(counts).astype(kind, copy=False)
    return _canonical(sparse.csc_array((values[:filled], rows[:filled], pointer), shape=(size, size)))


def _room(edges: int, kind: type[np.integer[Any]]) -> tuple[AnyArray, npt.NDArray[np.float32]]:
    with or_too_large(f"the matrix of {edges:,} edges does not fit into memory; ask for that of some cells with gids="):
        return np.empty(edges, kind), np.empty(edges, np.float32)


def _positions(ranges: Ranges) -> dict[str, int]:
    """Which row and column each population's first cell has."""
    order = sorted(ranges, key=lambda name: (ranges[name], name))
    counts = (ranges[name][1] for name in order)
    return dict(zip(order, accumulate(counts, initial=0), strict=False))


def _scaled(draws: npt.NDArray[np.float64], factor: float) -> npt.NDArray[np.float64]:
    if factor != 1:
        draws *= factor
    return draws


def _scipy_sparse() -> Any:
    try:
        from scipy import sparse
    except ImportError as error:
        raise missing_package("scipy", "a sparse connectivity matrix") from error
    return sparse


def _index_type(size: int) -> type[np.integer[Any]]:
    """What scipy takes for indices up to a size, and would turn others into."""
    return np.int32 if size < 2**31 else np.int64


def _canonical(matrix: Any) -> Any:
    """Tell scipy what it would have to find out: rows ascend, and none is there twice."""
    matrix.has_canonical_format = True
    return matrix
