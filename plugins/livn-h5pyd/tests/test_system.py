"""A whole system from a real HSDS and a companion file server, through livn-core, is the system on disk."""

from __future__ import annotations

import functools
import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from livn_h5pyd import livn_backend_sidecars
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.importing import import_system

from livn_core import System, open_neuroh5, predefined

EI1 = Path(__file__).parents[3] / "systems" / "graphs" / "EI1"
SOURCE = "systems/graphs/EI1"
LOCAL = ["pyfive", "neuroh5"]

pytestmark = pytest.mark.skipif(not EI1.is_dir(), reason="the system EI1 is in the repository only")


@pytest.fixture(scope="module")
def imported(admin):
    return import_system(admin, EI1)


@pytest.fixture(scope="module")
def companion(tmp_path_factory):
    """The companion file server, over a copy of EI1 without its HDF5 files."""
    root = tmp_path_factory.mktemp("served")
    shutil.copytree(EI1, root / "EI1", ignore=shutil.ignore_patterns("*.h5"))
    (root / "EI1" / "selection").mkdir()
    (root / "EI1" / "selection" / "few.json").write_text('{"gids": {"EXC": [0, 1]}}')
    with Companion(CompanionSettings(root)) as server:
        yield server


@pytest.fixture
def served(hsds, imported, companion, tmp_path, set_hsds, monkeypatch):
    """EI1 on the servers alone: nothing of it below the working directory."""
    monkeypatch.chdir(tmp_path)
    set_hsds(endpoint=hsds.endpoint, files_endpoint=companion.address, timeout=10)


def same(one, other):
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("source", [SOURCE, "EI1", "/somewhere/else/EI1", "hdf5://EI1"])
def test_it_is_opened_by_any_of_its_names(served, source):
    with System(source) as system:
        assert system.populations == ["EXC", "INH"]
        assert system.backend == "h5pyd"


def test_predefined_needs_no_local_files(served):
    with System(predefined("EI1")) as system:
        assert system.backend == "h5pyd"
        assert system.num_neurons == 10


def test_everything_is_as_on_disk(served):
    with System(SOURCE) as remote, System(str(EI1), backend=LOCAL) as local:
        for name in ("populations", "num_neurons", "neuron_coordinates", "gids", "bounding_box"):
            same(getattr(remote, name), getattr(local, name))
        with open_neuroh5(str(EI1 / "connections.h5"), backend=LOCAL) as file:
            projections = file.projections
        assert len(projections) == 4
        for pre, post in projections:
            one = remote.projection(pre, post).read(attributes=True)
            other = local.projection(pre, post).read(attributes=True)
            for name in ("post_gids", "indptr", "pre_gids"):
                same(getattr(one, name), getattr(other, name))
            assert one.attributes.keys() == other.attributes.keys() != set()
            for namespace, values in other.attributes.items():
                for name in values:
                    same(one.attributes[namespace][name], values[name])
        same(remote.connectivity_matrix(), local.connectivity_matrix())


def test_json_files_come_from_the_companion(served):
    assert livn_backend_sidecars("EI1", {}) == ["graph.json", "mea.json", "provenance.json", "selection/few.json"]
    with System("EI1") as system:
        assert system.selection_document("few")["gids"] == {"EXC": [0, 1]}
        assert system.connections_config["synapses"].keys() == {"EXC", "INH"}


def test_it_survives_pickling(served):
    with System(SOURCE) as system:
        copy = pickle.loads(pickle.dumps(system))
    with copy:
        assert copy.num_neurons == 10


def test_the_command_line_shows_it(served):
    done = subprocess.run(
        [sys.executable, "-m", "livn_core", "info", "EI1", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert "h5pyd" in done.stdout
    assert "EXC" in json.dumps(shown)
    assert done.stderr == ""


@pytest.fixture
def livn(served):
    """Run the command line where nothing of the system lies."""

    def livn(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "livn_core", *arguments], capture_output=True, text=True, check=False, timeout=120
        )

    return livn


@pytest.fixture(scope="module")
def only_there(admin, tmp_path_factory):
    """A system of a name that nothing on this machine has."""
    folder = tmp_path_factory.mktemp("only") / "OnlyThere"
    shutil.copytree(EI1, folder)
    import_system(admin, folder)
    return folder.name


@pytest.mark.parametrize("name", ["{}", "systems/graphs/{}", "{}/cells.h5", "hdf5://{}/cells.h5"])
def test_the_command_line_needs_nothing_on_this_machine(livn, only_there, name):
    done = livn("info", name.format(only_there), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["backend"] == "h5pyd"
    assert [row["name"] for row in found["populations"]] == ["EXC", "INH"]


@pytest.mark.parametrize("name", ["{}", "systems/graphs/{}", "{}/cells.h5"])
def test_the_command_line_checks_it(livn, only_there, name):
    done = livn("backends", name.format(only_there), "--check", "--json")
    assert done.returncode == 0, done.stdout
    row = next(row for row in json.loads(done.stdout)["candidates"] if row["name"] == "h5pyd")
    assert (row["status"], row["reason"]) == ("chosen", "opened it")


def test_the_command_line_falls_back_from_a_system_that_the_server_lacks(livn):
    missing = livn("info", "NoSuchSystem", "--fallback")
    assert missing.returncode == 1
    assert "nor is there a copy on this machine" in missing.stderr
    there = livn("info", "EI1", "--fallback", "--json")
    assert json.loads(there.stdout)["backend"] == "h5pyd"
    assert there.stderr == ""


def test_the_command_line_says_in_one_line_that_the_server_is_down(served, set_hsds):
    set_hsds(endpoint="http://127.0.0.1:9", timeout=2, retries=0)
    run = functools.partial(subprocess.run, capture_output=True, text=True, check=False)
    done = run([sys.executable, "-m", "livn_core", "info", "EI1"])
    assert done.returncode != 0
    error, note = done.stderr.splitlines()
    assert error.startswith("error: http://127.0.0.1:9: cannot be reached")
    assert note.startswith("note: while opening systems/graphs/EI1/graph.h5 with backend 'h5pyd'")
