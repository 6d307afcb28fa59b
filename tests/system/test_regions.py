"""Selecting cells by place."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core.errors import InvalidArgumentError, InvalidTypeError, SourceNotFoundError, UnknownNameError
from livn_core.system import ParallelSystem, System


@pytest.fixture
def cloud():
    rng = np.random.default_rng(5)
    return ParallelSystem({"A": 300, "B": 100, "C": 0}, rng.uniform(-100, 100, (400, 3)))


@pytest.fixture
def layered(two_pops):
    with System(two_pops) as system:
        yield system


def chosen(system, mask):
    gids = system.neuron_coordinates[mask, 0].astype(int)
    return {
        name: gids[np.isin(gids, system.population_gids(name))].tolist()
        for name in system.populations
        if np.isin(gids, system.population_gids(name)).any()
    }


def lists(selection):
    assert all(gids.dtype == np.int64 for gids in selection.values())
    return {name: gids.tolist() for name, gids in selection.items()}


@pytest.mark.parametrize("center", [(10, -20), (10, -20, 30), None])
def test_radius(cloud, center):
    xyz = cloud.neuron_coordinates[:, 1:4]
    point = (xyz.min(axis=0) + xyz.max(axis=0)) / 2 if center is None else np.array(center, float)
    distance = np.linalg.norm(xyz[:, : len(point)] - point, axis=1)
    assert lists(cloud.selection(method="radius", center=center, radius=60)) == chosen(cloud, distance <= 60)


def test_a_radius_of_any_size_takes_all(cloud):
    assert lists(cloud.selection(method="radius", radius=1e300)) == chosen(cloud, np.ones(400, bool))


def test_radius_takes_its_border_and_zero_takes_one_point():
    line = ParallelSystem(9, 10.0)
    assert lists(line.selection(method="radius", center=(40, 0, 0), radius=20)) == {"EXC": [2, 3, 4, 5, 6]}
    assert lists(line.selection(method="radius", center=(40, 0), radius=0)) == {"EXC": [4]}
    assert line.selection(method="radius", center=(45, 0), radius=1) == {}


@pytest.mark.parametrize("axes", [2, 3])
def test_box(cloud, axes):
    bounds = np.array([[50, -10, -80], [-30, 60, 40]])[:, :axes]
    xyz = cloud.neuron_coordinates[:, 1 : 1 + axes]
    inside = ((xyz >= bounds.min(axis=0)) & (xyz <= bounds.max(axis=0))).all(axis=1)
    assert lists(cloud.selection(method="box", bounds=bounds)) == chosen(cloud, inside)
    assert lists(cloud.selection(method="patch", bounds=bounds)) == chosen(cloud, inside)


@pytest.mark.parametrize("center", [(0, 0), (90, 90, -90)])
@pytest.mark.parametrize("k", [0, 1, 17, 400])
def test_nearest(cloud, center, k):
    distance = np.linalg.norm(cloud.neuron_coordinates[:, 1 : 1 + len(center)] - center, axis=1)
    mask = np.zeros(400, bool)
    mask[np.argsort(distance)[:k]] = True
    assert lists(cloud.selection(k, method="nearest", center=center)) == chosen(cloud, mask)


def test_nearest_of_each_population(cloud):
    found = lists(cloud.selection({"A": 5, "B": 0.1}, method="nearest", center=(0, 0, 0)))
    assert {name: len(gids) for name, gids in found.items()} == {"A": 5, "B": 10}
    for name, gids in found.items():
        rows = cloud.coordinate_array(name)
        order = np.argsort(np.linalg.norm(rows[:, 1:], axis=1))[: len(gids)]
        assert gids == sorted(rows[order, 0].astype(int).tolist())


def test_of_equally_near_cells_the_first():
    ring = ParallelSystem(4, np.array([[1.0, 0, 0], [0, 1, 0], [-1, 0, 0], [0, -1, 0]]))
    assert lists(ring.selection(2, method="nearest")) == {"EXC": [0, 1]}


def test_only_some_populations(cloud):
    assert list(cloud.selection(method="radius", radius=1000, populations=["B"])) == ["B"]
    assert list(cloud.selection(3, method="nearest", populations=["B"])) == ["B"]


def test_layers(layered):
    z = layered.neuron_coordinates[:, 1:4]
    for layer in ("L", "M"):
        low, high = layered.graph.layer_extents[layer]
        inside = ((z >= low) & (z <= high)).all(axis=1)
        assert lists(layered.selection(method="layer", layer=layer)) == chosen(layered, inside)
    both = layered.selection(method="layer", layer=["L", "M"])
    assert sum(map(len, both.values())) >= max(
        sum(map(len, layered.selection(method="layer", layer=one).values())) for one in "LM"
    )


def test_a_cell_that_float32_rounded_over_the_border_is_in_its_layer(tmp_path):
    from livn_core import write_system

    pytest.importorskip("h5py")
    x = np.array([0.1, 0.2, 0.7], np.float32)
    assert float(x[0]) > 0.1
    space = {f"{axis} Coordinate": x if axis == "X" else np.zeros(3, np.float32) for axis in "XYZ"}
    config = {"layer_extents": {"L": [[0, 0, 0], [0.1, 1, 1]], "M": [[0.7, 0, 0], [1, 1, 1]]}}
    document = {"architecture": {"uuid": "u", "config": config}}
    write_system(
        tmp_path / "s", {"A": 3}, cells={"A": {"Generated Coordinates": space}}, documents={"graph.json": document}
    )
    with System(tmp_path / "s") as system:
        assert lists(system.selection(method="layer", layer="L")) == {"A": [0]}
        assert lists(system.selection(method="layer", layer="M")) == {"A": [2]}


@pytest.mark.parametrize(
    ("spec", "arguments", "error", "sentence"),
    [
        (None, {"method": "radius"}, InvalidArgumentError, "method='radius' needs radius="),
        (None, {"method": "box"}, InvalidArgumentError, "method='box' needs bounds="),
        (None, {"method": "layer"}, InvalidArgumentError, "method='layer' needs layer="),
        (None, {"method": "nearest"}, InvalidArgumentError, "needs to know how many"),
        (3, {"method": "radius", "radius": 1}, InvalidArgumentError, "the specification has to be None, not 3"),
        (None, {"method": "radius", "radius": -1}, InvalidArgumentError, "0 or more, not -1"),
        (None, {"method": "radius", "radius": float("nan")}, InvalidArgumentError, "0 or more, not nan"),
        (None, {"method": "radius", "radius": "1"}, InvalidTypeError, "a number of µm, not '1'"),
        (None, {"method": "radius", "radius": True}, InvalidTypeError, "a number of µm, not True"),
        (None, {"method": "radius", "radius": 1, "center": 3}, InvalidArgumentError, "center has to be a point"),
        (None, {"method": "radius", "radius": 1, "center": [0, float("inf")]}, InvalidArgumentError, "to be a point"),
        (None, {"method": "box", "bounds": [[1, 2, 3]]}, InvalidArgumentError, "bounds have to be two corners"),
        (None, {"method": "layer", "layer": "X"}, UnknownNameError, "no layer 'X'; there is L, M"),
        (None, {"method": "layer", "layer": []}, InvalidTypeError, "the name of a layer, or a list of names"),
        (None, {"method": "layer", "layer": 3}, InvalidTypeError, "the name of a layer, or a list of names, not 3"),
        (1, {"radius": 3}, InvalidArgumentError, "radius belongs to method='radius', not to method='first'"),
        (1, {"method": "random", "layer": "L"}, InvalidArgumentError, "layer belongs to method='layer'"),
        (1, {"method": "nearest", "radius": 3}, InvalidArgumentError, "radius belongs to method='radius'"),
        (99, {"method": "nearest"}, InvalidArgumentError, "asks for 99 cells, but there are 28"),
        (1.5, {"method": "nearest"}, InvalidArgumentError, "a fraction from 0 to 1 or a count"),
        ({"EXK": 1}, {"method": "nearest"}, UnknownNameError, "no population 'EXK'"),
        ({"EXC": True}, {"method": "nearest"}, InvalidTypeError, "not the bool True"),
        ("e1", {"radius": 1}, InvalidArgumentError, "leave out method= and radius="),
    ],
)  # fmt: skip
def test_nonsense_is_refused(layered, spec, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        layered.selection(spec, **arguments)


def test_without_layers(layered, two_pops):
    with pytest.raises(UnknownNameError, match="no layer 'L'; there is none at all"):
        ParallelSystem(3).selection(method="layer", layer="L")
    (two_pops / "graph.json").unlink()
    with System(two_pops) as bare, pytest.raises(SourceNotFoundError, match=r"graph\.json"):
        bare.selection(method="layer", layer="L")
