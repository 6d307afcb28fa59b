"""Where output goes: pipes, terminals, encodings, and nowhere at all."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import livn_core

pytestmark = pytest.mark.skipif(find_spec("livn_pyfive") is None, reason="pip install livn-pyfive")

EVIL = "E\x1b[31m\nX\x07C"
SHOWN = r"E\x1b[31m\nX\x07C"


@pytest.fixture
def terminal(work, environment):
    """What a terminal would be sent."""

    def terminal(*arguments: str, **variables: str) -> str:
        master, slave = pty.openpty()
        with subprocess.Popen(
            [sys.executable, "-m", "livn_core", *arguments],
            stdout=slave,
            stderr=slave,
            cwd=work,
            env={**environment, "TERM": "xterm-256color", "COLUMNS": "200", **variables},
        ) as process:
            os.close(slave)
            shown = b""
            try:
                while piece := os.read(master, 65536):
                    shown += piece
            except OSError:
                pass  # the other end was closed
            process.wait(60)
        os.close(master)
        return shown.decode()

    return terminal


@pytest.fixture
def shipped() -> Path:
    return Path(livn_core.__file__).parent / "data" / "systems" / "EI1"


@pytest.fixture
def evil(work):
    """A file in which a population has an escape sequence, a newline and a bell for a name."""
    h5py = pytest.importorskip("h5py")
    folder = work / EVIL
    folder.mkdir()
    with h5py.File(folder / "graph.h5", "w") as file:
        labels = h5py.enum_dtype({EVIL: 0}, basetype="u2")
        file["H5Types/Population labels"] = labels
        rows = np.zeros(1, [("Start", "<u8"), ("Count", "<u4"), ("Population", labels)])
        rows["Count"] = 3
        file["H5Types/Populations"] = rows
    return EVIL


def test_terminal_gets_a_rich_table(terminal):
    shown = terminal("backends")
    assert "\x1b[1m" in shown
    assert "pyfive" in shown


@pytest.mark.parametrize("plain", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
@pytest.mark.parametrize("arguments", [("info", "EI1"), ("backends",), ("info", "none.h5")])
def test_plain_terminals_get_no_escapes(plain, arguments, terminal):
    assert "\x1b" not in terminal(*arguments, **plain)


def test_names_with_control_characters_are_shown_escaped(run, terminal, evil):
    for shown in (terminal("info", evil), run("info", evil).stdout):
        assert shown.count(SHOWN) == 2  # heading and row
        assert "\x1b[31m" not in shown
        assert "\x07" not in shown
    assert json.loads(run("info", evil, "--json").stdout)["populations"][0]["name"] == EVIL
    refused = run("backends", f"gopher://127.0.0.1:9/{evil}", "--backend", "pyfive").stdout
    assert refused.startswith("no backend can open")
    assert not {"\x1b", "\x07"} & set(refused)
    assert run("info", "no\x07/such").stderr == "error: no\\x07/such: no such file or directory\n"


def test_json_escapes_what_a_terminal_would_obey(run, shipped, work):
    name = "a\x9bb\x7f"
    shutil.copytree(shipped, work / name)
    shown = run("info", name, "--json").stdout
    assert json.loads(shown)["source"] == name
    assert not {"\x9b", "\x7f"} & set(shown)


@pytest.mark.parametrize("name", ["系统", "é😀"])
@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8"])
def test_any_encoding_will_do(name, encoding, run, shipped, work):
    shutil.copytree(shipped, work / name)
    done = run("info", name, encoding=encoding, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == name.encode(encoding, "backslashreplace").decode(encoding)
    found = run("info", name, "--json", encoding=encoding, PYTHONIOENCODING=encoding)
    assert json.loads(found.stdout)["source"] == name


def test_errors_in_any_encoding(run):
    wrong = run("info", "系统.h5", encoding="latin-1", PYTHONIOENCODING="latin-1:strict")
    assert wrong.returncode == 1
    assert wrong.stderr == "error: \\u7cfb\\u7edf.h5: no such file or directory\n"


@pytest.mark.parametrize("arguments", ["info EI1", "info EI1 --json", "backends", "version", "--help"])
def test_closed_output(arguments, bash):
    done = bash(f"$python -m livn_core {arguments} >&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("arguments", "code"), [("info none.h5", 1), ("info", 2), ("info EI1", 0)])
def test_closed_standard_error(arguments, code, bash):
    done = bash(f"$python -m livn_core {arguments} 2>&-")
    assert done.returncode == code
    assert "Traceback" not in done.stdout


def test_broken_pipe_is_quiet(bash):
    done = bash("$python -m livn_core info EI1 | head -n 1; echo ${PIPESTATUS[0]}")
    heading, code = done.stdout.split()
    assert heading.endswith("EI1")
    assert code in {"0", "1"}  # 0 where all of it fitted into the pipe in time
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device /dev/full is Linux's")
def test_full_disk(bash):
    done = bash("$python -m livn_core info EI1 > /dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "No space left on device" in done.stderr
