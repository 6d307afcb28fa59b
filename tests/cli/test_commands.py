"""The commands, from the outside."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import livn_core

pytestmark = pytest.mark.skipif(find_spec("livn_pyfive") is None, reason="pip install livn-pyfive")


def test_info(run):
    done = run("info", "EI1")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].endswith("EI1")
    assert "10 cells, " in lines[1]
    assert lines[1].endswith("read by pyfive, by priority (LIVN_H5_BACKEND is not set)")
    assert lines[3].split()[:2] == ["population", "first"]
    assert [line.split()[:4] for line in lines[4:6]] == [["EXC", "0", "7", "8"], ["INH", "8", "9", "2"]]
    assert "\x1b" not in done.stdout
    assert lines[-1] == "beside it: graph.json, mea.json, provenance.json"


def test_info_for_programs_agrees_with_the_library(run):
    found = json.loads(run("info", "EI1", "--json").stdout)
    with livn_core.System(livn_core.predefined("EI1")) as system:
        assert {one["name"]: (one["start"], one["count"]) for one in found["populations"]} == system.population_ranges
        for one in found["projections"]:
            assert one["n_edges"] == len(system.projection(one["pre"], one["post"]).read())
        assert found["n_cells"] == system.num_neurons
        assert found["backend"] == system.backend == "pyfive"
    assert found["sidecars"] == ["graph.json", "mea.json", "provenance.json"]


def test_info_of_a_directory_and_of_one_file(run):
    path = Path(livn_core.predefined("EI1")).resolve()
    assert run("info", str(path)).stdout.splitlines()[0] == str(path)
    one = json.loads(run("info", str(path / "cells.h5"), "--json").stdout)
    assert [row["name"] for row in one["populations"]] == ["EXC", "INH"]
    assert one["projections"] == []


def test_info_of_cells_alone(run, work):
    (work / "alone").mkdir()
    shutil.copy(Path(livn_core.predefined("EI1")) / "cells.h5", work / "alone")
    done = run("info", "alone")
    assert (done.returncode, done.stderr) == (0, "")
    assert "10 cells, 0 edges; read by" in done.stdout
    assert "no projections" in done.stdout.splitlines()
    assert json.loads(run("info", "alone", "--json").stdout)["projections"] == []


def test_info_of_edges_that_are_broken(run, work):
    shutil.copytree(livn_core.predefined("EI1"), work / "broken")
    (work / "broken" / "connections.h5").write_bytes(b"no HDF5")
    done = run("info", "broken")
    assert done.returncode == 1
    assert "connections.h5: " in done.stderr


def test_info_through_a_named_backend(run):
    assert "read by h5py, by the backend= argument" in run("info", "EI1", "--backend", "h5py").stdout
    assert "read by h5py, by LIVN_H5_BACKEND" in run("info", "EI1", LIVN_H5_BACKEND="h5py").stdout


ERRORS = {
    "missing path": (("info", "none/at/all"), {}, "none/at/all: no such file or directory"),
    "missing file": (("info", "none.h5"), {}, "none.h5: no such file or directory"),
    "unknown name": (("info", "EI9"), {}, "there is no system 'EI9' in"),
    "unknown backend": (("info", "EI1", "--backend", "pyfvie"), {}, "did you mean 'pyfive'?"),
    "unknown backend in the environment": (
        ("info", "EI1"),
        {"LIVN_H5_BACKEND": "nope"},
        "no backend 'nope' is installed",
    ),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_readable(kind, run):
    arguments, environment, sentence = ERRORS[kind]
    done = run(*arguments, **environment)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(run):
    for arguments in (("--debug", "info", "none.h5"), ("info", "none.h5", "--debug")):
        done = run(*arguments)
        assert done.returncode == 1
        assert "Traceback" in done.stderr


def test_directory_that_is_no_system(run, tmp_path):
    done = run("info", str(tmp_path))
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr


def test_wrong_usage(run):
    assert run("info").returncode == 2
    assert run("nonsense").returncode in {2, 128}  # the original, where it is installed, answers 128
    assert run("backends", "--check").returncode == 2


def test_backends(run):
    found = json.loads(run("backends", "--json").stdout)
    assert found["chosen"] == "pyfive"
    assert {"pyfive", "h5py"} <= {row["name"] for row in found["candidates"]}
    table = run("backends").stdout.splitlines()
    assert table[0] == "pyfive, by priority (LIVN_H5_BACKEND is not set)"
    assert table[1].split() == ["backend", "provider", "priority", "status", "reason", "remedy"]


def test_backends_check_opens(run, tmp_path):
    cells = Path(livn_core.predefined("EI1")).resolve() / "cells.h5"
    rows = {
        row["name"]: row for row in json.loads(run("backends", str(cells), "--check", "--json").stdout)["candidates"]
    }
    assert rows["pyfive"]["reason"] == rows["h5py"]["reason"] == "opened it"
    (tmp_path / "broken.h5").write_bytes(b"no HDF5 at all")
    done = run("backends", str(tmp_path / "broken.h5"), "--check", "--json")
    assert done.returncode == 1
    assert {row["status"] for row in json.loads(done.stdout)["candidates"] if row["priority"] in {0, 10}} == {"failed"}


def test_no_backend_can_open_it(run):
    done = run("backends", "gopher://somewhere/x.h5")
    assert done.returncode == 1
    assert done.stdout.startswith("no backend can open gopher://somewhere/x.h5")


def test_version(run):
    found = json.loads(run("version", "--json").stdout)
    assert found["livn-core"] == livn_core.__version__
    assert found["backend pyfive"] == f"livn-pyfive {livn_core.__version__}"
    assert run("version").stdout.splitlines()[0] == f"livn-core {livn_core.__version__}"


def test_version_option(run):
    assert run("--version").stdout == f"livn-core {livn_core.__version__}\n"


def test_name_that_was_probably_meant(run):
    assert "Did you mean EI1?" in run("info", "ei1").stderr
