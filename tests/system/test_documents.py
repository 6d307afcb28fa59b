"""The JSON files beside a system."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError, UnknownNameError
from livn_core.system import Element, System


@pytest.fixture
def system(two_pops):
    with System(two_pops) as system:
        yield system


def test_graph_document(system):
    graph = system.graph
    assert (graph.version, graph.uuid) == (1, "built-1")
    assert isinstance(graph.architecture, Element)
    assert graph.architecture.kind == "Architecture"
    assert (graph.population_names, graph.layer_names) == (("EXC", "INH"), ("L", "M"))
    assert graph.layer_extents["M"].tolist() == [[-50, -50, -10], [120, 50, -5]]
    assert graph.connections["EXC"].config == {"synapses": system.connections_config["synapses"]}
    assert (graph.distances, graph.synapse_forest) == ({}, {})


def test_connections_of_several_elements_are_put_together(two_pops, graph, write_json):
    everything = graph["connections"]["EXC"]["config"]["synapses"]
    graph["connections"] = {
        "one": {"uuid": "1", "config": {"seed": 7, "synapses": {"EXC": everything["EXC"]}}},
        "two": {"uuid": "2", "config": {"seed": 8, "synapses": {"INH": everything["INH"], "EXC": {"EXC": {}}}}},
        "none": {"uuid": "3"},
    }
    write_json(two_pops / "graph.json", graph)
    with System(two_pops) as system:
        assert system.connections_config == {"seed": 7, "synapses": everything}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"version": 1,\n "a": }', r"graph\.json: /: line 2, column 7: Expecting value; this is not valid JSON"),
        (b"", r"line 1, column 1: Expecting value"),
        (b'{"version": "\xff"}', r"byte 13: invalid start byte; JSON has to be UTF-8"),
        (b"[" * 100_000, r"/: is nested too deeply"),
        (b"[1]", r"/: has to be a JSON object, not an array"),
        (b'{"version": 2}', r"/version: is 2, but this livn-core understands up to 1; upgrade livn-core"),
        (b'{"version": true}', r"/version: has to be a whole number, not a boolean"),
        (b'{"architecture": {"uuid": 3}}', r"/architecture/uuid: has to be a string, not a number"),
        (b'{"architecture": {"uuid": "a", "config": []}}', r"/architecture/config: has to be an object, not an array"),
        (b'{"connections": {"a": {"uuid": "a", "lineage": "x"}}}', r"/a/lineage: has to be an array, not a string"),
    ],
)  # fmt: skip
def test_broken_graph_json(two_pops, content, sentence):
    (two_pops / "graph.json").write_bytes(content)
    with System(two_pops) as system:
        with pytest.raises(FormatError, match=sentence):
            system.bounding_box  # noqa: B018
        with pytest.raises(FormatError, match=sentence):
            system.connections_config  # noqa: B018
        assert system.num_neurons == 28


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"layer_extents": {"L": [[0, 0, 0]]}}, "layer_extents/L: has to be two corners of three numbers"),
        ({"layer_extents": {"L": [[0, 0, 0], [1, 2, "x"]]}}, "layer_extents/L: has to be two corners"),
        ({"layer_extents": [1]}, "layer_extents: has to be an object, not an array"),
    ],
)
def test_broken_layers(two_pops, graph, write_json, config, sentence):
    graph["architecture"]["config"] = config
    write_json(two_pops / "graph.json", graph)
    with System(two_pops) as system, pytest.raises(FormatError, match=sentence):
        system.bounding_box  # noqa: B018


@pytest.mark.parametrize("synapses", [[1], {"EXC": 1}, {"EXC": {"INH": 1}}])
def test_broken_synapses(two_pops, graph, write_json, synapses):
    graph["connections"]["EXC"]["config"]["synapses"] = synapses
    write_json(two_pops / "graph.json", graph)
    with (
        System(two_pops) as system,
        pytest.raises(FormatError, match=r"/connections/EXC/config/synapses.*has to be an object"),
    ):
        system.connections_config  # noqa: B018


def test_older_graph_json_has_no_version(two_pops, graph, write_json):
    del graph["version"]
    write_json(two_pops / "graph.json", graph)
    with System(two_pops) as system:
        assert system.graph.version == 0
        assert system.synapse_projections()


def test_missing_graph_json_is_missed_only_where_it_is_needed(two_pops):
    (two_pops / "graph.json").unlink()
    with System(two_pops) as system:
        assert system.summary()["num_edges"] == 142
        assert system.bounding_box.shape == (2, 3)
        with pytest.raises(
            SourceNotFoundError, match=r"two_pops/graph\.json: the system .* has no file 'graph\.json'; it says"
        ):
            system.synapse_projections()


def test_load_file_by_the_ending_of_its_name(system, two_pops):
    np.save(two_pops / "table.npy", np.arange(3))
    (two_pops / "notes.txt").write_text("µm", encoding="utf-8")
    assert system.load_file("table.npy").tolist() == [0, 1, 2]
    assert system.load_file("notes.txt") == "µm"
    assert system.load_file("notes.txt", mode="rb") == "µm".encode()
    assert system.load_file(["params", "default.json"]) == {"Model": {"default": {"a": 1}}}
    assert system.load_file("absent.json", None, comm=False) is None
    with pytest.raises(FileNotFoundError, match=r"has no file 'absent\.json'"):
        system.load_file("absent.json")


def test_default_does_not_hide_a_broken_file(system, two_pops):
    (two_pops / "params" / "default.json").write_text("{")
    with pytest.raises(FormatError, match=r"params/default\.json: /: line 1, column 2"):
        system.load_file(["params", "default.json"], None)
    with pytest.raises(FormatError, match="not valid JSON"):
        system.params_document()


def test_no_pickle_is_loaded(system, two_pops):
    (two_pops / "a.p").write_bytes(pickle.dumps([1]))
    np.save(two_pops / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidArgumentError, match="pickles are not loaded, since they can execute code"):
        system.load_file("a.p")
    with pytest.raises(FormatError, match=r"no \.npy file that can be read without unpickling"):
        system.load_file("objects.npy")


@pytest.mark.parametrize(
    "name", ["../secret.json", "selection/../../secret.json", "/etc/passwd", "C:/x.json", "a\\b.json", "", "a\0.json"]
)
def test_no_name_leads_out_of_the_system(system, two_pops, name):
    (two_pops.parent / "secret.json").write_text("{}")
    with pytest.raises(InvalidArgumentError, match="is no name of a file inside a system"):
        system.load_file(name, None)
    if name:
        with pytest.raises(InvalidArgumentError, match="is no name of a file inside a system"):
            system.local_directory(name)


def test_no_selection_leads_out_of_the_system(system):
    with pytest.raises(InvalidArgumentError, match="is no name of a file inside a system"):
        system.selection("../../secret")


def test_local_directory(system, two_pops):
    assert system.local_directory() == str(two_pops)
    assert system.local_directory("selection", "e1.json") == str(two_pops / "selection" / "e1.json")
    with pytest.raises(InvalidArgumentError, match="https://host/EI1 is an address, so it has no local directory"):
        System("https://host/EI1?key=1").local_directory()


def test_params_document(system):
    assert system.params_document() == ("params/default.json", {"Model": {"default": {"a": 1}}})
    assert system.params_document("e1") == (None, None)


def test_stored_selection(system):
    assert system.selections() == ["e1", "other"]
    assert system.selection_document("e1")["meta"] == {"graph": "built-1"}
    found = system.selection("e1")
    assert {name: gids.tolist() for name, gids in found.items()} == {"EXC": [2, 4], "INH": [27]}
    assert {name: gids.tolist() for name, gids in system.selection("e1", populations=["INH"]).items()} == {"INH": [27]}


def test_stored_selection_that_is_not_there(system):
    with pytest.raises(FileNotFoundError, match="there is no stored selection 'e2'; there is e1, other"):
        system.selection("e2")


def test_stored_selection_of_another_system(system):
    with pytest.raises(FormatError, match="/meta/graph: was made for the system another, but this is built-1"):
        system.selection("other")


@pytest.mark.parametrize(
    ("document", "error", "sentence"),
    [
        ([1], FormatError, "has to be a JSON object with gids"),
        ({}, FormatError, "/gids: has to hold the selected gids of each population"),
        ({"gids": {"EXC": 3}}, FormatError, "/gids: has to hold the selected gids of each population"),
        ({"gids": {"EXC": [3]}, "meta": 3}, FormatError, "has to be a JSON object with gids"),
        ({"gids": {"EXC": [25]}}, UnknownNameError, "population 'EXC' has no gid 25; its gids are 0 to 19"),
        ({"gids": {"PYR": [5]}}, UnknownNameError, "no population 'PYR'; there is EXC, INH"),
    ],
)
def test_broken_stored_selection(system, two_pops, write_json, document, error, sentence):
    write_json(two_pops / "selection" / "bad.json", document)
    with pytest.raises(error, match=sentence):
        system.selection("bad")


@pytest.mark.parametrize(
    "arguments", [{"method": "random"}, {"method": "patch"}, {"method": "patch", "bounds": [[0, 0], [1, 1]]}]
)
def test_stored_selection_takes_no_method(system, arguments):
    with pytest.raises(InvalidArgumentError, match="the stored selection 'e1' says itself which cells it has"):
        system.selection("e1", **arguments)


def test_sidecars_in_folders_of_any_depth_are_listed_but_for_hidden_ones(two_pops, backend):
    for name in ("params/deep/er.json", ".hidden/a.json", "params/.b.json"):
        (two_pops / name).parent.mkdir(parents=True, exist_ok=True)
        (two_pops / name).write_text("{}")
    with System(two_pops, backend=backend) as system:
        listed = system.sidecar_names
    assert "params/deep/er.json" in listed
    assert not [name for name in listed if "/." in f"/{name}"]
