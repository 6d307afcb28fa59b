"""Projections: blocks, gaps, split destinations, attributes."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from livn_core.testing import _raw
from livn_core.testing._case import Outcome, case
from livn_core.testing._cases_cells import every_dtype
from livn_core.testing._content import Content, EdgeList


@case
def blocks_with_gaps(file: h5py.File) -> Outcome:
    """Five blocks with gaps between them and cells without edges inside; the last block pointer is one too long."""
    ranges = _raw.simple_types(file, A=10, B=40)
    sources = [0, 3, 8, 2, 5, 5, 8, 1, 7, 4, 8, 5, 6, 9, 2, 5]
    layout = [[0, 5, 12, 15, 29], [0, 3, 7, 8, 10, 12], [0, 2, 2, 5, 6, 6, 6, 10, 10, 12, 13, 16], sources]
    _raw.edges(file, "B/A", layout, {"W/w": np.arange(16, dtype="<f4")})
    rows = {10: [0, 3], 12: [8, 2, 5], 15: [5], 18: [8, 1, 7, 4], 25: [8, 5], 26: [6], 39: [9, 2, 5]}
    return Content(ranges, edges={("A", "B"): EdgeList.of(rows, {"W/w": np.arange(16, dtype=np.float32)})})


@case
def one_block(file: h5py.File) -> Outcome:
    """Even a single block's pointer ends one too late: a reader that trusts it invents a cell or runs over."""
    ranges = _raw.simple_types(file, A=4)
    _raw.edges(file, "A/A", [[1], [0, 4], [0, 1, 2, 4], [3, 3, 0, 2]])
    return Content(ranges, edges={("A", "A"): EdgeList.of({1: [3], 2: [3], 3: [0, 2]})})


@case
def last_pointer_exact(file: h5py.File) -> Outcome:
    """Other writers end the last block exactly; no cell may be lost then."""
    ranges = _raw.simple_types(file, A=6)
    _raw.edges(file, "A/A", [[0, 4], [0, 2, 4], [0, 1, 3, 4, 6], [5, 0, 1, 2, 3, 4]])
    return Content(ranges, edges={("A", "A"): EdgeList.of({0: [5], 1: [0, 1], 4: [2], 5: [3, 4]})})


@case
def destination_split_over_blocks(file: h5py.File) -> Outcome:
    """A cell's edges may lie in several blocks, which need not be in order: they are joined in file order."""
    ranges = _raw.simple_types(file, A=10, B=5)
    layout = [[2, 0, 2], [0, 2, 4, 7], [0, 2, 3, 5, 6, 8, 9], [7, 9, 1, 4, 5, 0, 0, 3, 8]]
    _raw.edges(file, "B/A", layout, {"Syn/id": np.arange(100, 109, dtype="<u4")})
    rows = {10: [4, 5], 11: [0], 12: [7, 9, 0, 3], 13: [1, 8]}
    ids = np.array([103, 104, 105, 100, 101, 106, 107, 102, 108], np.uint32)
    return Content(ranges, edges={("A", "B"): EdgeList.of(rows, {"Syn/id": ids})})


@case
def repeated_edges(file: h5py.File) -> Outcome:
    """Two cells may be connected more than once, and sources need not be sorted."""
    ranges = _raw.simple_types(file, A=4)
    _raw.edges(file, "A/A", [[0], [0, 3], [0, 5, 6], [3, 1, 3, 0, 3, 2]], {"S/id": np.arange(6, dtype="<u2")})
    rows = {0: [3, 1, 3, 0, 3], 1: [2]}
    return Content(ranges, edges={("A", "A"): EdgeList.of(rows, {"S/id": np.arange(6, dtype=np.uint16)})})


@case
def cells_without_edges(file: h5py.File) -> Outcome:
    """Stored cells without edges, at the start, in the middle and at the end of blocks, do not come out."""
    ranges = _raw.simple_types(file, A=12)
    _raw.edges(file, "A/A", [[0, 6], [0, 5, 10], [0, 0, 2, 2, 2, 2, 2, 3, 3, 3], [4, 1, 11]])
    return Content(ranges, edges={("A", "A"): EdgeList.of({1: [4, 1], 7: [11]})})


@case
def empty_projections(file: h5py.File) -> Outcome:
    """A projection without edges is there and empty, whether its pointers have one element or none."""
    ranges = _raw.simple_types(file, A=3, B=3)
    _raw.edges(file, "B/A", [[], [0], [0], []], {"W/w": np.empty(0, "<f4")})
    _raw.edges(file, "A/B", [[], [], [], []])
    _raw.edges(file, "B/B", [[0], [0, 3], [0, 0, 0], []])
    weights = {"W/w": np.empty(0, np.float32)}
    edges = {("B", "A"): EdgeList.of({}), ("A", "B"): EdgeList.of({}, weights), ("B", "B"): EdgeList.of({})}
    return Content(ranges, edges=edges)


@case
def edge_dtypes(file: h5py.File) -> Outcome:
    """Every dtype on edges, and the edges of two blocks that are out of order."""
    ranges = _raw.simple_types(file, A=4)
    stored = {f"All/{name}": given for name, (given, _) in every_dtype().items()}
    _raw.edges(file, "A/A", [[3, 0], [0, 1, 3], [0, 1, 3], [2, 1, 0]], stored)
    expected = {f"All/{name}": values[[1, 2, 0]] for name, (_, values) in every_dtype().items()}
    return Content(ranges, edges={("A", "A"): EdgeList.of({0: [1, 0], 3: [2]}, expected)})


@case
def older_layout(file: h5py.File) -> Outcome:
    """Older files have the four datasets directly below the two populations."""
    ranges = _raw.simple_types(file, A=2, B=9)
    _raw.edges(file, "B/A", [[0, 7], [0, 2, 5], [0, 1, 2, 3, 5], [1, 0, 1, 0, 1]], below="")
    return Content(ranges, edges={("A", "B"): EdgeList.of({2: [1], 3: [0], 9: [1], 10: [0, 1]})})


LARGE = 4000
"""Post cells of the large case: enough that ranges cross many chunks."""


@case
def compressed_chunks(file: h5py.File) -> Outcome:
    """Thousands of edges in small compressed chunks; cell *i* gets i % 7 edges, from i, i + 1, ... ."""
    ranges = _raw.simple_types(file, A=50, B=LARGE)
    degree = np.arange(LARGE) % 7
    pointer = np.concatenate(([0], np.cumsum(degree)))
    rank = np.arange(pointer[-1]) - np.repeat(pointer[:-1], degree)
    sources = (np.repeat(np.arange(LARGE), degree) + rank) % 50
    weights = np.arange(pointer[-1], dtype="<f4") / 8
    storage: dict[str, Any] = {"chunks": (97,), "compression": "gzip", "compression_opts": 1, "shuffle": True}
    # The halves are stored in the wrong order.
    half, cut = LARGE // 2, int(pointer[LARGE // 2])
    stored = np.concatenate((pointer[half:-1] - cut, pointer[: half + 1] + pointer[-1] - cut))
    order = np.concatenate((np.arange(cut, pointer[-1]), np.arange(cut)))
    layout = [[half, 0], [0, half, LARGE + 1], stored, sources[order]]
    _raw.edges(file, "B/A", layout, {"W/w": weights[order]}, **storage)
    kept = degree > 0
    indptr = np.concatenate(([0], np.cumsum(degree[kept])))
    gids = np.arange(50, 50 + LARGE)[kept]
    edges = EdgeList(gids, indptr, sources.astype(np.int32), {"W/w": weights.astype(np.float32)})
    return Content(ranges, edges={("A", "B"): edges})
