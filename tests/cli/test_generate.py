"""``livn systems generate``."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("yaml", reason="generating needs PyYAML")
pytest.importorskip("h5py", reason="generating needs h5py")

from livn_core import System
from livn_core.cli._app import app
from livn_core.generating import folder


def test_a_name(run):
    done = run("systems", "generate", "EI2")
    assert (done.returncode, done.stdout.strip()) == (0, "systems/graphs/EI2")
    assert done.stderr == ""
    again = run("systems", "generate", "EI2")
    assert again.returncode == 1
    assert "exists already" in again.stderr
    assert run("systems", "generate", "EI2", "--overwrite", "--seed", "5").returncode == 0


def test_a_file_and_all_options(run, work):
    (work / "mine.yml").write_text("extends: EI3\nseed: 3\n")
    done = run("systems", "generate", "mine.yml", "--out", "x", "--scale", "0.5", "--seed", "4")
    assert done.returncode == 0, done.stderr
    with System(work / "x") as system:
        assert system.population_ranges == {"EXC": (0, 400), "INH": (400, 100)}
        config = system.load_file("provenance.json")["config"]
    assert (config["name"], config["seed"]) == ("mine", 4)


def test_listing(run):
    lines = run("systems", "generate", "--list").stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == sorted(path.stem for path in folder().glob("*.yml"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "name a configuration"),
        (["EI9"], 1, "there is no configuration 'EI9'; there is CA1, E"),
        (["EI1", "--scale", "0"], 1, "the scale must be a number above 0"),
        (["EI1", "--scale", "1e30", "--yes"], 1, "a scale of 1e\\+30 makes 1e\\+31 cells"),
        (["EI1", "--seed", "-1"], 2, "--seed"),
        (["CA1"], 2, r"this system has about 5,\d+,\d+,\d+ edges, 159 GB; take a piece of it with --scale"),
    ],
)
def test_what_is_refused(run, work, arguments, code, message):
    done = run("systems", "generate", *arguments)
    assert done.returncode == code
    assert re.search(message, done.stderr)
    assert not list(work.iterdir())


def test_completion():
    command = app.get_command(None, "systems").get_command(None, "generate")
    [argument] = [one for one in command.params if one.name == "config"]
    assert [one.value for one in argument.shell_complete(None, "E3")] == ["E3I", "E3I_b"]


def test_a_bar_on_a_terminal_only(bash):
    done = bash('script -qec "$python -m livn_core systems generate EI3 --out x" /dev/null')
    assert done.returncode == 0
    assert "edges" in done.stdout
    quiet = bash('"$python" -m livn_core systems generate EI3 --out y')
    assert (quiet.stdout.strip(), quiet.stderr) == ("y", "")


def test_without_pyyaml(run, work):
    (work / "yaml.py").write_text("raise ImportError\n")
    done = run("systems", "generate", "EI1", PYTHONPATH=str(work))
    assert done.returncode == 1
    assert 'generating needs PyYAML: pip install "livn-core[generate]"' in done.stderr
