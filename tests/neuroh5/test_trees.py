"""Morphologies: read one by one or all at once, and checked."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core import FormatError, open_neuroh5

REFERENCE = Path(__file__).parents[1] / "reference" / "e_trees.h5"


@pytest.fixture
def damaged(tmp_path, backend):
    """Change the reference file, and open it."""
    opened = []

    def build(change):
        path = tmp_path / "trees.h5"
        path.write_bytes(REFERENCE.read_bytes())
        with h5py.File(path, "r+") as file:
            change(file["Populations/GC/Trees"])
        opened.append(open_neuroh5(str(path), backend=backend))
        return opened[-1]

    yield build
    for file in opened:
        file.close()


def test_one_by_one_and_all_at_once(backend):
    with open_neuroh5(str(REFERENCE), backend=backend) as file:
        trees = file.trees("GC")
        assert list(trees) == [0, 1, 2, 3, 4, 5]
        assert len(trees) == 6
        assert [gid for gid, _ in trees.items()] == [tree.gid for tree in trees.values()] == list(trees)
        for tree in trees.values():
            assert np.array_equal(trees[tree.gid].x, tree.x)
            points = np.concatenate(tree.section_points())
            assert points.min() >= 0
            assert points.max() < tree.x.size
        assert 5 in trees
        assert 6 not in trees
        assert "5" not in trees
        with pytest.raises(KeyError, match="no tree of cell 6"):
            trees[6]


def test_population_without_trees(written, layouts):
    trees = written(layouts.write_types).trees("A")
    assert list(trees) == []
    assert list(trees.items()) == list(trees.values()) == []
    assert 0 not in trees


def test_missing_column(damaged):
    def change(trees: h5py.Group) -> None:
        del trees["Radius"]

    with pytest.raises(FormatError, match="/Populations/GC/Trees/Radius: is missing, so the trees are incomplete"):
        list(damaged(change).trees("GC"))


def test_parent_outside_its_tree(damaged):
    def change(trees: h5py.Group) -> None:
        trees["Parent Point/Attribute Value"][0] = 99

    trees = damaged(change).trees("GC")
    with pytest.raises(FormatError, match="Parent Point: cell 4 has a parent outside its 4 points"):
        trees[4]
    assert trees[0].parent[0] == -1


def test_columns_of_different_lengths(damaged):
    def change(trees: h5py.Group) -> None:
        pointer = trees["X Coordinate/Attribute Pointer"][:]
        del trees["Y Coordinate/Attribute Pointer"]
        pointer[1] -= 1
        trees["Y Coordinate/Attribute Pointer"] = pointer

    with pytest.raises(FormatError, match="Y Coordinate: cell 2 has 5 values here and 4 in other columns"):
        damaged(change).trees("GC").values()
