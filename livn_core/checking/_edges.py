"""Check one projection: blocks, pointers, destinations, sources, and one value of each attribute for every edge."""

from __future__ import annotations

import numpy as np

from livn_core.checking._cells import check_cells
from livn_core.checking._looking import Look
from livn_core.h5file import IntArray
from livn_core.neuroh5._layout import BLOCK_INDEX, BLOCK_POINTER, DATASETS, EDGES, POINTER, SOURCE, EdgeLayout
from livn_core.ranges import element_index


def check_edges(look: Look, layout: EdgeLayout) -> int:
    """Check one projection, and give its number of edges."""
    missing = [name for name in DATASETS if not look.is_dataset(layout.path(name))]
    for name in missing:
        look.found("projection-dataset-missing", layout.edges, f"has no dataset {name!r}")
    _check_unknown(look, layout)
    n_edges = None if SOURCE in missing else look.length(layout.path(SOURCE))
    if n_edges is None:
        return 0
    _check_sources(look, layout)
    _check_attributes(look, layout, n_edges)
    if not missing:
        _check_destinations(look, layout, n_edges)
    return n_edges


def _check_unknown(look: Look, layout: EdgeLayout) -> None:
    older = layout.edges == layout.top
    for name in look.keys(layout.edges):
        if name not in DATASETS and not older:
            look.found("object-unknown", layout.path(name), "is no part of the edges")
    for name in look.keys(layout.top):
        if name not in {EDGES, *(DATASETS if older else ())} and not look.is_group(f"{layout.top}/{name}"):
            look.found("object-unknown", f"{layout.top}/{name}", "is no namespace")


def _check_destinations(look: Look, layout: EdgeLayout, n_edges: int) -> None:
    index = look.integers(layout.path(BLOCK_INDEX), "uint32")
    blocks = look.integers(layout.path(BLOCK_POINTER), "uint64")
    pointer = look.integers(layout.path(POINTER), "uint64")
    if index is None or blocks is None or pointer is None:
        return
    if not index.size or pointer.size <= 1:
        if n_edges:
            look.found("edges-without-cells", layout.edges, f"holds {n_edges:,} edges that arrive at no cell")
        else:
            look.found("projection-empty", layout.edges, "has no edges")
        return
    look.check_pointer(layout.path(POINTER), pointer, n_edges, "edges")
    if _blocks_are_sound(look, layout, index, blocks, pointer.size - 1):
        sizes = np.diff(np.minimum(blocks, pointer.size - 1))
        _check_posts(look, layout, index, sizes)
    if not n_edges:
        look.found("projection-empty", layout.edges, "has no edges")


def _blocks_are_sound(look: Look, layout: EdgeLayout, index: IntArray, blocks: IntArray, cells: int) -> bool:
    node = layout.path(BLOCK_POINTER)
    if blocks.size != index.size + 1:
        look.found("block-pointer-length", node, f"has {blocks.size} elements for {index.size} blocks")
        return False
    falls = np.flatnonzero(np.diff(blocks) < 0)
    if blocks[0] != 0:
        look.found("block-pointer-start", node, f"begins with {blocks[0]}, not 0")
    if falls.size:
        at = int(falls[0])
        look.found("block-pointer-falls", node, f"falls from {blocks[at]} to {blocks[at + 1]} after block {at}")
    elif blocks[-1] == cells:
        look.found("block-pointer-exact", node, f"ends with {cells} instead of {cells + 1}")
    elif blocks[-1] != cells + 1:
        look.found("block-pointer-end", node, f"ends with {blocks[-1]} instead of {cells + 1}")
    return bool(blocks[0] == 0 and not falls.size and blocks[-1] >= cells)


def _check_posts(look: Look, layout: EdgeLayout, index: IntArray, sizes: IntArray) -> None:
    node, post = layout.path(BLOCK_INDEX), layout.post
    cells = element_index(index, index + sizes)
    if not check_cells(look, "destination-outside", node, cells, post):
        return
    if (np.diff(index) < 0).any():
        look.found("blocks-unordered", node, f"its {index.size:,} blocks are not in order of their cells")
    several = np.flatnonzero(np.bincount(cells.astype(np.intp, copy=False)) > 1)
    if several.size:
        gid = int(several[0]) + post.start
        problem = f"{several.size:,} cells lie in more than one block, the first of them is gid {gid}"
        look.found("destination-split", node, problem)


def _check_sources(look: Look, layout: EdgeLayout) -> None:
    node, pre = layout.path(SOURCE), layout.pre
    if not look.check_integers(node, "uint32"):
        return
    count, first = 0, None
    for at, piece in look.pieces(node):
        if piece.max() < pre.count and piece.min() >= 0:
            continue
        wrong = np.flatnonzero((piece >= pre.count) | (piece < 0))
        count += wrong.size
        first = first or (at + int(wrong[0]), int(piece[wrong[0]]))
    if first:
        look.found(
            "source-outside",
            node,
            f"{count:,} edges come from outside population {pre.name}, which has {pre.count:,} cells; the first of "
            f"them, number {first[0]}, is from cell {first[1]}",
        )


def _check_attributes(look: Look, layout: EdgeLayout, n_edges: int) -> None:
    for namespace in look.keys(layout.top):
        top = f"{layout.top}/{namespace}"
        if namespace == EDGES or not look.is_group(top):
            continue
        for name in look.keys(top):
            if look.is_dataset(f"{top}/{name}"):
                _check_attribute(look, f"{top}/{name}", n_edges)
            else:
                look.found("object-unknown", f"{top}/{name}", "is no edge attribute")


def _check_attribute(look: Look, node: str, n_edges: int) -> None:
    dtype = look.check_values(node)
    if dtype is None:
        return
    length = look.store.length(node)
    if length != n_edges:
        look.found("edge-attribute-length", node, f"has {length:,} values for {n_edges:,} edges")
    if dtype.name == "int8":
        look.found("edge-attribute-int8", node, "is of dtype int8")
    if dtype.kind != "f":
        return
    wrong = sum(int((~np.isfinite(piece)).sum()) for _, piece in look.pieces(node))
    if wrong:
        look.found("edge-value-not-finite", node, f"{wrong:,} of {length:,} values are no numbers")
