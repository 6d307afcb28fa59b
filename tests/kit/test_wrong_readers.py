"""Each awkward file of the kit fails a reader that makes one mistake, and passes the same reader without it.

The reader is a small one of its own, one cell and one block at a time, over plain h5py.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core import FormatError
from livn_core.testing import CASES, Attribute, Content, EdgeList

BY_NAME = {case.name: case for case in CASES}

MISTAKES = {
    "names-not-alphabetical": ["names in alphabetical order are those of the rows"],
    "rows-shuffled": ["the number of a row is the index"],
    "index-not-in-order-of-start": ["indices follow the starts"],
    "gap-between-populations": ["populations follow each other", "empty populations are left out"],
    "start-beyond-32-bits": ["gids have 32 bits"],
    "no-populations-group": ["names come from /Populations"],
    "labels-only-in-the-committed-type": ["names come from the rows alone"],
    "labels-only-in-the-rows": ["names come from the committed type alone"],
    "creation-order": ["names in file order"],
    "cell-dtypes": ["every value is a float", "bools stay bools"],
    "big-endian": ["byte order is kept"],
    "cell-index-unsorted": ["cells in file order", "the cell index is left out"],
    "cell-index-repeated": ["the last of repeated cells wins"],
    "cell-index-differs-between-attributes": ["one index for a namespace"],
    "no-attribute-pointer": ["a pointer is always there"],
    "cells-without-values": ["cells without values are left out"],
    "hard-links": ["every child of a namespace is an attribute"],
    "trees": ["cells in file order"],
    "blocks-with-gaps": ["one too few in every block", "blocks have no gaps"],
    "one-block": ["the last block pointer is right"],
    "last-pointer-exact": ["one too few in the last block"],
    "destination-split-over-blocks": ["a cell is in one block", "attributes stay in file order"],
    "repeated-edges": ["an edge occurs once", "sources are sorted"],
    "cells-without-edges": ["cells without edges come out"],
    "empty-projections": ["projections without edges are left out"],
    "edge-dtypes": ["every value is a float", "attributes stay in file order"],
    "older-layout": ["edges lie in a group Edges"],
    "compressed-chunks": ["ranges end at chunks"],
    "nothing-names-the-rows": ["guesses names"],
    "populations-share-gids": ["populations are not checked"],
    "no-types": ["no types, no populations"],
    "post-cell-outside": ["cells are not checked"],
    "pre-cell-outside": ["cells are not checked"],
    "cell-outside": ["cells are not checked"],
    "destination-pointer-beyond-the-edges": ["pointers are not checked"],
    "destination-pointer-leaves-edges-out": ["pointers are not checked"],
    "destination-pointer-falls": ["pointers are not checked"],
    "block-pointer-beyond": ["pointers are not checked"],
    "block-pointer-short": ["pointers are not checked"],
    "edge-attribute-short": ["lengths are not checked"],
    "attribute-pointer-beyond-the-values": ["pointers are not checked"],
    "attribute-pointer-falls": ["pointers are not checked"],
    "attribute-pointer-short": ["pointers are not checked"],
    "unsupported-type": ["every type is a number"],
}

EDGES = ("Destination Block Index", "Destination Block Pointer", "Destination Pointer", "Source Index")
TREES = {
    "X Coordinate": "x",
    "Y Coordinate": "y",
    "Z Coordinate": "z",
    "Radius": "radius",
    "Point Layer": "layer",
    "Parent Point": "parent",
    "SWC Type": "swc_type",
    "Section": "sections",
    "Source Section": "src",
    "Destination Section": "dst",
}


class Reader:
    """Reads a file right, but for one mistake."""

    def __init__(self, file: h5py.File, mistake: str = "") -> None:
        self.file = file
        self.mistake = mistake

    def makes(self, mistake: str) -> bool:
        assert any(mistake in all_ for all_ in MISTAKES.values()), f"{mistake!r} is nobody's mistake"
        return self.mistake == mistake

    def fail_if(self, wrong: bool, unless: str, where: str) -> None:
        if wrong and not self.makes(unless):
            raise FormatError(str(self.file.filename), where, "contradicts itself")

    def read(self) -> Content:
        ranges = self.ranges()
        cells, trees = {}, {}
        for name in ranges:
            group = self.file.get(f"Populations/{name}", {})
            for namespace in self.names(group):
                found = self.namespace(name, ranges[name], group[namespace])
                if namespace == "Trees":
                    trees[name] = self.trees(found)
                else:
                    cells.update({(name, namespace, attribute): one for attribute, one in found.items()})
        return Content(ranges, cells, self.projections(ranges), trees)

    def names(self, group) -> list[str]:
        return list(group) if self.makes("names in file order") else sorted(group)

    # --- populations

    def ranges(self) -> dict[str, tuple[int, int]]:
        if "H5Types/Populations" not in self.file:
            self.fail_if(True, "no types, no populations", "/H5Types/Populations")
            return {}
        rows = [tuple(int(value) for value in row) for row in self.file["H5Types/Populations"][:]]
        named = [(name, start, count) for name, (start, count, _) in zip(self.row_names(rows), rows, strict=True)]
        if self.makes("populations follow each other"):
            counts = [count for _, _, count in named]
            starts = np.cumsum([0, *counts])
            named = [(name, int(start), count) for (name, _, count), start in zip(named, starts, strict=False)]
        if self.makes("empty populations are left out"):
            named = [one for one in named if one[2]]
        named.sort(key=lambda one: one[1])
        for (_, start, count), (_, following, _) in itertools.pairwise(named):
            self.fail_if(start + count > following, "populations are not checked", "/H5Types/Populations")
        return {name: (start, count) for name, start, count in named}

    def row_names(self, rows: list[tuple[int, int, int]]) -> list[str]:
        if self.makes("names come from /Populations"):
            return list(self.file["Populations"])
        field = self.file["H5Types/Populations"].dtype["Population"].metadata
        committed = self.file["H5Types/Population labels"].dtype.metadata if self.committed() else None
        if self.makes("names come from the rows alone"):
            committed = None
        if self.makes("names come from the committed type alone"):
            field = None
        labels = (field or committed or {"enum": {}})["enum"]
        if not labels:
            self.fail_if(True, "guesses names", "/H5Types/Populations")
            return list(self.file["Populations"])
        if self.makes("names in alphabetical order are those of the rows"):
            return sorted(labels)
        by_index = sorted(labels, key=labels.get)
        if self.makes("the number of a row is the index"):
            return by_index
        if self.makes("indices follow the starts"):
            order = sorted(range(len(rows)), key=lambda row: rows[row][0])
            return [by_index[order.index(row)] for row in range(len(rows))]
        names = {index: name for name, index in labels.items()}
        return [names[index] for _, _, index in rows]

    def committed(self) -> bool:
        return "H5Types/Population labels" in self.file

    # --- cells

    def values(self, dataset: h5py.Dataset, where: str) -> np.ndarray:
        dtype = dataset.dtype
        if self.makes("every type is a number") and dtype.kind == "S":
            return dataset[:].view("u1")
        self.fail_if(dtype.kind not in "iufb", "every type is a number", where)
        array = dataset[:]
        if self.makes("ranges end at chunks") and dataset.chunks:
            array = array[: len(array) // dataset.chunks[0] * dataset.chunks[0]]
        if self.makes("every value is a float"):
            return array.astype(np.float64)
        if dtype.kind == "b" and not self.makes("bools stay bools"):
            return array.view(np.int8)
        return array if self.makes("byte order is kept") else array.astype(np.dtype(dtype.str).newbyteorder("="))

    def namespace(self, population: str, where: tuple[int, int], group: h5py.Group) -> dict[str, Attribute]:
        found = {}
        index_of = None
        for name in self.names(group):
            if not isinstance(group[name], h5py.Group):
                continue
            if "Attribute Value" not in group[name] and not self.makes("every child of a namespace is an attribute"):
                continue
            index_of = index_of if index_of and self.makes("one index for a namespace") else group[name]
            found[name] = self.attribute(index_of, group[name], *where)
        return found

    def attribute(self, owner: h5py.Group, group: h5py.Group, start: int, count: int) -> Attribute:
        index = owner["Cell Index"][:].astype(np.int64)
        values = self.values(group["Attribute Value"], group.name)
        if "Attribute Pointer" in owner or self.makes("a pointer is always there"):
            pointer = owner["Attribute Pointer"][:].astype(np.int64)
            pointer = pointer if pointer.size or index.size else np.zeros(1, np.int64)
            wrong = pointer.size != index.size + 1 or bool((np.diff(pointer) < 0).any()) or pointer[-1] != values.size
            self.fail_if(bool(wrong), "pointers are not checked", group.name)
            rows = list(itertools.pairwise(pointer))
        else:
            rows = [(0, values.size)] * index.size
        self.fail_if(bool((index >= count).any()), "cells are not checked", group.name)
        if self.makes("the cell index is left out"):
            index = np.arange(index.size)
        by_cell: dict[int, list[np.ndarray]] = {}
        for cell, (first, last) in zip(index.tolist(), rows, strict=False):
            if self.makes("the last of repeated cells wins"):
                by_cell.pop(cell, None)
            by_cell.setdefault(cell, []).append(values[first:last])
        cells = list(by_cell) if self.makes("cells in file order") else sorted(by_cell)
        pieces = {cell: np.concatenate(by_cell[cell]) for cell in cells}
        if self.makes("cells without values are left out"):
            pieces = {cell: piece for cell, piece in pieces.items() if piece.size}
        pointer = np.cumsum([0, *(piece.size for piece in pieces.values())])
        joined = np.concatenate([values[:0], *pieces.values()]).astype(values.dtype)
        return Attribute(self.gids(start, list(pieces)), pointer, joined)

    def gids(self, start: int, index: list[int]) -> np.ndarray:
        gids = np.array(index, np.int64) + start
        return gids.astype(np.uint32).astype(np.int64) if self.makes("gids have 32 bits") else gids

    def trees(self, found: dict[str, Attribute]) -> dict[int, dict[str, np.ndarray]]:
        trees: dict[int, dict[str, np.ndarray]] = {}
        for group, field in TREES.items():
            one = found[group]
            for gid, first, last in zip(one.gids.tolist(), one.pointer, one.pointer[1:], strict=False):
                trees.setdefault(gid, {})[field] = one.values[first:last]
        return trees

    # --- edges

    def projections(self, ranges: dict[str, tuple[int, int]]) -> dict[tuple[str, str], EdgeList]:
        order = list(ranges)
        top = self.file.get("Projections", {})
        pairs = [(pre, post) for post in order for pre in order if f"{post}/{pre}" in top]
        wide = any(start + count > 2**31 for start, count in ranges.values())
        found = {}
        for pre, post in pairs:
            group = top[f"{post}/{pre}"]
            if self.direct(ranges, post, pre, group):
                continue
            edges = self.projection(group, group.get("Edges", group), ranges[pre], ranges[post], wide)
            if edges.pre_gids.size or not self.makes("projections without edges are left out"):
                found[pre, post] = edges
        return found

    def direct(self, ranges, post, pre, group) -> bool:
        return "Edges" not in group and self.makes("edges lie in a group Edges")

    def projection(self, group, edges, pre, post, wide: bool) -> EdgeList:
        first, block, pointer, source = (edges[name][:].astype(np.int64) for name in EDGES)
        rows = self.rows(first, block, pointer, source.size, post[1], group.name)
        kept = rows if self.makes("cells without edges come out") else {cell: at for cell, at in rows.items() if at}
        order = [edge for cell in sorted(kept) for edge in kept[cell]]
        self.fail_if(bool((source >= pre[1]).any()), "cells are not checked", group.name)
        pre_gids = self.gids(pre[0], source[order].tolist()).astype(np.int64 if wide else np.int32)
        if self.makes("sources are sorted"):
            pre_gids = np.concatenate([np.sort(self.gids(pre[0], source[at].tolist())) for at in kept.values()])
            pre_gids = pre_gids.astype(np.int32)
        indptr = np.cumsum([0, *(len(kept[cell]) for cell in sorted(kept))])
        attributes = {}
        for namespace in self.names(set(group) - {"Edges", *EDGES}):
            for name in self.names(group[namespace]):
                values = self.values(group[namespace][name], f"{group.name}/{namespace}/{name}")
                self.fail_if(values.size != source.size, "lengths are not checked", f"{group.name}/{namespace}/{name}")
                in_order = slice(None) if self.makes("attributes stay in file order") else order
                attributes[f"{namespace}/{name}"] = values[in_order] if values.size == source.size else values
        return EdgeList(self.gids(post[0], sorted(kept)), indptr, pre_gids, attributes)

    def rows(self, first, block, pointer, n_edges: int, count: int, where: str) -> dict[int, list[int]]:
        if not first.size or pointer.size <= 1:
            return {}
        stored = pointer.size - 1
        wrong = pointer[0] != 0 or pointer[-1] != n_edges or bool((np.diff(pointer) < 0).any())
        wrong = wrong or block.size != first.size + 1 or block[-1] not in (stored, stored + 1)
        self.fail_if(bool(wrong or (np.diff(block) < 0).any()), "pointers are not checked", where)
        found: dict[int, list[int]] = {}
        following = int(first[0])
        for k, destination in enumerate(first.tolist()):
            begin, end = self.block(k, block, stored)
            base = following if self.makes("blocks have no gaps") else destination
            for j, at in enumerate(range(begin, end)):
                self.fail_if(base + j >= count, "cells are not checked", where)
                edges = list(range(pointer[at], min(pointer[at + 1], n_edges)))
                if self.makes("an edge occurs once"):
                    edges = edges[:3]
                if self.makes("a cell is in one block"):
                    found.pop(base + j, None)
                found.setdefault(base + j, []).extend(edges)
            following = base + end - begin
        return found

    def block(self, k: int, block: np.ndarray, stored: int) -> tuple[int, int]:
        end = int(block[k + 1]) if k + 1 < block.size else stored
        last = k + 2 == block.size
        if self.makes("one too few in every block") or (last and self.makes("one too few in the last block")):
            return int(block[k]), end - 1
        return int(block[k]), end if self.makes("the last block pointer is right") else min(end, stored)


def read(path: Path, mistake: str = "") -> Content:
    with h5py.File(path) as file:
        return Reader(file, mistake).read()


def test_every_case_has_a_mistake():
    assert set(MISTAKES) == set(BY_NAME)


@pytest.mark.parametrize("name", BY_NAME)
def test_without_a_mistake_the_reader_passes(name, tmp_path):
    outcome = BY_NAME[name].write(tmp_path / "case.h5")
    BY_NAME[name].check(outcome, lambda: read(tmp_path / "case.h5"))


@pytest.mark.parametrize(("name", "mistake"), [(name, one) for name, all_ in MISTAKES.items() for one in all_])
def test_with_the_mistake_it_fails(name, mistake, tmp_path):
    outcome = BY_NAME[name].write(tmp_path / "case.h5")
    # The comparison notices, or the reader breaks down, or thinks that the file contradicts itself.
    with pytest.raises((AssertionError, LookupError, FormatError)):
        BY_NAME[name].check(outcome, lambda: read(tmp_path / "case.h5", mistake))
