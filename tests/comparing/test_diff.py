"""What differs is named down to the dataset, the cell and the value."""

from __future__ import annotations

import json

import numpy as np
import pytest

from livn_core import Edges, content_hash, diff, write_neuroh5

h5py = pytest.importorskip("h5py")

X = "/Populations/EXC/Generated Coordinates/X Coordinate"
WEIGHTS = {"W": {"w": np.array([0.5, 1.5, 2.5], "f4"), "n": np.arange(3, dtype="u1")}}


def _edges(posts=(0, 2), indptr=(0, 1, 3), pre=(1, 2, 3), attributes=WEIGHTS):
    return Edges(np.array(posts), np.array(indptr), np.array(pre), attributes)


@pytest.fixture
def compare(tmp_path):
    """``compare(edges)``: write a file with them, and say what differs from one with ``_edges()``."""

    def compare(edges, populations=None, **cells):
        paths = tmp_path / "one.h5", tmp_path / "other.h5"
        write_neuroh5(paths[0], {"A": 4}, {("A", "A"): _edges()}, overwrite=True)
        write_neuroh5(paths[1], populations or {"A": 4}, edges, cells=cells, overwrite=True)
        found = diff(*paths)
        assert (not found) == (content_hash(paths[0]).value == content_hash(paths[1]).value)
        return [(one.place, one.problem) for one in found]

    return compare


def test_equal(compare, one, other):
    assert compare({("A", "A"): [_edges()]}) == []
    assert diff(one, other) == ()


def test_storage_does_not_count(other, one):
    with h5py.File(other / "cells.h5", "r+") as file:
        values = file[f"{X}/Attribute Value"][:]
        del file[f"{X}/Attribute Value"]
        file.create_dataset(f"{X}/Attribute Value", data=values, chunks=(3,), compression="gzip")
    assert diff(one, other) == ()


def test_values(compare):
    changed = {"W": {**WEIGHTS["W"], "w": np.array([0.5, 1.5, 3], "f4")}}
    assert compare({("A", "A"): _edges(attributes=changed)}) == [
        ("edges A -> A: W/w", "1 of 3 edges differ; the first of them is edge 1 of gid 2: 2.5 and 3.0")
    ]


def test_sources(compare):
    assert compare({("A", "A"): _edges(pre=(1, 3, 2))}) == [
        ("edges A -> A: pre_gids", "2 of 3 edges differ; the first of them is edge 0 of gid 2: 2 and 3")
    ]


def test_dtype(compare):
    changed = {"W": {**WEIGHTS["W"], "n": np.arange(3, dtype="u2")}}
    assert compare({("A", "A"): _edges(attributes=changed)}) == [("edges A -> A: W/n", "is of dtype uint8 and uint16")]


def test_attribute(compare):
    assert compare({("A", "A"): _edges(attributes={"W": {"w": WEIGHTS["W"]["w"]}})}) == [
        ("edges A -> A: W/n", "is only in the first")
    ]


def test_cells(compare):
    assert compare({("A", "A"): _edges(posts=(0, 3))}) == [
        ("edges A -> A", "1 cells have edges in the first only, 1 cells in the second only; the first of them is gid 2")
    ]
    assert compare({("A", "A"): _edges(indptr=(0, 2, 3))}) == [
        ("edges A -> A", "2 cells have another number of edges; the first of them is gid 0")
    ]


def test_projection_and_attribute_of_cells(compare):
    cells = {"N": {"v": np.arange(4, dtype="u1")}}
    assert compare({}, A=cells) == [
        ("cells A/N/v", "is only in the second"),
        ("edges A -> A", "is only in the first"),
    ]


def test_populations(compare):
    assert compare({("A", "A"): _edges()}, {"A": 5, "B": 1}) == [
        ("population A", "is (0, 4) and (0, 5) (first gid, cells)"),
        ("population B", "is only in the second"),
    ]


def test_wide_and_narrow_gids_are_compared_by_value(compare):
    found = compare({("A", "A"): _edges(pre=(1, 2, 1))}, {"A": 4, "B": (2**31, 1)})
    assert found[-1] == ("edges A -> A: pre_gids", "1 of 3 edges differ; the first of them is edge 1 of gid 2: 3 and 1")


def test_values_of_cells(one, other):
    with h5py.File(other / "cells.h5", "r+") as file:
        file[f"{X}/Attribute Value"][5] = 1.5
    (found,) = diff(one, other)
    assert found.place == "cells EXC/Generated Coordinates/X Coordinate"
    assert (found.count, found.other) == (1, 1.5)
    assert "the first of them is value 0 of gid 5" in found.problem


def test_documents(one, other):
    graph = json.loads((other / "graph.json").read_text())
    graph["architecture"]["config"]["layer_extents"]["2D"][1][0] = 41.0
    del graph["distances"]
    (other / "graph.json").write_text(json.dumps(graph))
    (other / "mea.json").unlink()
    found = {difference.place: difference for difference in diff(one, other)}
    assert set(found) == {
        "graph.json: /architecture/config/layer_extents/2D/1/0",
        "graph.json: /distances",
        "mea.json",
    }
    assert found["mea.json"].problem == "is only in the first"
    layer = found["graph.json: /architecture/config/layer_extents/2D/1/0"]
    assert (layer.one, layer.other, layer.problem) == (40.0, 41.0, "is 40.0 and 41.0")


def test_json_that_is_broken(one, other):
    (other / "mea.json").write_bytes(b"{")
    (found,) = diff(one, other)
    assert (found.place, found.problem) == ("mea.json", "is no JSON in at least one of them, and the bytes differ")


def test_only_some_parts(one, other):
    (other / "mea.json").unlink()
    assert diff(one, other, parts=("cells", "edges")) == ()
