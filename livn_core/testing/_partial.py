"""Reading part of a projection gives what reading all of it gives, cut."""

from __future__ import annotations

import numpy as np

from livn_core.neuroh5 import Edges, Projection
from livn_core.testing._content import EdgeList, same_array


def _same_edges(where: str, actual: Edges, expected: EdgeList) -> None:
    for name in ("post_gids", "indptr", "pre_gids"):
        same_array(f"{where}, {name}", getattr(actual, name), getattr(expected, name))
    found = EdgeList.from_edges(actual).attributes
    for name, values in expected.attributes.items():
        same_array(f"{where}, {name}", found[name], values)


def _rows(edges: EdgeList, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> EdgeList:
    """Cut an edge list to some of its post cells."""
    degree = np.diff(edges.indptr)
    keep = np.repeat(wanted, degree)
    indptr = np.concatenate(([0], np.cumsum(degree[wanted])))
    attributes = {name: values[keep] for name, values in edges.attributes.items()}
    return EdgeList(edges.post_gids[wanted], indptr, edges.pre_gids[keep], attributes)


def _from(edges: EdgeList, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> EdgeList:
    """Cut an edge list to some of its edges; a cell that keeps none of them is gone."""
    row = np.repeat(np.arange(edges.post_gids.size), np.diff(edges.indptr))
    degree = np.bincount(row[wanted], minlength=edges.post_gids.size)
    indptr = np.concatenate(([0], np.cumsum(degree[degree > 0])))
    attributes = {name: values[wanted] for name, values in edges.attributes.items()}
    return EdgeList(edges.post_gids[degree > 0], indptr, edges.pre_gids[wanted], attributes)


def check_partial(projection: Projection, whole: EdgeList) -> None:
    """Compare single cells, many cells, edges from cells, blocks and degrees with the whole.

    Raises
    ------
    AssertionError
        A part is not the same part of the whole.
    """
    assert projection.n_edges == whole.pre_gids.size, "n_edges must be the number of edges"
    rng = np.random.default_rng(2)
    for size in (1, 3, 400):
        gids = rng.choice(projection.post.gids, min(size, projection.post.count), replace=False)
        expected = _rows(whole, np.isin(whole.post_gids, gids))
        _same_edges(f"edges of {size} cells", projection.in_edges(gids, attributes=True), expected)
    for size in (0, 1, projection.pre.count // 2):
        gids = rng.choice(projection.pre.gids, min(size, projection.pre.count), replace=False)
        found = projection.out_edges(gids, attributes=True)
        _same_edges(f"edges from {size} cells", found, _from(whole, np.isin(whole.pre_gids, gids)))
    _check_blocks(projection, whole)
    degree = np.zeros(projection.post.count, np.int64)
    degree[whole.post_gids - projection.post.start] = np.diff(whole.indptr)
    same_array("in_degree", projection.in_degree(), degree)
    out = np.bincount(whole.pre_gids - projection.pre.start, minlength=projection.pre.count)
    same_array("out_degree", projection.out_degree(), out.astype(np.int64))


def _check_blocks(projection: Projection, whole: EdgeList) -> None:
    at = 0
    for block in projection.blocks(max_bytes=2048, attributes=True):
        wanted = np.zeros(whole.post_gids.size, bool)
        wanted[at : at + block.post_gids.size] = True
        _same_edges("a block", block, _rows(whole, wanted))
        at += block.post_gids.size
    assert at == whole.post_gids.size, "the blocks together must have every cell once"
