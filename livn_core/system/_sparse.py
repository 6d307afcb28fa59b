"""The connectivity matrix as a ``scipy.sparse.csc_array``: float32, and int32 indices where they suffice.

By column, since a column is a cell's in-edges, and these are what files hold together: nothing has to be sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import missing_package
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._export import csc_indices
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
    """The sparse matrix of all cells: what :func:`sparse_csc` makes of their entries, without sorting anything.

    Parameters
    ----------
    projections, ranges, seed
        As for :func:`livn_core.system._connectivity.matrix`.
    """
    sparse = _scipy_sparse()
    counts = {name: count for name, (_, count) in sorted(ranges.items(), key=lambda one: one[1])}
    blocks = {
        (pre, post): sparse.csc_array((counts[pre], counts[post]), dtype=np.float32)
        for pre in counts
        for post in counts
    }
    there = [(one, projection) for one, projection in projections if projection is not None]
    strengths = Strengths(seed)
    draws = ahead(strengths.take(projection.n_edges) for _, projection in there)
    for one, projection in there:
        blocks[one.pre, one.post] = _block(one, projection, draws)
    if len(blocks) == 1:
        return next(iter(blocks.values()))
    grid = [[blocks[pre, post] for post in counts] for pre in counts]
    return _canonical(sparse.block_array(grid, format="csc"))


def _block(one: Declared, projection: Projection, draws: Iterator[npt.NDArray[np.float64]]) -> Any:
    """One projection's part of the matrix, shape (pre.count, post.count)."""
    edges = projection.read()
    kind = _index_type(max(len(edges), projection.pre.count))
    rows, pointer = (one.astype(kind, copy=False) for one in csc_indices(projection, edges))
    ascending = _ascend(rows, pointer)
    values = next(draws)
    if one.sign * one.weight != 1:
        values *= one.sign * one.weight
    block = _scipy_sparse().csc_array((values, rows, pointer), shape=(projection.pre.count, projection.post.count))
    if not ascending:
        _canonical(block)  # or it would add up several edges of a pair, in another order than we do
        block = block.tocsr().tocsc()  # dealt out twice, the rows of each column ascend
    return _merged(block)


def _ascend(rows: AnyArray, pointer: AnyArray) -> bool:
    """Whether the rows of each column do."""
    falls = np.empty(rows.size + 1, np.bool_)
    np.less(rows[1:], rows[:-1], out=falls[1:-1])
    falls[pointer] = False
    return not falls[1:-1].any()


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


def _merged(dealt: Any) -> Any:
    """A csc_array of float64 in which neighbours may name the same pair, as float32 with one entry for each pair."""
    values, rows, pointer = dealt.data.astype(np.float32), dealt.indices, dealt.indptr
    again = np.zeros(values.size + 1, np.bool_)
    np.equal(rows[1:], rows[:-1], out=again[1:-1])
    again[pointer] = False
    repeats = np.flatnonzero(again)
    if repeats.size:
        first = np.setdiff1d(repeats - 1, repeats, assume_unique=True)
        several = np.union1d(first, repeats)
        values[first] = np.add.reduceat(dealt.data[several], several.searchsorted(first))
        pointer = pointer - repeats.searchsorted(pointer).astype(pointer.dtype)
        values, rows = np.delete(values, repeats), np.delete(rows, repeats)
    return _canonical(type(dealt)((values, rows, pointer), shape=dealt.shape))
