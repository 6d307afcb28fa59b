"""Morphologies: read one by one or all at once, and checked."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core import FormatError, InvalidArgumentError, Tree, open_neuroh5

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


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("Section", 99, "has a section with a point outside its 4 points"),
        ("Section", 0, "has a section with a point outside its 4 points"),
        ("Destination Section", 77, "links a section outside its 2 sections"),
    ],
)
def test_sections_that_cannot_be(column, value, problem, damaged):
    def change(trees: h5py.Group) -> None:
        trees[f"{column}/Attribute Value"][0 if column != "Section" else 2] = value

    with pytest.raises(FormatError, match=f"{column}: cell 4 {problem}"):
        damaged(change).trees("GC").values()


@pytest.mark.parametrize("count", [1, 3])
def test_sections_must_hold_what_they_announce(count, damaged):
    def change(trees: h5py.Group) -> None:
        trees["Section/Attribute Value"][0] = count

    with pytest.raises(FormatError, match="Section: cell 4 has sections that do not hold what they announce"):
        damaged(change).trees("GC")[4]


@pytest.mark.parametrize("sections", [[2**40, -1], [1, -1], [2, 1, 1, -3, 1], [-1], [2**62], [3, 0, 0], [1, 2**62]])
def test_sections_never_take_longer_than_they_are(sections):
    nothing = np.empty(0, np.float32)
    tree = Tree(7, *[nothing] * 7, sections=np.array(sections), src=nothing, dst=nothing)
    with pytest.raises(InvalidArgumentError, match="the sections of cell 7 "):
        tree.section_points()


def test_gids_are_read_only(backend):
    with open_neuroh5(str(REFERENCE), backend=backend) as file:
        trees = file.trees("GC")
        with pytest.raises(ValueError, match="read-only"):
            trees.gids[0] = 9
        assert list(trees) == [0, 1, 2, 3, 4, 5]


def test_parents_must_be_integers(damaged):
    def change(trees: h5py.Group) -> None:
        values = trees["Parent Point/Attribute Value"][:].astype(np.float32)
        del trees["Parent Point/Attribute Value"]
        trees["Parent Point/Attribute Value"] = values

    with pytest.raises(FormatError, match="Parent Point/Attribute Value: must hold integers"):
        damaged(change).trees("GC").values()


def test_representations_never_raise(damaged):
    file = damaged(lambda trees: None)
    trees = file.trees("GC")
    file.close()
    assert repr(trees) == "Trees(GC)"
    with pytest.raises(ValueError, match="was closed"):
        len(trees)
