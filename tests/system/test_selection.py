"""Selecting a part of the cells."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core.errors import InvalidArgumentError, InvalidTypeError, UnknownNameError
from livn_core.system import ParallelSystem, System
from livn_core.system._selection import apportion


@pytest.fixture
def system(two_pops):
    with System(two_pops) as system:
        yield system


def lists(selection):
    assert all(gids.dtype == np.int64 for gids in selection.values())
    return {name: gids.tolist() for name, gids in selection.items()}


def test_none_is_everything(system):
    assert system.selection(None) is None


@pytest.mark.parametrize("count", range(29))
def test_count_is_met_exactly(system, count):
    for method in ("first", "random", "patch"):
        assert sum(map(len, system.selection(count, method=method).values())) == count


def test_count_keeps_the_proportions(system):
    assert lists(system.selection(7)) == {"EXC": [0, 1, 2, 3, 4], "INH": [20, 21]}
    assert lists(system.selection(np.int32(7))) == lists(system.selection(7))
    assert lists(system.selection(7, populations=["INH"])) == {"INH": list(range(20, 27))}


@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_equal_populations_are_served_in_order(count):
    system = ParallelSystem({"A": 3, "B": 3, "C": 3})
    sizes = [len(system.selection(count).get(name, ())) for name in "ABC"]
    assert sum(sizes) == count
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1


def test_shares_are_exact_and_fair_for_many_sizes():
    rng = np.random.default_rng(1)
    for _ in range(300):
        sizes = rng.integers(0, 10**9, rng.integers(1, 9)).tolist()
        total = int(rng.integers(0, sum(sizes) + 1))
        shares = apportion(total, sizes)
        assert sum(shares) == total
        for share, size in zip(shares, sizes, strict=True):
            assert share <= size
            assert total * size // sum(sizes) <= share <= -(-total * size // sum(sizes))


def test_fraction_is_of_each_population(system):
    assert {name: len(gids) for name, gids in system.selection(0.25).items()} == {"EXC": 5, "INH": 2}
    assert {name: len(gids) for name, gids in system.selection(0.01).items()} == {"EXC": 1, "INH": 1}
    assert {name: len(gids) for name, gids in system.selection(np.float32(1)).items()} == {"EXC": 20, "INH": 8}
    assert system.selection(0.0) == {}


def test_each_population_in_its_own_way(system):
    spec = {"INH": 0.5, "EXC": np.array([7, 3, 7])}
    assert lists(system.selection(spec)) == {"EXC": [3, 7], "INH": [20, 21, 22, 23]}
    assert lists(system.selection({"EXC": 2})) == {"EXC": [0, 1]}
    assert lists(system.selection({"EXC": [], "INH": {21, 20}})) == {"EXC": [], "INH": [20, 21]}
    assert lists(system.selection({"EXC": range(3), "INH": 1}, populations=["EXC"])) == {"EXC": [0, 1, 2]}


def test_random_sample_is_seeded(system):
    first = lists(system.selection(10, method="random"))
    assert first == lists(system.selection(10, method="random"))
    assert first != lists(system.selection(10, method="random", seed=1))
    assert first != lists(system.selection(10))
    assert all(gids == sorted(set(gids)) for gids in first.values())


def test_patch_by_count_takes_the_nearest():
    table = np.array([[0, 0, 0], [1, 1, 9], [2, 2, 0], [3, 3, 0], [4, 4, 0]])
    system = ParallelSystem({"A": 2, "B": 3}, coordinates=table)
    assert lists(system.selection(1, method="patch")) == {"B": [2]}
    assert lists(system.selection(2, method="patch")) == {"A": [1], "B": [2]}
    assert lists(system.selection(4, method="patch")) == {"A": [0, 1], "B": [2, 3]}


def test_patch_by_fraction_is_of_the_area():
    grid = np.stack([*np.meshgrid(np.arange(11.0), np.arange(11.0)), np.zeros((11, 11))], axis=-1).reshape(-1, 3)
    system = ParallelSystem(121, coordinates=grid)
    inside = system.selection(0.25, method="patch")["EXC"]
    assert len(inside) == 25
    assert grid[inside, :2].min() == 3
    assert grid[inside, :2].max() == 7
    assert len(system.selection(1.0, method="patch")["EXC"]) == 121
    assert system.selection(0.0, method="patch") == {}


def test_patch_within_bounds(system):
    table = system.neuron_coordinates
    low, high = np.array([-40, -50, -60]), np.array([45, 35, 60])
    for axes in (2, 3):
        inside = ((table[:, 1 : 1 + axes] >= low[:axes]) & (table[:, 1 : 1 + axes] <= high[:axes])).all(axis=1)
        for bounds in ([low[:axes], high[:axes]], [high[:axes], low[:axes]]):
            found = system.selection(None, method="patch", bounds=bounds)
            assert sorted(gid for gids in found.values() for gid in gids) == table[inside, 0].tolist()
    assert system.selection(3, method="patch", bounds=[[0, 0], [1, 1]]) == system.selection(
        None, method="patch", bounds=[[0, 0], [1, 1]]
    )


def test_patch_with_gids(system):
    assert lists(system.selection({"EXC": [3]}, method="patch")) == {"EXC": [3]}


def test_gids_of_a_system_with_free_ones():
    table = np.array([[70, 0, 0, 0], [30, 1, 1, 0], [50, 2, 2, 0]])
    system = ParallelSystem({"A": 2, "B": 1}, coordinates=table)
    assert lists(system.selection({"A": 1, "B": [50]})) == {"A": [30], "B": [50]}
    assert lists(system.selection(1, method="patch")) == {"A": [30]}
    with pytest.raises(UnknownNameError, match="has no gid 0; its gids are 30 to 70"):
        system.selection({"A": [0]})


@pytest.mark.parametrize(
    ("spec", "arguments", "error", "sentence"),
    [
        (True, {}, InvalidTypeError, "is a count or a fraction, not the bool True"),
        (np.True_, {}, InvalidTypeError, "not the bool True"),
        ({"EXC": True}, {}, InvalidTypeError, "selection of 'EXC' is a count or a fraction, not the bool True"),
        (True, {"method": "patch"}, InvalidTypeError, "not the bool True"),
        ([1, 2], {}, InvalidTypeError, "selection is a count, a fraction or gids, not list"),
        ({"EXC": "all"}, {}, InvalidTypeError, "not str"),
        (29, {}, InvalidArgumentError, "selection asks for 29 cells, but there are 28"),
        (-1, {}, InvalidArgumentError, "asks for -1 cells"),
        (29, {"method": "patch"}, InvalidArgumentError, "asks for 29 cells, but there are 28"),
        ({"INH": 9}, {}, InvalidArgumentError, "selection of 'INH' asks for 9 cells, but there are 8"),
        (1.5, {}, InvalidArgumentError, r"is a fraction from 0 to 1 or a count, not 1\.5"),
        (float("nan"), {}, InvalidArgumentError, "not nan"),
        ({"EXC": [999, -5]}, {}, UnknownNameError, "population 'EXC' has no gid -5, 999; its gids are 0 to 19"),
        ({"EXC": [0.5]}, {}, InvalidTypeError, "the gids of population 'EXC' have to be a list of whole numbers"),
        ({"EXC": [True]}, {}, InvalidTypeError, "have to be a list of whole numbers"),
        ({"EXK": 1}, {}, UnknownNameError, "no population 'EXK'; there is EXC, INH; did you mean 'EXC'"),
        (1, {"populations": ["PYR"]}, UnknownNameError, "no population 'PYR'; there is EXC, INH"),
        (1, {"populations": "EXC"}, InvalidTypeError, "populations have to be a list of names, not the string 'EXC'"),
        (1, {"method": "randon"}, InvalidArgumentError, "'randon' is no method of selection; there is first, "),
        (1, {"bounds": [[0, 0], [1, 1]]}, InvalidArgumentError, "bounds belong to method='patch' or method='box'"),
        (1, {"method": "patch", "bounds": [0, 1]}, InvalidArgumentError, "bounds have to be two corners"),
        (1, {"method": "patch", "bounds": "box"}, InvalidArgumentError, "bounds have to be two corners"),
        (
            {"EXC": [1]},
            {"method": "patch", "bounds": [[0, 0], [1, 1]]},
            InvalidArgumentError,
            "bounds and a choice for each population contradict each other",
        ),
        ({"EXC": 3}, {"method": "patch"}, InvalidArgumentError, "so it takes no numbers for EXC"),
    ],
)  # fmt: skip
def test_bad_specification(system, spec, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        system.selection(spec, **arguments)
