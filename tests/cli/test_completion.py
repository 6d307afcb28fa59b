"""The completion scripts, in a real bash where there is one."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from livn_core.cli._app import app

needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")

needs_h5py = pytest.mark.skipif(find_spec("livn_h5py") is None, reason="pip install examples/livn-h5py")


@pytest.fixture
def script():
    """The folder of the script ``livn-core``."""
    folder = Path(sys.executable).parent
    if not (folder / "livn-core").exists():
        pytest.skip("the script livn-core is not installed beside this interpreter")
    return folder


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script_for_a_command_it_can_know(shell, run):
    done = run("completion", shell)
    assert done.returncode == 0
    assert f"_LIVN_CORE_COMPLETE={shell}_complete" in done.stdout
    assert "python" not in done.stdout


def commands(group, path=()):
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        yield from commands(command, (*path, name)) if isinstance(command, click.Group) else [((*path, name), command)]


def test_every_command_that_takes_a_system_completes_its_name():
    completing = {
        path
        for path, command in commands(app)
        for param in command.params
        if isinstance(param, click.Argument)
        and "EI1" in [one.value for one in param.shell_complete(click.Context(command), "EI")]
    }
    further = ("validate", "diff", "hash", "repack", "cut", "stats", "index", "convert")
    assert completing >= {("info",), ("plot",), *(("systems", name) for name in further)}


@needs_bash
def test_bash_can_read_the_script(bash):
    done = bash("$python -m livn_core completion bash > script && bash -n script")
    assert (done.returncode, done.stderr) == (0, "")


@needs_bash
@pytest.mark.parametrize("printed_by", ["$python -m livn_core", "livn-core"])
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("livn-core i", "info"),
        ("livn-core info E", "EI1"),
        ("livn-core info --back", "--backend"),
        pytest.param("livn-core info --backend x,h5p", "x,h5py", marks=needs_h5py),
    ],
)
def test_bash_completes(printed_by, words, expected, bash, script, environment):
    done = bash(
        f'eval "$({printed_by} completion bash)"\n'
        f"COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))\n"
        "$(complete -p livn-core | sed -E 's/.*-F ([^ ]+).*/\\1/') livn-core\n"
        'printf "%s\\n" "${COMPREPLY[@]}"',
        PATH=f"{script}{os.pathsep}{environment['PATH']}",
    )
    assert done.stderr == ""
    assert expected in done.stdout.splitlines()
