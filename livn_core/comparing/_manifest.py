"""The manifest: one entry for each population, array and document, which together say what a system holds.

Only what the read routine gives goes in, so chunks, filters, blocks, the order of groups and the backend do not.
A projection without edges, and an attribute that no cell has, count as absent: neuroh5 cannot write them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator

import numpy as np

from livn_core.comparing._columns import Column, Entry, Key, Rows
from livn_core.comparing._documents import canonical
from livn_core.neuroh5._edges import BLOCK_BYTES
from livn_core.system._whole import Whole

PARTS = ("populations", "cells", "edges", "documents")
Manifest = dict[Key, Entry]


def manifest(whole: Whole, parts: Collection[str] = PARTS, max_bytes: int = BLOCK_BYTES) -> Manifest:
    """Read everything once, a block at a time.

    Parameters
    ----------
    whole
        An open system or file.
    parts
        Which of :data:`PARTS`.
    max_bytes
        Largest size of a block in memory; it does not change the result.

    Returns
    -------
    dict
        ``{("cells", population, namespace, attribute, "values"): ("float32", 8, "<SHA-256>")}`` and so on.
    """
    found: Manifest = {}
    if "populations" in parts:
        found |= {("populations", name): given for name, given in whole.cells.population_ranges.items()}
    if "cells" in parts:
        for key in attributes(whole):
            found |= _cells(whole, key, max_bytes)
    if "edges" in parts:
        for pair in whole.pairs:
            found |= _edges(whole, pair, max_bytes)
    if "documents" in parts:
        for name in whole.document_names:
            kind, content = canonical(whole.document(name), name)
            found["documents", name] = (kind, len(content), hashlib.sha256(content).hexdigest())
    return found


def attributes(whole: Whole) -> Iterator[tuple[str, str, str]]:
    """Every attribute of cells as (population, namespace, attribute); the columns of trees are such, too."""
    for population in whole.cells.population_ranges:
        for namespace, names in whole.cells.namespaces(population).items():
            for name in names:
                yield population, namespace, name


def _cells(whole: Whole, key: tuple[str, str, str], max_bytes: int) -> Manifest:
    rows, values = Rows(), None
    for block in whole.cells.cell_attribute_blocks(*key, max_bytes):
        rows.add(block.gids, block.pointer)
        values = values or Column(block.values.dtype)
        values.add(block.values)
    if values is None:
        return {}
    columns = {"gids": rows.gids, "pointer": rows.pointer, "values": values}
    return {("cells", *key, name): column.entry for name, column in columns.items()}


def _edges(whole: Whole, pair: tuple[str, str], max_bytes: int) -> Manifest:
    columns: dict[Key, Column] = {}
    rows, pre_gids = Rows(), Column(np.int64)
    for block in whole.projection(pair).blocks(max_bytes, attributes=True):
        rows.add(block.post_gids, block.indptr)
        pre_gids.add(block.pre_gids)
        for namespace, named in block.attributes.items():
            for name, values in named.items():
                columns.setdefault((namespace, name), Column(values.dtype)).add(values)
    if not pre_gids.entry[1]:
        return {}
    columns |= {("post_gids",): rows.gids, ("indptr",): rows.pointer, ("pre_gids",): pre_gids}
    return {("edges", *pair, *name): column.entry for name, column in columns.items()}
