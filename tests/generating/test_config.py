"""Configurations: those that come with livn-core, and every kind of mistake in one's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import livn_core
from livn_core.errors import ConfigError, InvalidArgumentError, SourceNotFoundError
from livn_core.generating import configurations, folder, load
from livn_core.generating._connecting import Network

CA1 = ["DPYR", "SPYR", "PVBC", "AAC", "BS", "CCKBC", "IVY", "NGFC", "OLM", "SCA", "IS", "CA3", "CA2", "EC"]


@pytest.mark.parametrize(
    ("name", "counts", "area"),
    [
        ("EI1", {"EXC": 8, "INH": 2}, (40, 40)),
        ("EI2", {"EXC": 80, "INH": 20}, (400, 400)),
        ("EI3", {"EXC": 800, "INH": 200}, (1000, 1000)),
        ("EI4", {"EXC": 8000, "INH": 2000}, (4000, 4000)),
        ("E", {"EXC": 2600}, (1600, 3200)),
        ("E5I", {"EXC": 2167, "INH": 433}, (1600, 3200)),
        ("E3I", {"EXC": 1950, "INH": 650}, (1600, 3200)),
        ("EI", {"EXC": 1300, "INH": 1300}, (1600, 3200)),
    ],
)
def test_cultures(name, counts, area):
    config = load(name)
    assert (config.name, config.area) == (name, area)
    assert {population: one.count for population, one in config.populations.items()} == counts


@pytest.mark.parametrize("name", ["E", "E5I", "E3I", "EI"])
def test_replicates_differ_in_their_seed_only(name):
    one, two = load(name).document(), load(f"{name}_b").document()
    assert two.pop("name") == f"{one.pop('name')}_b"
    assert one.pop("seed") != two.pop("seed")
    assert one == two
    wanted = {("EXC", "EXC"): 20, ("EXC", "INH"): 4, ("INH", "EXC"): 40}
    projections = load(name).projections
    assert projections == {
        pair: projections[pair] for pair in wanted if "INH" not in pair or "INH" in load(name).populations
    }
    assert all(one.fixed and one.in_degree == wanted[pair] for pair, one in projections.items())
    assert all((one.kernel.shape, one.kernel.length) == ("exponential", 600) for one in projections.values())


def test_the_slice_has_the_real_order_and_number_of_cells():
    config = load("CA1")
    assert list(config.populations) == CA1
    assert sorted(CA1) != CA1
    assert sum(one.count for one in config.populations.values()) == 838_850
    assert list(config.layers) == ["SO", "SP", "SR", "SLM"]
    small = config.scaled(0.0003)
    assert all(one.count >= 1 for one in small.populations.values())
    assert small.area == pytest.approx((4000 * 0.0003**0.5,) * 2)


def test_every_configuration_is_what_its_document_says(parsed):
    for name, config in configurations().items():
        assert parsed(json.loads(json.dumps(config.document()))) == config, name


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "mine.yml: seed: has to be a whole number of 0 or more, not -1"),
        ({"seed": True}, "seed: has to be a whole number"),
        ({"seed": None}, "seed: has to be a whole number of 0 or more, not None"),
        ({"sede": 3}, "sede: is unknown; allowed are seed, area, .*; did you mean seed?"),
        ({"area": [1]}, "area: has to be a list of two numbers, not \\[1\\]"),
        ({"area": [0, 5]}, "area: both sides have to be above 0"),
        ({"area": [1, float("nan")]}, r"area\[1\]: has to be a number, not nan"),
        ({"layers": {"low": [3, 1]}}, "layers.low: the first number must not be above the second"),
        ({"layers": {}}, "layers: has to be a mapping with at least one entry"),
        ({"layers": {2: [0, 1]}}, "layers: 2 has to be text; put it into quotes"),
        (
            {"populations": {"PYR": {"count": 5, "type": "excitatory"}}},
            "PYR.count: has to give a number for each layer",
        ),
        ({"populations": {"PYR": {"count": {"up": 5}, "type": "excitatory"}}}, "count.up: is unknown; allowed are low"),
        ({"populations": {"PYR": {"count": {"low": 0}, "type": "excitatory"}}}, "count: the population has no cells"),
        ({"populations": {"PYR": {"count": {"low": 1}}}}, "populations.PYR.type: is missing"),
        (
            {"populations": {"PYR": {"count": {"low": 1}, "type": "exitatory"}}},
            "type: has to be one of excitatory, inhibitory, not 'exitatory'; did you mean excitatory?",
        ),
        ({"projections": {"PYR": {"in_degree": 1}}}, "projections.PYR: a projection is named 'PRE -> POST'"),
        ({"projections": {"PYR -> X": {"in_degree": 1}}}, "there is no population 'X'; there is PYR, BC"),
        (
            {"projections": {"PYR->BC": {"in_degree": 1}, "PYR -> BC": {"in_degree": 1}}},
            "PYR -> BC: this projection is given twice",
        ),
        ({"projections": {"PYR -> BC": {}}}, "PYR -> BC: has to be a mapping with at least one entry, not {}"),
        ({"projections": {"PYR -> BC": {"contacts": 1}}}, "PYR -> BC.in_degree: is missing"),
        ({"projections": {"PYR -> BC": {"in_degree": 2.5}}}, "in_degree: .* on average, write {mean: 2.5}"),
        ({"projections": {"PYR -> BC": {"in_degree": {"mean": 0}}}}, "in_degree.mean: has to be a number above 0"),
        ({"projections": {"PYR -> BC": {"in_degree": 0}}}, "in_degree: has to be a whole number of 1 or more"),
        ({"projections": {"PYR -> BC": {"in_degree": 1, "max_share": 2}}}, "max_share: .* above 0 and at most 1"),
        ({"projections": {"PYR -> BC": {"in_degree": 1, "sites": []}}}, "sites: has to be a list with at least one"),
        (
            {"projections": {"PYR -> BC": {"in_degree": 1, "sites": [{"section": "dent", "layer": "low"}]}}},
            r"sites\[0\].section: has to be one of soma, dend, .*; did you mean dend?",
        ),
        (
            {"kernel": {"gauss": 5}},
            "kernel.gauss: is unknown; allowed are gaussian, exponential; did you mean gaussian?",
        ),
        ({"kernel": {"gaussian": 5, "exponential": 2}}, "kernel: has to be one of gaussian, exponential, not several"),
        ({"kernel": {"gaussian": "5"}}, "kernel.gaussian: has to be a number above 0, not '5'"),
        ({"kernel": {"gaussian": 0}}, "kernel.gaussian: has to be a number above 0"),
        ({"electrodes": {"pitch": 5}}, "electrodes.input_radius: is missing"),
        ({"selections": {"e1": 5}}, "selections.e1: has to be a mapping"),
        ({"name": "../x"}, "name: '../x' cannot be the name of a directory"),
    ],
)
def test_mistakes_are_named(content, parsed, change, message):
    with pytest.raises(ConfigError, match=message):
        parsed({**content, **change})


@pytest.mark.parametrize("name", ["seed", "area", "layers", "populations", "projections", "kernel"])
def test_what_is_missing_is_named(content, parsed, name):
    del content[name]
    with pytest.raises(ConfigError, match=rf"mine\.yml: .*{name}: is missing"):
        parsed(content)


def test_axons_stand_between_the_file_and_the_projection(content, parsed):
    content["populations"]["PYR"]["axon"] = {"kernel": {"gaussian": 33}, "contacts": 2}
    config = parsed(content)
    assert config.projections["PYR", "PYR"].kernel.length == 33
    assert [one.contacts for one in config.projections.values()] == [2, 1, 3]
    content["populations"]["PYR"]["axon"] = {"in_degree": 3}
    with pytest.raises(ConfigError, match=r"PYR\.axon\.in_degree: is unknown"):
        parsed(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 1\nseed: 2\n", "no valid YAML: 'seed' is given twice.*line 2"),
        ("seed: [1\n", "no valid YAML: .*line 2"),
        ("- 1\n", "has to be a mapping, not"),
        ("", "has to be a mapping, not None"),
        ("seed: !!python/object/apply:os.system [false]\n", "no valid YAML: could not determine a constructor"),
        ("extends: mine\n", "extends: goes round in a circle"),
        ("extends: 3\n", "extends: has to be text, not 3"),
    ],
)
def test_broken_files(tmp_path, text, message):
    path = tmp_path / "mine.yml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_those_of_a_clone_are_read_where_they_are_edited():
    """An editable install has a copy of them as well, which nobody keeps up to date."""
    clone = Path(livn_core.__file__).parents[1]
    if not (clone / "pyproject.toml").is_file():
        pytest.skip("livn-core is not installed from a clone")
    assert folder() == clone / "systems" / "config"
    assert (folder() / "EI1.yml").is_file()


def test_extending(tmp_path):
    shutil.copy(folder() / "EI2.yml", tmp_path / "base.yml")
    (tmp_path / "mine.yml").write_text("extends: base\nseed: 8\n")
    config = load(tmp_path / "mine.yml")
    assert (config.name, config.seed, config.projections) == ("mine", 8, load("EI2").projections)
    (tmp_path / "mine.yml").write_text("extends: nobody\n")
    with pytest.raises(
        SourceNotFoundError, match=r"no configuration 'nobody' \(named in .*mine.yml\); there is CA1, E"
    ):
        load(tmp_path / "mine.yml")


@pytest.mark.parametrize("name", ["EI9", "EI1.yml", "/no/such/file.yml"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(SourceNotFoundError, match=r"there is no configuration .*; there is CA1, E, E3I, E3I_b"):
        load(name)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_scales_that_make_no_sense(scale):
    with pytest.raises(InvalidArgumentError, match="the scale must be a number above 0"):
        load("EI1").scaled(scale)


def test_a_scale_of_more_cells_than_gids():
    with pytest.raises(InvalidArgumentError, match=r"a scale of 1e\+30 makes 1e\+31 cells; .* 4,294,967,295 at most"):
        load("EI1").scaled(1e30)


@pytest.mark.parametrize(("name", "scale"), [("EI2", 1), ("E5I_b", 1), ("CA1", 0.001)])
def test_edges_are_about_as_many_as_expected(name, scale):
    network = Network(load(name).scaled(scale))
    assert network.expected_edges == pytest.approx(network.n_edges, rel=0.05)


def test_scaling_keeps_density_and_shares():
    config = load("CA1").scaled(0.1)
    assert config.populations["PVBC"].counts == {"SO": 132, "SP": 388, "SR": 33}
    assert config.area[0] * config.area[1] == pytest.approx(1.6e6)
