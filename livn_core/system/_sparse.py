"""The connectivity matrix as a ``scipy.sparse.csr_array``: float32, and int32 indices where they suffice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import missing_package
from livn_core.h5file import IntArray
from livn_core.ranges import repeat
from livn_core.system._connectivity import Declared, Ranges, Strengths
from livn_core.threads import background

if TYPE_CHECKING:
    from livn_core.neuroh5 import Projection


def sparse_csr(keys: IntArray, values: npt.NDArray[np.float32], size: int) -> Any:
    """The entries as a ``scipy.sparse.csr_array``: float32, shape (size, size)."""
    sparse = _scipy_sparse()
    columns, rows = np.divmod(keys, max(size, 1))
    kind = _index_type(max(size, keys.size))
    indptr = np.searchsorted(columns, np.arange(size + 1)).astype(kind, copy=False)
    rows = rows.astype(kind, copy=False)
    return sparse.csc_array((values, rows, indptr), shape=(size, size)).tocsr()


def whole_csr(
    projections: Sequence[tuple[Declared, Projection | None]], ranges: Ranges, size: int, seed: int | None
) -> Any:
    """The sparse matrix of all cells: what :func:`sparse_csr` makes of their entries, without sorting anything.

    Edges come by post population, then by post cell. Dealt out to their rows in that order, each row's columns ascend.

    Parameters
    ----------
    projections, ranges, seed
        As for :func:`livn_core.system._connectivity.matrix`.
    size
        Number of cells.
    """
    sparse = _scipy_sparse()
    there = [(one, projection) for one, projection in projections if projection is not None]
    ends = np.cumsum([0, *(projection.n_edges for _, projection in there)])
    first = dict(zip(ranges, np.cumsum([0, *(count for _, count in ranges.values())]).tolist(), strict=False))
    kind = _index_type(size)
    rows, columns = np.empty(ends[-1], kind), np.empty(ends[-1], kind)
    with background(lambda: Strengths(seed).take(int(ends[-1]))) as strengths:
        for (one, projection), begin, end in zip(there, ends[:-1], ends[1:], strict=True):
            edges = projection.read()
            np.add(edges.pre_gids, first[one.pre] - ranges[one.pre][0], out=rows[begin:end], casting="same_kind")
            cells = (edges.post_gids + (first[one.post] - ranges[one.post][0])).astype(kind)
            columns[begin:end] = repeat(cells, np.diff(edges.indptr))
        values = strengths()
    for (one, _), begin, end in zip(there, ends[:-1], ends[1:], strict=True):
        if one.sign * one.weight != 1:
            values[begin:end] *= one.sign * one.weight
    entries = sparse.coo_array((values, (rows, columns)), shape=(size, size))
    entries.has_canonical_format = True  # or it would add up several edges of a pair, in another order than we do
    return _merged(sparse, entries.tocsr())


def _scipy_sparse() -> Any:
    try:
        from scipy import sparse
    except ImportError as error:
        raise missing_package("scipy", "a sparse connectivity matrix") from error
    return sparse


def _index_type(size: int) -> type[np.integer[Any]]:
    """What scipy takes for indices up to a size, and would turn others into."""
    return np.int32 if size < 2**31 else np.int64


def _merged(sparse: Any, dealt: Any) -> Any:
    """A csr_array of float64 in which neighbours may name the same pair, as float32 with one entry for each pair."""
    values, columns, pointer = dealt.data.astype(np.float32), dealt.indices, dealt.indptr
    again = np.zeros(values.size + 1, np.bool_)
    np.equal(columns[1:], columns[:-1], out=again[1:-1])
    again[pointer] = False
    repeats = np.flatnonzero(again)
    if repeats.size:
        once = ~again[:-1]
        several = again[:-1] | again[1:]
        values[several & once] = np.add.reduceat(dealt.data[several], np.flatnonzero(once[several]))
        pointer = pointer - repeats.searchsorted(pointer).astype(pointer.dtype)
        values, columns = values[once], columns[once]
    merged = sparse.csr_array((values, columns, pointer), shape=dealt.shape)
    merged.has_canonical_format = True
    return merged
