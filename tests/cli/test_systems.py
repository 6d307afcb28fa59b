"""``livn systems validate``, ``diff``, ``hash`` and ``repack``, from the outside."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import livn_core
from livn_core import Edges, write_neuroh5

pytestmark = pytest.mark.skipif(
    find_spec("livn_pyfive") is None or find_spec("h5py") is None, reason="pip install livn-pyfive h5py"
)

EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"


@pytest.fixture
def spoilt(work):
    """A copy of EI1 with an electrode that is nowhere, and no table of valid projections."""
    h5py = pytest.importorskip("h5py")
    path = Path(shutil.copytree(EI1, work / "spoilt"))
    mea = json.loads((path / "mea.json").read_text())
    mea["electrode_coordinates"][0][2] = float("nan")
    (path / "mea.json").write_text(json.dumps(mea))
    with h5py.File(path / "connections.h5", "r+") as file:
        del file["H5Types/Valid population projections"]
    return path


def test_validate_what_is_sound(run):
    done = run("systems", "validate", "EI1")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("EI1: 0 error, 0 warning, 0 info\n")
    assert json.loads(run("systems", "validate", "EI1", "--json").stdout)["findings"] == []


def test_validate_what_is_not(run, spoilt):
    done = run("systems", "validate", "spoilt")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "error: spoilt/mea.json: /electrode_coordinates/0 [mea-not-finite]"
    assert lines[1:4] == ["  is not of numbers", "  leads to: the electrodes cannot be used", "  to do: write numbers"]
    assert lines[-1] == "spoilt: 1 error, 1 warning, 0 info"
    found = json.loads(run("systems", "validate", "spoilt", "--json").stdout)
    assert [one["code"] for one in found["findings"]] == ["mea-not-finite", "pairs-missing"]
    assert found["counts"] == {"error": 1, "warning": 1, "info": 0}


def test_warnings_alone_are_no_failure(run, spoilt):
    (spoilt / "mea.json").unlink()
    done = run("systems", "validate", "spoilt/connections.h5")
    assert done.returncode == 0
    assert done.stdout.endswith("0 error, 1 warning, 0 info\n")


def test_fix(run, spoilt, work):
    done = run("systems", "validate", "spoilt", "--fix", "fixed")
    assert done.returncode == 1, "the electrode cannot be repaired"
    assert "fixed: spoilt/connections.h5: /H5Types/Valid population projections: is missing" in done.stdout
    assert done.stdout.endswith("fixed: 1 error, 0 warning, 0 info\n")
    assert run("systems", "diff", "spoilt", "fixed").returncode == 0
    again = run("systems", "validate", "spoilt", "--fix", "fixed")
    assert (again.returncode, "fixed exists already" in again.stderr) == (1, True)
    document = json.loads(run("systems", "validate", "spoilt", "--fix", "other", "--json").stdout)
    assert [one["code"] for one in document["fixed"]] == ["pairs-missing"]
    assert document["remaining"]["counts"]["error"] == 1


def test_diff(run, spoilt):
    assert run("systems", "diff", "EI1", str(EI1)).stdout == "equal\n"
    done = run("systems", "diff", "EI1", "spoilt")
    assert (done.returncode, done.stdout) == (1, "mea.json: /electrode_coordinates/0/2: is 20.0 and nan\n")
    found = json.loads(run("systems", "diff", "EI1", "spoilt", "--json", "--only", "cells").stdout)
    assert found == {"equal": True, "differences": []}
    assert run("systems", "diff", "EI1", "nowhere/at/all").returncode == 1
    assert run("systems", "diff", "EI1").returncode == 2


def test_hash(run):
    expected = livn_core.content_hash(EI1)
    assert run("systems", "hash", "EI1").stdout == f"{expected}\n"
    assert run("systems", "hash", "EI1", "--lines").stdout.splitlines() == list(expected.lines)
    found = json.loads(run("systems", "hash", "EI1", "--json").stdout)
    assert (found["hash"], found["parts"]) == (expected.value, dict(expected.parts))
    assert run("systems", "hash", "EI1", "--only", "edges").stdout == f"{expected.parts['edges']}\n"


def test_repack_that_is_terminated_leaves_nothing(work, environment):
    edges = Edges(np.arange(2000), np.arange(2001) * 1000, np.random.default_rng(1).integers(0, 2000, 2_000_000), {})
    write_neuroh5(work / "large.h5", {"A": 2000}, {("A", "A"): edges})
    command = [sys.executable, "-m", "livn_core", "systems", "repack", "large.h5", "packed.h5", "--for", "archive"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=work, env=environment) as process:
        while not list(work.glob(".packed.h5.*.writing/packed.h5")):
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=60)[1]
    assert (process.returncode, errors.strip()) == (143, "terminated")
    assert [one.name for one in work.iterdir()] == ["large.h5"]


@pytest.mark.parametrize(
    "command", ["repack EI1 OUT", "cut EI1 all OUT", "generate EI1 --out OUT", "convert {EI1} OUT --to parquet"]
)
def test_an_empty_target_is_called_empty(command, run, work):
    arguments = [{"OUT": "", "{EI1}": str(EI1)}.get(word, word) for word in command.split()]
    done = run("systems", *arguments)
    assert (done.returncode, done.stderr) == (1, "error: the path to write to is empty; name one\n")
    assert list(work.iterdir()) == []


def test_repack(run, work):
    done = run("systems", "repack", "EI1", "packed", "--for", "archive")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["before", "bytes", "blocks", "chunks", "seconds", "packed:"]
    assert lines[-1] == f"packed: verified, {livn_core.content_hash(EI1)}"
    found = json.loads(run("systems", "repack", "EI1", "again", "--json").stdout)
    assert (found["path"], found["after"]["blocks"], found["left_out"]) == ("again", 4, [])
    assert run("systems", "repack", "EI1", "packed").returncode == 1
    assert run("systems", "repack", "EI1", "other", "--for", "fun").returncode == 2
