"""Each defect that is planted in a system's directory is found at its place, and nothing else is."""

from __future__ import annotations

import shutil

import pytest

from livn_core import BackendConnectionError, SystemNotFoundError, validate
from livn_core.system._sidecars import Sidecars

ARCHITECTURE = "/architecture/config"
SYNAPSES = "/connections/…/config/synapses"


def at(path, value=None):
    """Set, or without a value delete, a place in a document."""
    *way, last = path.split("/")

    def change(content):
        for step in way:
            content = content[int(step) if isinstance(content, list) else step]
        if value is None:
            del content[last]
        else:
            content[int(last) if isinstance(content, list) else last] = value

    return change


CONFIG, SYN = "architecture/config", "connections/all/config/synapses"
DEFECTS = [
    ("graph-version", "graph.json", "/version", at("version", 2), ()),
    ("graph-broken", "graph.json", "/version", at("version", "1"), ()),
    ("graph-broken", "graph.json", "/architecture/config", at("architecture/config", [1]), ()),
    ("graph-broken", "graph.json", f"{ARCHITECTURE}/cell_distributions", at(f"{CONFIG}/cell_distributions", [1]), ()),
    ("graph-population-unknown", "graph.json", f"{ARCHITECTURE}/cell_distributions/PYR",
     at(f"{CONFIG}/cell_distributions/PYR", {"L": 3}), ()),
    ("graph-population-missing", "graph.json", f"{ARCHITECTURE}/cell_distributions",
     at(f"{CONFIG}/cell_distributions/INH"), ()),
    ("graph-count", "graph.json", f"{ARCHITECTURE}/cell_distributions/EXC",
     at(f"{CONFIG}/cell_distributions/EXC/L", 21), ()),
    ("graph-layer-unknown", "graph.json", f"{ARCHITECTURE}/layer_extents",
     at(f"{CONFIG}/cell_distributions/EXC", {"L": 10, "M": 10}), ()),
    ("graph-layer-broken", "graph.json", f"{ARCHITECTURE}/layer_extents/L",
     at(f"{CONFIG}/layer_extents/L", [[0, 0, 0]]), ()),
    ("position-outside-layers", "graph.json", f"{ARCHITECTURE}/layer_extents",
     at(f"{CONFIG}/layer_extents/L/1/0", 40), ()),
    ("graph-synapses-broken", "graph.json", "/connections/all/config/synapses", at(SYN, [1]), ()),
    ("graph-synapse-population", "graph.json", SYNAPSES, at(f"{SYN}/EXC/PYR", {"type": "excitatory"}),
     {"graph-projection-absent"}),
    ("graph-synapse-type", "graph.json", f"{SYNAPSES}/EXC/EXC/type", at(f"{SYN}/EXC/EXC/type", "strong"), ()),
    ("graph-projection-undeclared", "graph.json", SYNAPSES, at(f"{SYN}/INH"), ()),
    ("graph-projection-absent", "graph.json", f"{SYNAPSES}/INH/INH",
     at(f"{SYN}/INH/INH", {"type": "inhibitory"}), ()),
    ("selection-broken", "selection/e1.json", "/gids", at("gids"), ()),
    ("selection-broken", "selection/e1.json", "/gids/EXC", at("gids/EXC", [1, True]), ()),
    ("selection-broken", "selection/e1.json", "/meta", at("meta", [1]), ()),
    ("selection-population", "selection/e1.json", "/gids/PYR", at("gids/PYR", [1]), ()),
    ("selection-gid", "selection/e1.json", "/gids/INH", at("gids/INH", [20, 28]), ()),
    ("selection-gid-twice", "selection/e1.json", "/gids/INH", at("gids/INH", [20, 20]), ()),
    ("selection-other-graph", "selection/e1.json", "/meta/graph", at("meta/graph", "built-2"), ()),
    ("mea-broken", "mea.json", "/electrode_coordinates", at("electrode_coordinates"), ()),
    ("mea-broken", "mea.json", "/electrode_coordinates", at("electrode_coordinates/0", [0, 1, 2]), ()),
    ("mea-broken", "mea.json", "/colour", at("colour", 1), ()),
    ("mea-broken", "mea.json", "/electrode_coordinates", at("electrode_coordinates/0/0", 0.5), ()),
    ("mea-id-twice", "mea.json", "/electrode_coordinates", at("electrode_coordinates/1/0", 0), ()),
    ("mea-not-finite", "mea.json", "/electrode_coordinates/1", at("electrode_coordinates/1/2", float("nan")), ()),
    ("mea-radius", "mea.json", "/input_radius", at("input_radius", -1), ()),
    ("mea-radius-zero", "mea.json", "/output_radius", at("output_radius", 0), ()),
    ("mea-same-place", "mea.json", "/electrode_coordinates", at("electrode_coordinates/1", [1, 10, 10, 0]), ()),
    ("mea-far", "mea.json", "/electrode_coordinates/1", at("electrode_coordinates/1/1", 5000), ()),
    ("model-broken", "model.json", "/cls", at("cls", "no path"), ()),
    ("model-broken", "model.json", "/kwargs", at("kwargs", [1]), ()),
    ("model-refused", "model.json", "/cls", at("cls", "os.system"), ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "file", "node", "change", "also"), DEFECTS, ids=[f"{one[0]} {one[2]}" for one in DEFECTS]
)
def test_planted(code, file, node, change, also, edit_json, assert_found):
    edit_json(file, change)
    assert_found(code, file, node, also)


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("name", ["graph.json", "mea.json", "model.json", "selection/e1.json", "params/default.json"])
def test_broken_json(name, content, system, assert_found):
    (system / name).write_bytes(content)
    assert_found("json-broken", name, "/")


