"""What a user may name: files of any suffix, and systems on a server that is down."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import livn_core

pytestmark = pytest.mark.skipif(find_spec("livn_pyfive") is None, reason="pip install livn-pyfive")
needs_h5pyd = pytest.mark.skipif(find_spec("livn_h5pyd") is None, reason="pip install livn-h5pyd")

# Port 9 is "discard"; nobody runs it any more.
DOWN = json.dumps({"endpoint": "http://127.0.0.1:9", "timeout": 2, "retries": 0})


@pytest.fixture
def shipped() -> Path:
    return Path(livn_core.__file__).parent / "data" / "systems" / "EI1"


@pytest.mark.parametrize("name", ["cells.hdf5", "cells.H5", "cells.nwb", "cells"])
def test_a_local_file_may_have_any_name(name, run, shipped, work):
    shutil.copy(shipped / "cells.h5", work / name)
    found = json.loads(run("info", name, "--json").stdout)
    assert [row["name"] for row in found["populations"]] == ["EXC", "INH"]
    assert json.loads(run("backends", name, "--check", "--json").stdout)["source"] == name


def test_a_directory_may_be_named_like_a_file(run, shipped, work):
    shutil.copytree(shipped, work / "system.h5")
    found = json.loads(run("info", "system.h5", "--json").stdout)
    assert found["sidecars"] == ["graph.json", "mea.json", "provenance.json"]


@pytest.mark.parametrize("suffix", [".h5", ".hdf5", ".he5", ".nh5"])
def test_an_address_with_a_suffix_is_one_file(suffix, run):
    source = json.loads(run("backends", f"https://127.0.0.1:9/x{suffix}?token=1", "--json").stdout)["source"]
    assert source == f"https://127.0.0.1:9/x{suffix}"


@needs_h5pyd
@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("EI7", "systems/graphs/EI7/graph.h5"),
        ("systems/graphs/EI7", "systems/graphs/EI7/graph.h5"),
        ("EI7/cells.h5", "EI7/cells.h5"),
        ("cells.h5", "cells.h5"),
    ],
)
def test_with_a_server_nothing_need_be_on_this_machine(name, domain, run):
    done = run("info", name, LIVN_HSDS=DOWN)
    assert done.returncode == 1
    error, note = done.stderr.splitlines()
    assert error.startswith("error: http://127.0.0.1:9: cannot be reached")
    assert note.startswith(f"note: while opening {domain} with backend 'h5pyd'")
    assert "chosen by priority" in note
    assert "choose another with" in note


@needs_h5pyd
def test_a_named_local_backend_leaves_the_server_out_of_it(run):
    done = run("info", "EI1", "--backend", "pyfive", LIVN_HSDS="{bad")
    assert (done.returncode, done.stderr) == (0, "")
    assert "read by pyfive" in done.stdout
    assert run("info", "EI1", LIVN_HSDS="{bad", LIVN_H5_BACKEND="pyfive").returncode == 0
    wrong = run("info", "EI1", LIVN_HSDS="{bad")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("error: LIVN_HSDS is not valid JSON")
    assert run("info", "EI1", "--fallback", LIVN_HSDS="{bad").returncode == 1
    assert run("info", "EI7", "--backend", "pyfive", LIVN_HSDS=DOWN).stderr.startswith("error: there is no system")


@needs_h5pyd
def test_fallback_finds_the_local_copy_of_a_name(run, shipped):
    done = run("info", "EI1", "--fallback", LIVN_HSDS=DOWN)
    assert done.returncode == 0
    heading, line = done.stdout.splitlines()[:2]
    assert Path(heading).samefile(shipped)
    assert line.endswith("read by pyfive, after h5pyd failed")
    (warning,) = done.stderr.splitlines()
    assert warning.startswith("warning: systems/graphs/EI1: backend 'h5pyd' failed (BackendConnectionError: ")
    assert warning.endswith(f"; reading {heading} instead")


@needs_h5pyd
def test_fallback_takes_the_copy_below_the_working_directory_first(run, shipped, work):
    shutil.copytree(shipped, work / "systems" / "graphs" / "EI1")
    done = run("info", "EI1", "--fallback", LIVN_HSDS=DOWN)
    assert done.stdout.splitlines()[0] == "systems/graphs/EI1"
    assert done.stdout.splitlines()[1].endswith("after h5pyd failed")
    assert len(done.stderr.splitlines()) == 1


@needs_h5pyd
def test_fallback_says_where_it_looked_for_a_local_copy(run):
    done = run("info", "EI7", "--fallback", LIVN_HSDS=DOWN)
    assert done.returncode == 1
    assert done.stderr.startswith("error: http://127.0.0.1:9: cannot be reached")
    assert "note: nor is there a copy on this machine: there is no system 'EI7' in" in done.stderr
    alone = run("info", "EI1", "--fallback", "--backend", "h5pyd", LIVN_HSDS=DOWN)
    assert alone.returncode == 1
    assert alone.stdout == ""


def test_secrets_in_an_address_are_not_shown(run):
    done = run("info", "https://user:secret@127.0.0.1:9/x.h5?token=private")
    assert done.returncode == 1
    assert "127.0.0.1:9/x.h5" in done.stderr
    assert "secret" not in done.stderr
    assert "private" not in done.stderr
    assert len(done.stderr.splitlines()) == 2
