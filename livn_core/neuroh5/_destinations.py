"""Which edges arrive at which cell: NeuroH5's Destination Block Sparse index, checked and unrolled.

Block *k* begins at cell ``Block Index[k]`` of the post population and holds consecutive cells; their pointers begin at
``Block Pointer[k]``. The last block pointer is one too long in every file that neuroh5 writes, so a block never
reaches beyond the last pointer (the rule of neuroh5's ``append_edge_map.cc``; its README has another one, which is off
by one).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._checks import check_cells, check_pointer, check_rising
from livn_core.neuroh5._layout import BLOCK_INDEX, BLOCK_POINTER, POINTER, SOURCE, EdgeLayout
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.ranges import element_index


def read_destinations(store: Store, layout: EdgeLayout, others: Sequence[str] = ()) -> tuple[Segments, list[AnyArray]]:
    """Read the index of a projection: for each cell with edges, where they lie.

    Cells without edges are left out, and a cell that several blocks hold is one row, its edges in file order, both as
    neuroh5 has it.

    Parameters
    ----------
    others
        1-D datasets that are read whole along with it, in one go.

    Raises
    ------
    FormatError
        A pointer is missing, points outside or leaves edges out, or a cell lies outside its population.
    """
    n_edges = store.length(layout.path(SOURCE))
    names = [layout.path(name) for name in (BLOCK_INDEX, BLOCK_POINTER, POINTER)]
    integers, found = store.integers_and(names, others)
    return _unroll(store, layout, n_edges, integers), found


def _unroll(store: Store, layout: EdgeLayout, n_edges: int, integers: list[IntArray]) -> Segments:
    index, blocks, pointer = integers
    if index.size == 0 or pointer.size <= 1:
        if n_edges:
            raise store.error(layout.edges, f"holds {n_edges} edges, but nothing says which cells they arrive at")
        return Segments.empty()
    check_pointer(store, layout.path(POINTER), pointer, n_edges, "edges")
    sizes = _block_sizes(store, layout, index, blocks, pointer.size - 1)
    cells = element_index(index, index + sizes)
    check_cells(store, layout.path(BLOCK_INDEX), cells, layout.post)
    has_edges = pointer[1:] > pointer[:-1]
    if has_edges.all():
        return Segments.along(layout.post.start + cells, pointer)
    starts, stops = pointer[:-1][has_edges], pointer[1:][has_edges]
    return Segments.group(layout.post.start + cells[has_edges], starts, stops)


def _block_sizes(store: Store, layout: EdgeLayout, index: IntArray, blocks: IntArray, cells: int) -> IntArray:
    where = layout.path(BLOCK_POINTER)
    if blocks.size != index.size + 1:
        raise store.error(where, f"must have {index.size + 1} elements for {index.size} blocks, but has {blocks.size}")
    # The pointers of all blocks together are those of all cells; anything else would lose edges or count them twice.
    if blocks[0] != 0 or blocks[-1] not in (cells, cells + 1):
        raise store.error(where, f"must lead from 0 to {cells + 1}, but leads from {blocks[0]} to {blocks[-1]}")
    check_rising(store, where, blocks)
    sizes: IntArray = np.diff(np.minimum(blocks, cells))
    return sizes
