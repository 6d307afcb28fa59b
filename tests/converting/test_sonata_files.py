"""Which files of a SONATA network are read, and what of them is named as left out."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest

from livn_core import System
from livn_core.converting import from_sonata, to_sonata
from livn_core.errors import FormatError, SourceNotFoundError


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
