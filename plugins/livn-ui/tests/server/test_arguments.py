"""``key=value``, ``--key value``, ``--key=value`` and ``--flag`` mean the same to every command."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from livn_ui.commands import COMMANDS, ui
from livn_ui.commands._arguments import ROOT_DIR, Option, ui_command, ui_options

OPTIONS = (ROOT_DIR, Option("port", "A port.", int, 1), Option("wait", "Seconds.", float), Option("force", "F.", bool))


def run(arguments, *, words):
    got = {}

    @ui_options(*OPTIONS)
    def function(**given):
        got.update(given)

    if words:
        function = click.argument("words", nargs=-1)(function)
    done = CliRunner().invoke(ui_command("try")(function), arguments)
    return done, got


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"port": 1, "root_dir": Path("systems/graphs"), "wait": None, "force": False, "words": ()}),
        (["port=7"], {"port": 7}),
        (["--port", "7"], {"port": 7}),
        (["--port=7"], {"port": 7}),
        (["root-dir=a=b", "EI1"], {"root_dir": Path("a=b"), "words": ("EI1",)}),
        (["EI1", "--root_dir", "a=b", "EI2"], {"root_dir": Path("a=b"), "words": ("EI1", "EI2")}),
        (["--force"], {"force": True}),
        (["force=yes"], {"force": True}),
        (["--force=FALSE"], {"force": False}),
        (["root_dir=~/x"], {"root_dir": Path("~/x").expanduser()}),
        (["--", "port=7"], {"port": 1, "words": ("port=7",)}),
    ],
)
def test_all_spellings(arguments, expected):
    done, got = run(arguments, words=True)
    assert done.exit_code == 0, done.output
    assert {name: got[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["prot=7"], "no option 'prot'; did you mean 'port'?"),
        (["--root_dri=7"], "no option '--root_dri'; did you mean 'root_dir'?"),
        (["--zzz"], "no option '--zzz'; there is force, help, port, root_dir, wait"),
        (["port=seven"], "'seven' is not a valid integer"),
        (["port="], "port: it has no value"),
        (["--port"], "port: it has no value"),
        (["port=1", "--port", "2"], "port is given twice"),
        (["wait=nan"], "nan is no finite number"),
        (["force=perhaps"], "'perhaps' is neither true nor false"),
        (["root_dir=~nobody-of-this-name/x"], "home directory"),
        (["force"], "'force': write --force"),
        (["port", "7"], "'port': write port=VALUE"),
        (["EI1"], "unexpected extra argument"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, says):
    done, got = run(arguments, words=False)
    assert done.exit_code == 2
    assert says in " ".join(done.output.replace("│", " ").split())
    assert not got


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_them_and_says_so(name):
    shown = CliRunner().invoke(ui, [name, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "[KEY=VALUE ...]" in shown.output
    refused = CliRunner().invoke(ui, [name, "root_dri=x"])
    assert refused.exit_code == 2
    assert "did you mean 'root_dir'?" in refused.output
