"""The same configuration and seed give the same system, whatever machine, library or memory it is made with."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from livn_core import generate
from livn_core.errors import InvalidArgumentError
from livn_core.generating import _sampling, load
from livn_core.generating._connecting import Network
from livn_core.generating._kernels import Kernel
from livn_core.generating._random import Purpose, Stream


def digest(config):
    """Everything that a configuration gives, in one number."""
    network = Network(config)
    found = hashlib.sha256()
    for name in config.populations:
        found.update(network.places[name].astype("<f4").tobytes())
    for pre, post in config.projections:
        for edges in network.blocks(pre, post, lambda _: None):
            for array in (edges.indptr, edges.pre_gids, edges.attributes["Connections"]["distance"].astype("<f4")):
                found.update(np.ascontiguousarray(array.astype("<f4" if array.dtype.kind == "f" else "<i8")).tobytes())
    return found.hexdigest()[:16]


@pytest.mark.parametrize(("name", "scale", "expected"), [
    ("EI2", 1, "e37ba3e6d8157c37"),
    ("E3I", 1, "961e28e5a09d01a5"),
    ("CA1", 0.001, "6f7f5b0e0816b691"),
])  # fmt: skip
def test_results_are_the_same_as_when_this_was_written(name, scale, expected):
    """If this fails on some machine, or with some NumPy, it makes other systems than the rest of the world."""
    assert digest(load(name).scaled(scale)) == expected


def test_raw_numbers():
    """What PCG64 and SeedSequence give is guaranteed by NumPy; our own use of it is pinned here."""
    drawn = Stream(123, Purpose.PARTNERS, 1, 0, 7).uniform(3)
    assert [number.hex() for number in drawn.tolist()] == [
        "0x1.71e7867fa3520p-6",
        "0x1.5fff68c5e31a0p-3",
        "0x1.8925824ad31fcp-2",
    ]
    assert Stream(123, Purpose.PARTNERS, 1, 0, 7).below(np.array([10, 1, 10**9])).tolist() == [0, 0, 383932147]


def test_streams_have_nothing_in_common():
    keys = [
        (Purpose.PARTNERS, 1, 0, 7),
        (Purpose.PARTNERS, 0, 1, 7),
        (Purpose.SITES, 1, 0, 7),
        (Purpose.PARTNERS, 1, 0, 8),
    ]
    drawn = [tuple(Stream(123, *key).uniform(4)) for key in keys]
    assert len(set(drawn)) == len(keys)


def test_kernels_have_no_bit_of_freedom():
    weights = Kernel("gaussian", 77.0).weights(np.array([1.0, 1234.5, 99999.0]))
    assert [one.hex() for one in weights.tolist()] == [
        "0x1.fff4f51303446p-1",
        "0x1.cd60d1aad75e5p-1",
        "0x1.c84115c01674ep-13",
    ]


@pytest.mark.parametrize("table", [1, 500, 2**21])
def test_memory_does_not_matter(content, parsed, monkeypatch, table):
    content["projections"]["PYR -> PYR"]["in_degree"] = 150  # most of the cells, so tables are needed
    expected = digest(parsed(content))
    monkeypatch.setattr(_sampling, "TABLE", table)
    assert digest(parsed(content)) == expected


def test_bytes_do_not_depend_on_place_or_process(tmp_path):
    code = "import sys; from livn_core import generate; generate('EI2', sys.argv[1], seed=4)"
    for path in (tmp_path / "a", tmp_path / "elsewhere" / "b"):
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=120)
    for file in (tmp_path / "a").iterdir():
        assert file.read_bytes() == (tmp_path / "elsewhere" / "b" / file.name).read_bytes(), file.name


def test_seeds_and_replicates_are_other_systems():
    made = {digest(one) for one in (load("EI2"), load("EI2").with_seed(124), load("EI2").scaled(1.01))}
    assert len(made) == 3
    assert digest(load("E3I").with_seed(124)) == digest(load("E3I_b"))
    with pytest.raises(InvalidArgumentError, match="the seed must not be negative"):
        load("EI2").with_seed(-1)


def test_other_populations_do_not_matter(content, parsed):
    """A population that is added behind the others leaves their cells and connections as they were."""
    before = Network(parsed(content))
    content["populations"]["OLM"] = {"count": {"low": 9}, "type": "inhibitory"}
    content["projections"]["OLM -> PYR"] = {"in_degree": 2}
    after = Network(parsed(content))
    for name in ("PYR", "BC"):
        np.testing.assert_array_equal(before.places[name], after.places[name])
    for pair in before.config.projections:
        one, two = ([edges.pre_gids for edges in network.blocks(*pair, lambda _: None)] for network in (before, after))
        np.testing.assert_array_equal(np.concatenate(one), np.concatenate(two))


def test_provenance_is_a_configuration_that_makes_the_same(content, parsed, tmp_path):
    generate(parsed(content), tmp_path / "one", seed=9, scale=0.5)
    provenance = json.loads((tmp_path / "one" / "provenance.json").read_text())
    assert (provenance["generator"], provenance["revision"]) == ("livn-core", 1)
    (tmp_path / "again.yml").write_text(json.dumps(provenance["config"]))  # JSON is YAML
    generate(tmp_path / "again.yml", tmp_path / "two")
    for name in ("cells.h5", "connections.h5", "graph.json", "selection/e1.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_progress_and_what_stands_there(tmp_path):
    told = []
    generate("EI2", tmp_path / "EI2", progress=lambda *numbers: told.append(numbers))
    assert told[-1][0] == told[-1][1] == Network(load("EI2")).n_edges
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    with pytest.raises(InvalidArgumentError, match="exists already"):
        generate("EI2", tmp_path / "EI2")
    generate("EI2", tmp_path / "EI2", seed=1, overwrite=True)
    assert json.loads((tmp_path / "EI2" / "provenance.json").read_text())["config"]["seed"] == 1
