"""What was read can be written, and reads the same again."""

from __future__ import annotations

import gc
import itertools
import weakref

import h5py
import numpy as np
import pytest

from livn_core import CellAttribute, Edges
from livn_core.testing import CASES, Content, EdgeList, assert_same
from livn_core.writing import write_neuroh5, write_system

REFERENCES = ["a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"]


def copy(file, path, **options):
    populations = [one.name for one in file.populations]
    cells = {
        name: {space: file.cell_attributes(name, space) for space in file.namespaces(name) if space != "Trees"}
        for name in populations
    }
    trees = {name: dict(file.trees(name)) for name in populations if len(file.trees(name))}
    edges = {pair: file.projection(*pair).blocks(256, attributes=True) for pair in file.projections}
    return write_neuroh5(path, file.population_ranges, edges, cells=cells, trees=trees, **options)


@pytest.mark.parametrize("options", [{}, {"compression": 6, "shuffle": True, "chunks": 16, "max_block_edges": 10}])
@pytest.mark.parametrize("name", REFERENCES)
def test_files_of_neuroh5(name, options, tmp_path, request, open_written, content_of):
    source = request.path.parents[1] / "reference" / f"{name}.h5"
    with open_written(source) as file:
        path = copy(file, tmp_path / "copy.h5", **options)
    assert_same(content_of(path), content_of(source))


WRITABLE = [
    case
    for case in CASES
    # The writer leaves out what neuroh5 cannot read: other dtypes, projections without edges.
    if not case.build.__module__.endswith("_refused")
    and case.name not in {"cell-dtypes", "edge-dtypes", "big-endian", "cells-without-values", "empty-projections"}
]


@pytest.mark.parametrize("case", WRITABLE, ids=lambda case: case.name)
def test_awkward_files(case, tmp_path, open_written, content_of):
    outcome = case.write(tmp_path / "case.h5")
    with open_written(tmp_path / "case.h5") as file:
        path = copy(file, tmp_path / "copy.h5")
    assert_same(content_of(path), outcome)


def split(edges, cuts):
    bounds = [0, *cuts, edges.post_gids.size]
    for a, b in itertools.pairwise(bounds):
        at = slice(edges.indptr[a], edges.indptr[b])
        named = {space: {name: values[at] for name, values in all_.items()} for space, all_ in edges.attributes.items()}
        pointer = edges.indptr[a : b + 1] - edges.indptr[a]
        yield Edges(edges.post_gids[a:b].copy(), pointer, edges.pre_gids[at].copy(), named)


@pytest.mark.parametrize("cuts", [[], [1], [100, 100, 250], list(range(0, 300, 7))])
def test_pieces_give_the_same_as_the_whole(cuts, tmp_path, random_edges, content_of):
    edges = random_edges(3, 10, 300, 0, 10, ("W/w", "W/v", "Syn/id"))
    whole = write_neuroh5(tmp_path / "whole.h5", {"A": 10, "B": 300}, {("A", "B"): edges})
    given = {("A", "B"): split(edges, cuts)}
    pieces = write_neuroh5(tmp_path / "pieces.h5", {"A": 10, "B": 300}, given, max_block_edges=64)
    assert_same(content_of(pieces), content_of(whole))


def test_pieces_in_any_order_with_a_cell_in_two_of_them(tmp_path, content_of):
    def piece(rows):
        pre = [gid for row in rows.values() for gid in row]
        return Edges(np.array(list(rows)), np.cumsum([0, *map(len, rows.values())]), np.array(pre), {})

    pieces = [piece({12: [3], 13: [4, 1]}), piece({10: [0], 11: [], 12: [2, 2]}), piece({13: [0]}), piece({11: []})]
    path = write_neuroh5(tmp_path / "x.h5", {"A": 10, "B": 5}, {("A", "B"): iter(pieces)})
    expected = EdgeList.of({10: [0], 12: [3, 2, 2], 13: [4, 1, 0]})
    assert_same(content_of(path), Content({"A": (0, 10), "B": (10, 5)}, edges={("A", "B"): expected}))


def test_only_one_piece_is_in_memory_at_a_time(tmp_path, random_edges):
    given = []

    def pieces():
        for at in range(5):
            assert [piece() for piece in given] == [None] * at
            piece = random_edges(at, 10 + 10 * at, 10, 0, 10)
            given.append(weakref.ref(piece))
            yield piece
            del piece
            gc.collect()

    write_neuroh5(tmp_path / "x.h5", {"A": 10, "B": 50}, {("A", "B"): pieces()})
    assert len(given) == 5


@pytest.mark.parametrize("layout", ["pair", "single"])
def test_a_system(layout, tmp_path, random_edges, content_of):
    edges = random_edges(1, 10, 30, 0, 10)
    cells = {
        "A": {"N": {"v": np.arange(10, dtype="f4")}},
        "B": {"N": {"v": CellAttribute(np.array([39]), np.array([0, 2]), np.array([1, 2], np.uint8))}},
    }
    path = write_system(
        tmp_path / "deep" / "mine",
        {"A": 10, "B": 30},
        {("A", "B"): edges},
        cells=cells,
        documents={"graph.json": {"version": 1}, "selection/e1.json": b"[]"},
        layout=layout,
    )
    files = {"pair": ["cells.h5", "connections.h5"], "single": ["graph.h5"]}[layout]
    assert sorted(one.name for one in path.iterdir()) == sorted([*files, "graph.json", "selection"])
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["mine"]
    contents = [content_of(path / name) for name in files]
    assert all(dict(one.ranges) == {"A": (0, 10), "B": (10, 30)} for one in contents)
    assert set().union(*(one.cells for one in contents)) == {("A", "N", "v"), ("B", "N", "v")}
    assert [list(one.edges) for one in contents if one.edges] == [[("A", "B")]]
    assert (path / "selection" / "e1.json").read_bytes() == b"[]"
    for name in files:
        with h5py.File(path / name) as file:
            assert file["H5Types/Valid population projections"].shape == (1,)