def test_parameters_of_a_wrong_shape(system, assert_found):
    (system / "params" / "e1.json").write_text("[1]")
    assert_found("params-broken", "params/e1.json", "/")


def test_parameters_of_no_selection(system, assert_found):
    shutil.move(system / "params" / "e1.json", system / "params" / "e2.json")
    assert_found("params-without-selection", "params/e2.json", "/")


@pytest.mark.parametrize(
    ("code", "name", "also"),
    [
        ("graph-missing", "graph.json", ()),
        ("cells-missing", "cells.h5", ()),
        ("connections-missing", "connections.h5", {"graph-projection-absent"}),
    ],
)
def test_missing_file(code, name, also, system, assert_found):
    (system / name).unlink()
    assert_found(code, name, "/", also)


def test_no_hdf5_file_at_all(system, assert_found):
    (system / "cells.h5").unlink()
    (system / "connections.h5").unlink()
    assert_found("files-missing", "", "/")


def test_one_file_beside_a_pair(system, assert_found):
    h5py = pytest.importorskip("h5py")
    shutil.copy(system / "cells.h5", system / "graph.h5")
    with h5py.File(system / "connections.h5") as source, h5py.File(system / "graph.h5", "r+") as target:
        source.copy("Projections", target)
    assert len(assert_found("files-both", "cells.h5", "/")) == 2


@pytest.mark.parametrize("name", ["cells.h5", "connections.h5"])
def test_a_file_that_is_cut_off(name, system):
    content = (system / name).read_bytes()
    (system / name).write_bytes(content[: len(content) // 2])
    found = validate(system)
    assert not found.ok
    broken = {one.file for one in found if one.severity == "error"}
    assert broken == {str(system / name)}


def test_what_is_no_hdf5(system, assert_found):
    (system / "connections.h5").write_bytes(b"no HDF5" * 100)
    assert_found("file-unreadable", "connections.h5", "/", {"graph-projection-absent"})


def test_nothing_at_all(tmp_path):
    with pytest.raises(SystemNotFoundError, match="there is no system there"):
        validate(tmp_path / "none")


def test_documents_that_cannot_be_listed(system, assert_found, monkeypatch):
    def names(_):
        raise BackendConnectionError("no answer")

    monkeypatch.setattr(Sidecars, "names", names)
    assert_found("documents-unknown", "", "/")
