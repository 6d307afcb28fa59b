"""SONATA to NeuroH5 and back: nothing is lost, and what is, is said."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from livn_core import Edges, System, write_system
from livn_core.converting import from_sonata, to_sonata
from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError

rng = np.random.default_rng(7)
NODE_TYPES = 'node_type_id model_name ei "cell height"\n7 Zeta e 1.5\n3 Alpha i NULL\n5 "Mu Nu" e 2\n'
EDGE_TYPES = "edge_type_id target_query delay model_template\n1 ei=='e' 2.1 exp2syn\n2 * NULL static\n"
TYPES = [7, 3, 7, 5, 3, 7]


def pieces(system, pre, post):
    edges = system.projection(pre, post).read(attributes=True)
    return edges, {(space, name): values for space, named in edges.attributes.items() for name, values in named.items()}


@pytest.fixture
def rich(network):
    """Everything at once: types not in order, groups, libraries, texts, wide numbers, ids, several edge populations."""
    network.nodes(
        "cortex",
        TYPES,
        {
            "0": {"x": rng.random(4), "y": rng.random(4), "z": rng.random(4),
                  "mtype": np.array([1, 0, 1, 1], np.uint32), "@library/mtype": ["PC", "BC", "never"],
                  "dynamics_params/tau": rng.random(4)},
            "3": {"x": rng.random(2), "y": rng.random(2), "z": rng.random(2), "note": ["ä b", ""],
                  "seed": np.array([2**40, -5]), "flag": np.array([True, False]), "mtype": [b"PC", b"other"]},
        },
        NODE_TYPES,
        node_group_id=np.array([0, 3, 0, 0, 3, 0], np.uint32),
        node_group_index=np.array([3, 1, 2, 0, 0, 1], np.uint64),
        node_id=np.array([10, 11, 12, 13, 20, 21], np.uint64),
    )  # fmt: skip
    network.nodes("thalamus", [-1, -1, -1])
    source, target = rng.integers(0, 3, 40), rng.choice([10, 11, 12, 13, 20, 21], 40)
    group_ids = np.repeat([0, 1], 20)
    network.edges(
        "input",
        ("thalamus", source),
        ("cortex", target),
        rng.integers(1, 3, 40),
        {
            "0": {"syn_weight": rng.random(20), "delay": rng.random(20).astype(np.float32)},
            "1": {"syn_weight": rng.random(20) * 1e300, "afferent_section_id": rng.integers(-1, 99, 20),
                  "afferent_section_pos": rng.random(20).astype(np.float16)},
        },
        EDGE_TYPES,
        edge_group_id=rng.permutation(group_ids).astype(np.uint16),
        edge_group_index=None,
    )  # fmt: skip
    with h5py.File(network.folder / "input_edges.h5", "a") as file:
        found = file["edges/input/edge_group_id"][:]
        index = np.empty(40, np.uint32)
        for number in (0, 1):
            index[found == number] = rng.permutation(20)
        file["edges/input/edge_group_index"] = index
    network.edges("more", ("thalamus", [2, 0]), ("cortex", [10, 10]), [9, 9], {"0": {"kind": ["a", "b"]}})
    network.edges("none", ("cortex", []), ("cortex", []), [])
    return network


def test_a_round_trip_loses_nothing(rich, tmp_path, assert_same):
    done = from_sonata(rich.folder, tmp_path / "system")
    assert not done.dropped
    back = to_sonata(done.target, tmp_path / "back")
    assert not back.remarks
    assert_same(rich.folder, tmp_path / "back")
    assert (tmp_path / "back" / "cortex_node_types.csv").read_text().split() == NODE_TYPES.split()
    assert (tmp_path / "back" / "input_edge_types.csv").read_text() == EDGE_TYPES
    assert not (tmp_path / "back" / "thalamus_node_types.csv").exists()


def test_a_second_round_trip_gives_the_same_system(rich, tmp_path):
    first = from_sonata(rich.folder, tmp_path / "first").target
    to_sonata(first, tmp_path / "back")
    second = from_sonata(tmp_path / "back", tmp_path / "second").target
    with System(first) as one, System(second) as other:
        assert one.population_ranges == other.population_ranges
        assert one.projection_names == other.projection_names
        for pair in one.projection_names:
            (edges, columns), (same, others) = pieces(one, *pair), pieces(other, *pair)
            np.testing.assert_array_equal(edges.pre_gids, same.pre_gids)
            assert columns.keys() == others.keys()
            for key, values in columns.items():
                np.testing.assert_array_equal(values, others[key])


def test_populations_are_types_in_the_order_of_the_nodes(rich, tmp_path):
    done = from_sonata(rich.folder, tmp_path / "system")
    assert done.cells == {"Zeta": 3, "Alpha": 2, "Mu Nu": 1, "thalamus": 3}
    with System(done.target) as system:
        assert system.population_ranges == {"Zeta": (0, 3), "Alpha": (3, 2), "Mu Nu": (5, 1), "thalamus": (6, 3)}
        rows = system.cell_attributes("Zeta", "SONATA")["row"].values
        assert rows.tolist() == [0, 2, 5]
        assert system.cell_attributes("Zeta", "SONATA")["node_id"].values.tolist() == [10, 12, 21]
        heights = system.cell_attributes("Alpha", "Attributes")["cell height"].values
        assert np.isnan(heights).all()


def test_every_edge_is_where_it_belongs(rich, tmp_path):
    done = from_sonata(rich.folder, tmp_path / "system")
    with h5py.File(rich.folder / "input_edges.h5") as file:
        group = file["edges/input"]
        ids, index = group["edge_group_id"][:], group["edge_group_index"][:]
        weights = [group[f"{a}/syn_weight"][b] for a, b in zip(ids, index, strict=True)]
        delays = [
            group["0/delay"][b] if a == 0 else {1: np.float32(2.1), 2: np.nan}[kind]
            for a, b, kind in zip(ids, index, group["edge_type_id"][:], strict=True)
        ]
        ends = list(zip(group["source_node_id"][:], group["target_node_id"][:], strict=True))
    seen = []
    with System(done.target) as system:
        for post in ("Zeta", "Alpha", "Mu Nu"):
            edges, columns = pieces(system, "thalamus", post)
            id_of = system.cell_attributes(post, "SONATA")["node_id"].values
            start = system.population_ranges[post][0]
            mine = columns["SONATA", "edge_population"] == 0
            for at in np.flatnonzero(mine):
                row = int(columns["SONATA", "edge_id"][at])
                seen.append(row)
                assert ends[row] == (edges.pre_gids[at] - 6, id_of[edges.post_gid_per_edge[at] - start])
                with np.errstate(over="ignore"):
                    assert columns["Synapses", "syn_weight"][at] == np.float32(weights[row])
                np.testing.assert_equal(columns["Synapses", "delay"][at], np.float32(delays[row]))
    assert sorted(seen) == list(range(40))


def test_edges_of_one_cell_come_together_and_in_order(rich, tmp_path):
    """neuroh5 finds only the first block of a cell, so each has one, whatever populations its edges come from."""
    done = from_sonata(rich.folder, tmp_path / "system")
    with h5py.File(done.target / "connections.h5") as file:
        first = file["Projections/Zeta/thalamus/Edges/Destination Block Index"][:]
        assert np.all(np.diff(first.astype(int)) > 0)
    with System(done.target) as system:
        edges, columns = pieces(system, "thalamus", "Zeta")
        for at in range(edges.post_gids.size):
            span = slice(edges.indptr[at], edges.indptr[at + 1])
            order = list(
                zip(columns["SONATA", "edge_population"][span], columns["SONATA", "edge_id"][span], strict=True)
            )
            assert order == sorted(order)


@pytest.mark.parametrize(
    ("split_by", "expected"),
    [
        ("none", {"cortex": 6, "thalamus": 3}),
        ("ei", {"e": 4, "i": 2, "thalamus": 3}),
        ("node_type_id", {"cortex_7": 3, "cortex_3": 2, "cortex_5": 1, "thalamus_-1": 3}),
        ("cell height", {"1.5": 3, "cortex": 2, "2": 1, "thalamus": 3}),
        ("mtype", {"BC": 3, "other": 1, "PC": 2, "thalamus": 3}),
    ],
)
def test_split_by(split_by, expected, rich, tmp_path, assert_same):
    done = from_sonata(rich.folder, tmp_path / "system", split_by=split_by)
    assert done.cells == expected
    to_sonata(done.target, tmp_path / "back")
    assert_same(rich.folder, tmp_path / "back")


def test_names_that_two_populations_share_get_their_own(network, tmp_path):
    csv = "node_type_id pop_name\n1 PC\n2 IN\n"
    network.nodes("left", [1, 2], csv=csv).nodes("right", [2, 1, 1], csv=csv)
    done = from_sonata(network.folder, tmp_path / "system")
    assert done.cells == {"left_PC": 1, "left_IN": 1, "right_IN": 1, "right_PC": 2}


def test_split_by_what_nobody_has(rich, tmp_path):
    with pytest.raises(InvalidArgumentError, match=r"can be split by 'layer'; there is .*model_name"):
        from_sonata(rich.folder, tmp_path / "system", split_by="layer")
    assert not (tmp_path / "system").exists()


def test_positions(network, tmp_path, assert_same):
    network.nodes("flat", [1, 1], {"0": {"x": [1.0, 2.0], "y": [3.0, 4.0]}})
    network.nodes("old", [1], {"0": {"positions": [[0.1, 0.2, 0.3]]}})
    network.nodes("nowhere", [1])
    done = from_sonata(network.folder, tmp_path / "system")
    assert [str(one) for one in done.remarks] == [
        "changed: nodes of 'flat': have no z, so their cells have z = 0",
        "changed: nodes of 'nowhere': have no positions, so System has no coordinates of their cells",
    ]
    with System(done.target) as system:
        assert system.coordinate_array("flat").tolist() == [[0, 1, 3, 0], [1, 2, 4, 0]]
        np.testing.assert_allclose(system.coordinate_array("old")[0, 1:], [0.1, 0.2, 0.3], rtol=1e-7)
    to_sonata(done.target, tmp_path / "back")
    assert_same(network.folder, tmp_path / "back")


def test_what_is_dropped_is_named(network, tmp_path):
    network.nodes("a", [1, 1], {"0": {"matrix": np.zeros((2, 2)), "pair": np.zeros(2, "i4,i4"), "x": [1.0, 2.0, 3.0]}})
    file = network.folder / "a_nodes.h5"
    with h5py.File(file, "a") as opened:
        opened["nodes/a/0/x"].attrs["units"] = "um"
        opened["nodes/a/extra"] = 1
    done = from_sonata(network.folder, tmp_path / "system")
    assert [str(one) for one in done.dropped] == [
        f"dropped: {file}: /nodes/a/0/matrix: has 2 dimensions, and an attribute here has one",
        f"dropped: {file}: /nodes/a/0/pair: holds values of type [('f0', '<i4'), ('f1', '<i4')], "
        "which are neither numbers nor text",
        f"dropped: {file}: /nodes/a/0/x: units: HDF5 attributes have no place here",
        f"dropped: {file}: /nodes/a/extra: is no part of SONATA that is known here",
        f"dropped: {file}: /nodes/a/0/x: 1 values that no node refers to",
    ]


def test_what_was_added_to_a_system_is_named_on_the_way_back(network, tmp_path):
    network.nodes("a", [1, 1])
    system = from_sonata(network.folder, tmp_path / "system").target
    with h5py.File(system / "cells.h5", "a") as file:
        file.copy("Populations/a/SONATA/row", file.require_group("Populations/a/Mine"), "layer")
    (system / "mea.json").write_text("{}")
    dropped = to_sonata(system, tmp_path / "back").dropped
    assert [one.what for one in dropped] == ["a/Mine/layer", "mea.json"]
    assert "layer" in h5py.File(to_sonata(system, tmp_path / "own", restore=False).target / "a_nodes.h5")["nodes/a/0"]


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


def test_files_as_they_are_given(network, tmp_path):
    network.nodes("a", [1], file="n.h5").edges("e", (None, [0]), (None, [0]), [1], file="c.h5")
    (network.folder / "kinds.csv").write_text("node_type_id pop_name\n1 PC\n")
    files = [network.folder / name for name in ("n.h5", "c.h5", "kinds.csv")]
    assert from_sonata(files, tmp_path / "system").edges == {"a -> a": 1}
    with pytest.raises(SourceNotFoundError, match="has SONATA nodes"):
        from_sonata(files[1:], tmp_path / "other")
    with pytest.raises(SourceNotFoundError, match="no such file or directory"):
        from_sonata(network.folder / "nothing.json", tmp_path / "other")


def test_a_configuration_with_a_manifest(network, tmp_path):
    network.nodes("a", [1, 2], csv="node_type_id pop_name\n1 P\n2 Q\n").edges("e", ("a", [0]), ("a", [1]), [1])
    document = {
        "manifest": {"$BASE": "./network", "$NET": "${BASE}"},
        "networks": {
            "nodes": [{"nodes_file": "$NET/a_nodes.h5", "node_types_file": "${NET}/a_node_types.csv"}],
            "edges": [{"edges_file": "$BASE/e_edges.h5", "edge_types_file": None}],
        },
        "components": {"morphologies_dir": "$NET/m"},
    }
    (tmp_path / "circuit.json").write_text(json.dumps(document))
    (tmp_path / "simulation.json").write_text(json.dumps({"manifest": {"$X": "."}, "network": "$X/circuit.json"}))
    done = from_sonata(tmp_path / "simulation.json", tmp_path / "system")
    assert done.cells == {"P": 1, "Q": 1}
    assert done.edges == {"P -> Q": 1}
    back = json.loads((to_sonata(done.target, tmp_path / "back").target / "circuit_config.json").read_text())
    assert back["components"] == document["components"]
    document["networks"]["nodes"][0]["nodes_file"] = "$WHERE/a_nodes.h5"
    (tmp_path / "circuit.json").write_text(json.dumps(document))
    with pytest.raises(FormatError, match=r"circuit\.json: /manifest: does not define 'WHERE'"):
        from_sonata(tmp_path / "circuit.json", tmp_path / "other")


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


def test_edges_in_several_pieces(network, tmp_path, assert_same, monkeypatch):
    monkeypatch.setattr("livn_core.converting.sonata._bundle.PIECE", 50)
    size = 2000
    network.nodes("a", rng.integers(1, 3, 30), csv="node_type_id pop_name\n1 P\n2 Q\n")
    ends = rng.integers(0, 30, (2, size))
    network.edges("e", ("a", ends[0]), ("a", ends[1]), np.zeros(size), {"0": {"w": rng.random(size)}})
    done = from_sonata(network.folder, tmp_path / "system", compression=4, shuffle=True, layout="single")
    assert sum(done.edges.values()) == size
    to_sonata(done.target, tmp_path / "back")
    assert_same(network.folder, tmp_path / "back")


def test_a_system_of_our_own_goes_there_and_back(tmp_path):
    edges = Edges(
        np.array([100, 103]), np.array([0, 2, 3]), np.array([7, 5, 6]),
        {"Synapses": {"delay": np.arange(3, dtype=np.float32)}, "Connections": {"delay": np.arange(3, dtype=np.uint8)}},
    )  # fmt: skip
    cells = {
        "INH": {
            "Generated Coordinates": {f"{axis} Coordinate": np.arange(4, dtype=np.float32) for axis in "XYZ"},
            "Layers": {"x": np.arange(4, dtype=np.int16), "0": np.arange(4, dtype=np.uint8)},
        }
    }
    write_system(tmp_path / "system", {"INH": (100, 4), "EXC": (5, 3)}, {("EXC", "INH"): edges}, cells=cells)
    done = to_sonata(tmp_path / "system", tmp_path / "sonata")
    assert not done.remarks
    back = from_sonata(tmp_path / "sonata", tmp_path / "back")
    with System(tmp_path / "system") as system, System(back.target) as same:
        assert same.population_ranges == system.population_ranges
        for name, space, attribute in [("INH", "Layers", "x"), ("INH", "Layers", "0")]:
            found, expected = (one.cell_attributes(name, space)[attribute].values for one in (same, system))
            np.testing.assert_array_equal(found, expected, strict=True)
        (found, columns), (expected, others) = (pieces(one, "EXC", "INH") for one in (same, system))
        np.testing.assert_array_equal(found.pre_gids, expected.pre_gids)
        np.testing.assert_array_equal(found.post_gids, expected.post_gids)
        for key, values in others.items():
            np.testing.assert_array_equal(columns[key], values, strict=True)


def test_cells_with_and_without_an_attribute(tmp_path):
    from livn_core import CellAttribute

    some = CellAttribute(np.array([1, 3]), np.array([0, 1, 2]), np.array([5, 6], np.int32))
    several = CellAttribute(np.array([0]), np.array([0, 2]), np.array([5, 6], np.int32))
    write_system(tmp_path / "system", {"A": 4}, cells={"A": {"Some": {"rank": some}, "Several": {"ids": several}}})
    done = to_sonata(tmp_path / "system", tmp_path / "sonata")
    assert [(one.kind, one.what) for one in done.remarks] == [
        ("dropped", "A/Several/ids"),
        ("changed", "population 'A'"),
    ]
    back = from_sonata(tmp_path / "sonata", tmp_path / "back")
    with System(back.target) as system:
        (space,) = [one for one in system.namespaces("A") if one.startswith("Some")]
        found = system.cell_attributes("A", space)["rank"]
        assert found.gids.tolist() == [1, 3]
        assert found.values.tolist() == [5, 6]


@pytest.mark.parametrize("damage", [{"nodes": 1}, {"edges": {"e": {}}}, {"edges": {"e": {"size": 1, "source": "b"}}}])
def test_a_damaged_document(damage, network, tmp_path):
    system = from_sonata(network.nodes("a", [1]).folder, tmp_path / "system").target
    document = json.loads((system / "sonata.json").read_text())
    (system / "sonata.json").write_text(json.dumps({**document, **damage}))
    with pytest.raises(FormatError, match=r"sonata\.json: /"):
        to_sonata(system, tmp_path / "back")
