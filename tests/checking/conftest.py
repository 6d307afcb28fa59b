"""A small system with one of everything, and how to plant a defect in it."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from livn_core import CellAttribute, Edges, Tree, validate, write_system

collect_ignore_glob = [] if find_spec("h5py") else ["*"]

GRAPH = {
    "version": 1,
    "architecture": {
        "uuid": "built-1",
        "config": {
            "cell_distributions": {"EXC": {"L": 20}, "INH": {"L": 8}},
            "layer_extents": {"L": [[0, 0, 0], [100, 100, 10]]},
        },
    },
    "connections": {
        "all": {
            "uuid": "c-1",
            "config": {
                "synapses": {
                    "EXC": {"EXC": {"type": "excitatory"}, "INH": {"type": "inhibitory"}},
                    "INH": {"EXC": {"type": "excitatory"}},
                }
            },
        }
    },
}
DOCUMENTS = {
    "graph.json": GRAPH,
    "mea.json": {"electrode_coordinates": [[0, 10, 10, 0], [1, 90, 90, 0]], "input_radius": 50, "output_radius": 60},
    "model.json": {"cls": "livn.models.rcsd.ReducedCalciumSomaDendrite", "kwargs": {}},
    "selection/e1.json": {"gids": {"EXC": [1, 2], "INH": [20]}, "meta": {"graph": "built-1"}},
    "params/e1.json": {"a": 1},
    "params/default.json": {},
}


def _tree(gid):
    points = np.arange(4, dtype=np.float32)
    return Tree(
        gid,
        points,
        points + 1,
        points + 2,
        np.ones(4, np.float32),
        np.zeros(4, np.int8),
        np.array([-1, 0, 1, 2], np.int32),
        np.ones(4, np.int8),
        np.array([2, 2, 1, 2, 2, 3, 4], np.uint16),
        np.array([0], np.uint16),
        np.array([1], np.uint16),
    )


def _edges(posts, pre, seed):
    rng = np.random.default_rng(seed)
    degree = rng.integers(1, 4, len(posts))
    indptr = np.concatenate(([0], np.cumsum(degree)))
    pre_gids = rng.integers(*pre, indptr[-1])
    attributes = {
        "Synapses": {"weight": rng.random(indptr[-1]).astype(np.float32), "id": np.arange(indptr[-1], dtype="u4")}
    }
    return Edges(np.array(posts), indptr, pre_gids, attributes)


def _coordinates(count, seed):
    rng = np.random.default_rng(seed)
    sizes = {"X Coordinate": 100, "Y Coordinate": 100, "Z Coordinate": 10}
    return {name: (rng.random(count) * size).astype(np.float32) for name, size in sizes.items()}


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """EXC 0+20 and INH 20+8: coordinates, ragged attributes, trees, three projections, all kinds of documents."""
    ragged = CellAttribute(np.arange(0, 20, 2), np.arange(11) * 3, np.arange(30, dtype=np.uint8))
    return write_system(
        tmp_path_factory.mktemp("sound") / "system",
        {"EXC": 20, "INH": 8},
        {
            ("EXC", "EXC"): _edges([0, 1, 2, 5, 6, 12], (0, 20), 1),
            ("INH", "EXC"): _edges(list(range(20)), (20, 28), 2),
            ("EXC", "INH"): _edges([20, 22, 23, 27], (0, 20), 3),
        },
        cells={
            "EXC": {"Generated Coordinates": _coordinates(20, 4), "Some": {"kind": ragged}},
            "INH": {"Generated Coordinates": _coordinates(8, 5)},
        },
        trees={"EXC": {gid: _tree(gid) for gid in (1, 4, 9)}},
        documents=DOCUMENTS,
    )


@pytest.fixture
def system(sound, tmp_path):
    """A copy of the sound system, to be spoilt."""
    return Path(shutil.copytree(sound, tmp_path / "system"))


@pytest.fixture
def edit_json(system):
    """``edit_json("graph.json", change)``: load a document, let ``change`` edit it, and save it."""

    def edit(name, change):
        content = json.loads((system / name).read_text())
        change(content)
        (system / name).write_text(json.dumps(content))

    return edit


@pytest.fixture
def assert_found(system):
    """Validate the system: exactly one rule is broken, at one place, beside those that follow from it."""

    def check(code, file, node, also=()):
        found = validate(system)
        assert {one.code for one in found} == {code, *also}, [str(one) for one in found]
        hits = [one for one in found if one.code == code]
        assert (str(system / file), node) in {(one.file, one.node) for one in hits}, [str(one) for one in hits]
        assert all(one.problem and one.leads_to and one.remedy for one in found)
        return hits

    return check
