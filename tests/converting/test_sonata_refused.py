"""SONATA networks and restored systems that are wrong: refused, with the place, and nothing is left behind."""

from __future__ import annotations

import json

import h5py
import pytest

from livn_core.converting import from_sonata, to_sonata
from livn_core.errors import FormatError, InvalidArgumentError


def planted(folder, file, path, values):
    with h5py.File(folder / file, "a") as opened:
        keep = dict(opened[path].attrs)
        del opened[path]
        if values is not None:
            opened[path] = values
            opened[path].attrs.update(keep)


@pytest.mark.parametrize(
    ("file", "path", "values", "problem"),
    [
        ("a_nodes.h5", "nodes/a/node_type_id", [1, 1, 4], "/nodes/a/node_type_id: row 2: there is no type 4 in"),
        ("a_nodes.h5", "nodes/a/node_type_id", None, "/nodes/a: has no 'node_type_id'"),
        ("a_nodes.h5", "nodes/a/node_type_id", [1.0, 1, 2], "/nodes/a/node_type_id: has to be a dataset of whole"),
        ("a_nodes.h5", "nodes/a/node_group_id", [0, 0, 5], "/nodes/a/node_group_id: row 2: there is no group 5"),
        ("a_nodes.h5", "nodes/a/node_group_id", [0, 0], "/nodes/a/node_group_id: has 2 values where .* has 3"),
        (
            "a_nodes.h5",
            "nodes/a/node_group_index",
            [0, 1, 9],
            "/nodes/a/0/kind: has 3 values, but .* points to value 9",
        ),
        ("a_nodes.h5", "nodes/a/0/kind", [0, 1, 2], "/nodes/a/0/kind: holds 2, but its @library has 2 words"),
        ("e_edges.h5", "edges/e/target_node_id", [0, 7], "/edges/e/target_node_id: row 1: there is no node 7"),
        ("e_edges.h5", "edges/e/source_node_id", [0], "/edges/e/source_node_id: has 1 values where .* has 2"),
        ("e_edges.h5", "edges/e/source_node_id", None, "/edges/e: has no 'source_node_id'"),
    ],
)
def test_bad_networks(file, path, values, problem, network, tmp_path):
    network.nodes(
        "a",
        [1, 1, 2],
        {"0": {"x": [1.0, 2.0, 3.0], "kind": [0, 1, 1], "@library/kind": ["p", "q"]}},
        "node_type_id model_name\n1 P\n2 Q\n",
    )
    network.edges("e", ("a", [0, 1]), ("a", [0, 1]), [0, 0])
    planted(network.folder, file, path, values)
    with pytest.raises(FormatError, match=problem):
        from_sonata(network.folder, tmp_path / "system")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["network"]


def test_ids_beyond_32_bits(network, tmp_path):
    wide = 2**40
    network.nodes("a", [wide, wide], csv=f"node_type_id model_name\n{wide} P\n")
    with pytest.raises(InvalidArgumentError, match=f"node_type_id of population 'a': {wide} to {wide} do not fit"):
        from_sonata(network.folder, tmp_path / "system")
    network.nodes("b", [1], csv="node_type_id model_name\n1 P\n")
    network.edges("e", ("b", [0]), ("b", [0]), [wide], csv=f"edge_type_id delay\n{wide} 1\n")
    (network.folder / "a_nodes.h5").unlink()
    (network.folder / "a_node_types.csv").unlink()
    with pytest.raises(InvalidArgumentError, match=f"edge_type_id of population 'e': {wide} to {wide} do not fit"):
        from_sonata(network.folder, tmp_path / "system")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("node_type_id a\n1 2 3\n", "/line 2: has 3 values for 2 columns"),
        ("node_type_id a\none 2\n", "/node_type_id: row 0: 'one' is no whole number"),
        ("node_type_id a\n1 2\n1 3\n", "/node_type_id: row 1: type 1 is there twice"),
    ],
)
def test_bad_tables_of_types(text, problem, network, tmp_path):
    network.nodes("a", [1], csv=text)
    with pytest.raises(FormatError, match=problem):
        from_sonata(network.folder, tmp_path / "system")


def test_an_edge_population_of_nodes_that_are_not_there(network, tmp_path):
    network.nodes("a", [1]).edges("e", ("b", [0]), ("a", [0]), [1])
    with pytest.raises(FormatError, match=r"/edges/e/source_node_id: node_population is 'b', but .* nodes of a;"):
        from_sonata(network.folder, tmp_path / "system")


def test_split_by_what_nobody_has(rich, tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"can be split by 'layer'; there is .*model_name"):
        from_sonata(rich.folder, tmp_path / "system", split_by="layer")
    assert not (tmp_path / "system").exists()


def test_a_system_that_was_changed_is_refused(rich, tmp_path):
    system = from_sonata(rich.folder, tmp_path / "system").target
    document = json.loads((system / "sonata.json").read_text())
    document["edges"]["input"]["size"] = 41
    (system / "sonata.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=r"40 edges of 'input' where it says 41.*restore=False"):
        to_sonata(system, tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("name", ["../escaped", "a/b"])
def test_names_in_the_document_lead_nowhere(name, network, tmp_path):
    system = from_sonata(network.nodes("a", [1]).folder, tmp_path / "system").target
    document = json.loads((system / "sonata.json").read_text())
    document["nodes"] = {name: document["nodes"]["a"]}
    (system / "sonata.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=r"sonata\.json"):
        to_sonata(system, tmp_path / "back")


@pytest.mark.parametrize("damage", [{"nodes": 1}, {"edges": {"e": {}}}, {"edges": {"e": {"size": 1, "source": "b"}}}])
def test_a_damaged_document(damage, network, tmp_path):
    system = from_sonata(network.nodes("a", [1]).folder, tmp_path / "system").target
    document = json.loads((system / "sonata.json").read_text())
    (system / "sonata.json").write_text(json.dumps({**document, **damage}))
    with pytest.raises(FormatError, match=r"sonata\.json: /"):
        to_sonata(system, tmp_path / "back")


def test_nothing_is_overwritten_unasked(network, tmp_path):
    network.nodes("a", [1])
    from_sonata(network.folder, tmp_path / "system")
    with pytest.raises(InvalidArgumentError, match="exists already"):
        from_sonata(network.folder, tmp_path / "system")
    with pytest.raises(InvalidArgumentError, match="is also where"):
        from_sonata(network.folder, network.folder, overwrite=True)
    with pytest.raises(InvalidArgumentError, match="is also where"):
        to_sonata(tmp_path / "system", tmp_path / "system", overwrite=True)
    from_sonata(network.folder, tmp_path / "system", overwrite=True)
    to_sonata(tmp_path / "system", tmp_path / "back")
    to_sonata(tmp_path / "system", tmp_path / "back", overwrite=True)
