"""What an open system holds, in the form that the writer takes, streamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5 import Edges, Projection
from livn_core.ranges import pointer_of
from livn_core.system._whole import Whole
from livn_core.writing._checks import Stream
from livn_core.writing._inputs import EdgesLike, SizedEdges, TreeColumns
from livn_core.writing._neuroh5 import Contents
from livn_core.writing._populations import ranges
from livn_core.writing._trees import MEMBERS, TREES

BLOCK_BYTES = 2**25
"""How much of a projection or an attribute is in memory; checking and converting takes several times that."""
SPARSE = 8
"""Gaps between cells with edges are filled as long as there are fewer than this many cells for each of them."""


@attrs.frozen(eq=False)
class Column:
    """An attribute whose values are read when they are written."""

    gids: IntArray
    pointer: IntArray
    values: Stream


def contents_of(whole: Whole) -> Contents:
    """Everything that the read routine gives of a system."""
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    trees = {}
    for population in whole.cells.population_ranges:
        for namespace, names in whole.cells.namespaces(population).items():
            columns = {name: _column(whole, population, namespace, name) for name in names}
            if namespace == TREES:
                trees[population] = _trees(whole, population, columns)
            else:
                cells.setdefault(population, {})[namespace] = columns
    edges = {pair: _edges(whole.projection(pair)) for pair in whole.pairs}
    known = ranges(whole.cells.population_ranges)
    # A label may lack its row, and so may the population of a pair.
    allowed = [pair for file in whole.files for pair in file.valid_projections if set(pair) <= set(known)]
    return Contents(known, edges, cells, trees, allowed)


def _trees(whole: Whole, population: str, columns: dict[str, Column]) -> TreeColumns:
    top, owners = f"/Populations/{population}/{TREES}", {one.group: one.owner for one in MEMBERS}
    other = sorted(set(columns) ^ set(owners))
    if other:
        problem = "is no column of trees, and would be lost" if other[0] in columns else "is missing"
        raise whole.cells._store.error(f"{top}/{other[0]}", problem)
    for name, owner in owners.items():
        same = np.array_equal(columns[name].gids, columns[MEMBERS[0].group].gids)
        if not same or not np.array_equal(columns[name].pointer, columns[owner].pointer):
            raise whole.cells._store.error(f"{top}/{name}", f"does not belong to the same points as {owner}")
    return TreeColumns(columns)


def _column(whole: Whole, population: str, namespace: str, name: str) -> Column:
    reader = whole.cells.attribute_reader(population, namespace, name)
    values = (block.values for block in reader.blocks(BLOCK_BYTES))
    return Column(reader.plan.gids, reader.plan.pointer, Stream(reader.dtype, reader.plan.size, values))


def _edges(projection: Projection) -> EdgesLike | Iterable[EdgesLike]:
    posts = np.flatnonzero(projection.in_degree())
    span = int(posts[-1] - posts[0]) + 1 if posts.size else 0
    blocks: Iterator[Edges] = projection.blocks(BLOCK_BYTES, attributes=True)
    if span >= SPARSE * posts.size:
        return SizedEdges(blocks, posts.size, projection.n_edges)
    return SizedEdges(_without_gaps(blocks), span, projection.n_edges)


def _without_gaps(blocks: Iterable[Edges]) -> Iterator[EdgesLike]:
    """Give cells without edges a row of their own, so that a projection is one run of cells, and one block."""
    next_gid = -1
    for block in blocks:
        if not len(block):
            continue
        first = int(block.post_gids[0]) if next_gid < 0 else next_gid
        next_gid = int(block.post_gids[-1]) + 1
        degree: AnyArray = np.zeros(next_gid - first, np.int64)
        degree[block.post_gids - first] = np.diff(block.indptr)
        indptr = pointer_of(degree)
        yield Edges(np.arange(first, next_gid, dtype=np.int64), indptr, block.pre_gids, block.attributes)
