"""``livn backends``: what it probes, and what ``--check`` finds out."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import livn_core

pytestmark = pytest.mark.skipif(find_spec("livn_pyfive") is None, reason="pip install livn-pyfive")

PLUGIN = """
    from livn_core import BackendDeclined, SourceNotFoundError, hookimpl

    class File(dict):
        def close(self):
            {close}

    @hookimpl
    def livn_backend_priority():
        return 90

    @hookimpl
    def livn_backend_open(source, options):
        {open}
"""

ODD = {
    "raises": ("raise ZeroDivisionError('one\\n  two')", "pass", "failed", "ZeroDivisionError: one two"),
    "returns nothing": ("return None", "pass", "failed", "opened nothing"),
    "returns junk": ("return 3", "pass", "failed", "opened a int"),
    "declines": ("raise BackendDeclined('not\\nmine')", "pass", "declined", "not mine"),
    "cannot close": ("return File()", "raise ValueError('stuck')", "failed", "ValueError: stuck"),
    "leaves": ("raise SystemExit(4)", "pass", "failed", "SystemExit: 4"),
}


@pytest.fixture
def shipped() -> Path:
    return Path(livn_core.__file__).parent / "data" / "systems" / "EI1"


@pytest.fixture
def odd(install):
    def install_odd(kind):
        open_, close, *_ = ODD[kind]
        code = PLUGIN.format(open=open_, close=close)
        install("odd-plugin", {"odd_plugin": code}, livn__backends={"odd": "odd_plugin"})

    return install_odd


def rows_of(done):
    return {row["name"]: row for row in json.loads(done.stdout)["candidates"]}


@pytest.mark.parametrize("kind", ODD)
def test_check_survives_the_plugin_that_it_diagnoses(kind, run, odd):
    *_, status, reason = ODD[kind]
    odd(kind)
    done = run("backends", "EI1", "--check")
    assert done.stderr == ""
    heading, titles, *lines = done.stdout.splitlines()
    at = {title: titles.index(title) for title in ("status", "reason", "remedy")}
    (line,) = [line for line in lines if line.startswith("odd ")]
    assert line[at["status"] : at["reason"]].strip() == status
    assert reason in line[at["reason"] : at["remedy"]]
    assert len(lines) == len(rows_of(run("backends", "EI1", "--json")))
    if status == "failed":
        assert done.returncode == 1
        assert heading.startswith("odd, by priority (LIVN_H5_BACKEND is not set), fails to open ")


def test_check_moves_on_where_a_backend_declines(run, odd):
    odd("declines")
    done = run("backends", "EI1", "--check", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["chosen"] == "pyfive"
    assert rows_of(done)["pyfive"]["status"] == "chosen"
    alone = run("backends", "EI1", "--check", "--backend", "odd")
    assert alone.returncode == 1
    assert alone.stdout.startswith("no backend can open ")
    assert "declined" in alone.stdout.splitlines()[0]


def test_check_closes_what_it_opens(run, install, work):
    code = PLUGIN.format(open="return File()", close="open('closed', 'a').write('x')")
    install("odd-plugin", {"odd_plugin": code}, livn__backends={"odd": "odd_plugin"})
    done = run("backends", "EI1", "--check", "--json")
    assert done.returncode == 0
    assert rows_of(done)["odd"]["reason"] == "opened it"
    assert (work / "closed").read_text() == "x"


def test_a_name_and_a_directory_mean_the_file_inside(run, shipped, work):
    assert json.loads(run("backends", "EI1", "--json").stdout)["source"] == str(shipped / "cells.h5")
    one = work / "one"
    one.mkdir()
    shutil.copy(shipped / "cells.h5", one / "cells.h5")
    checked = run("backends", "one", "--check", "--json")
    assert json.loads(checked.stdout)["source"] == "one/cells.h5"
    assert rows_of(checked)["pyfive"]["reason"] == "opened it"
    shutil.copy(shipped / "cells.h5", one / "graph.h5")
    assert json.loads(run("backends", "one", "--json").stdout)["source"] == "one/graph.h5"


def test_the_address_of_a_system_means_the_file_inside(run):
    source = "https://user:secret@127.0.0.1:9/EI1?token=private"
    done = run("backends", source, "--json")
    assert json.loads(done.stdout)["source"] == "https://127.0.0.1:9/EI1/cells.h5"
    assert "secret" not in done.stdout
    assert "private" not in done.stdout


@pytest.mark.parametrize("source", ["none.h5", "none/at/all", "none.hdf5"])
def test_a_source_that_does_not_exist(source, run):
    done = run("backends", source)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"error: {source}: no such file or directory\n"


def test_a_directory_that_is_no_system(run, work):
    done = run("backends", str(work))
    assert done.returncode == 1
    assert done.stderr == f"error: {work}: this directory is no system: it has neither graph.h5 nor cells.h5\n"


def test_the_heading_says_why_nothing_opens(run):
    done = run("backends", "gopher://somewhere/x.h5", "--backend", "pyfive")
    assert done.returncode == 1
    heading = done.stdout.splitlines()[0]
    assert heading.startswith("no backend can open gopher://somewhere/x.h5 (")
    assert heading.endswith("no others are asked)")


@pytest.mark.skipif(find_spec("livn_h5pyd") is None, reason="pip install livn-h5pyd")
def test_the_heading_names_the_setting_that_stopped_the_choice(run):
    done = run("backends", "EI1", "--check", LIVN_HSDS="{bad")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0].startswith("LIVN_HSDS is not valid JSON")


def test_names_of_backends_may_have_spaces_around_them(run):
    found = json.loads(run("backends", "EI1", "--backend", " pyfive , h5py,", "--json").stdout)
    assert [row["name"] for row in found["candidates"]] == ["pyfive", "h5py"]
    alone = json.loads(run("backends", "EI1", "--backend", "pyfive,", "--json").stdout)
    assert [row["name"] for row in alone["candidates"]] == ["pyfive"]


@pytest.mark.parametrize("value", ["", " ", " , "])
@pytest.mark.parametrize("command", ["info", "backends"])
def test_no_name_of_a_backend_at_all(value, command, run):
    done = run(command, "EI1", "--backend", value)
    assert done.returncode == 2
    assert f"{value!r} names no backend" in done.stderr
    assert done.stdout == ""
