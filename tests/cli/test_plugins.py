"""Commands of plugins, good and broken, and those of the original."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

BROKEN = {
    "import error": ("import no_such_module\n", "command", "ModuleNotFoundError: No module named 'no_such_module'"),
    "no such object": ("", "command", "AttributeError: "),
    "no click command": ("command = 3\n", "command", "broken_command:command is no click command, but of type int"),
    "a function": ("def command(): pass\n", "command", "is no click command, but of type function"),
    "several lines": ("raise RuntimeError('one\\ntwo')\n", "command", "RuntimeError: one two"),
    "exit": ("raise SystemExit(9)\n", "command", "SystemExit: 9"),
}

GOOD = """
    import signal
    import time
    from pathlib import Path

    import click

    from livn_core.writing._atomic import workspace

    @click.group()
    def good():
        '''A good command.'''

    @good.command()
    @click.pass_context
    def leave(ctx):
        ctx.exit(3)

    @good.command()
    def count():
        return 5

    @good.command()
    def wait():
        click.echo("waiting")
        time.sleep(60)

    @good.command()
    def blink():
        click.echo("waiting")
        time.sleep(2)
        click.echo("done")

    @good.command()
    def write():
        with workspace(Path("target")) as beside:
            (beside / "half").touch()
            click.echo("writing")
            time.sleep(60)

    @good.command()
    def handle():
        came = []
        former = signal.signal(signal.SIGTERM, lambda *_: came.append(1))
        click.echo("handling")
        while not came:
            time.sleep(0.05)
        signal.signal(signal.SIGTERM, former)
        click.echo("handled")
"""


@pytest.fixture
def good(install):
    install("good-plugin", {"good_command": GOOD}, livn__commands={"good": "good_command:good"})


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_is_a_line_of_the_help(kind, run, install, good):
    code, value, _ = BROKEN[kind]
    install("bad-plugin", {"broken_command": code}, livn__commands={"bad": f"broken_command:{value}"})
    shown = run("--help")
    assert shown.returncode == 0
    assert shown.stderr == ""
    lines = [line.split(maxsplit=1) for line in shown.stdout.splitlines() if line.strip()]
    helps = {line[0]: line[1] for line in lines if len(line) == 2}
    assert {"info", "backends", "version", "completion"} < helps.keys()
    assert helps["good"] == "A good command."
    assert helps["bad"].startswith("cannot be imported: ")


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("arguments", [(), ("--help",), ("some", "--thing=3")])
def test_a_broken_plugin_says_so_in_one_line(kind, arguments, run, install):
    code, value, reason = BROKEN[kind]
    install("bad-plugin", {"broken_command": code}, livn__commands={"bad": f"broken_command:{value}"})
    done = run("bad", *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: the command 'bad' of bad-plugin 1.0 cannot be imported: ")
    assert reason in line


def test_debug_shows_why_a_plugin_is_broken(run, install):
    install("bad-plugin", {"broken_command": BROKEN["import error"][0]}, livn__commands={"bad": "broken_command:x"})
    assert "import no_such_module" in run("bad", "--debug").stderr


def test_a_plugin_exits_with_its_own_code(run, good):
    assert run("good", "leave").returncode == 3
    assert run("good", "count").returncode == 0


def started(environment, work, command):
    """A command of the good plugin, under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "livn_core", "good", command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=work,
        env=environment,
    )


def test_interrupted(environment, work, good):
    with started(environment, work, "wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "interrupted"


@pytest.mark.parametrize("times", [1, 2])
def test_terminated_while_something_is_written(times, environment, work, good):
    with started(environment, work, "write") as process:
        assert process.stdout.readline() == "writing\n"
        assert [one.suffix for one in work.iterdir()] == [".writing"]
        for _ in range(times):
            process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.strip()) == (143, "terminated")
    assert list(work.iterdir()) == []


def test_a_command_that_handles_sigterm_itself_is_left_to_it(environment, work, good):
    with started(environment, work, "handle") as process:
        assert process.stdout.readline() == "handling\n"
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[0] == "handled\n"
    assert process.returncode == 0


def test_sigterm_that_is_ignored_stays_ignored(environment, work, good):
    former = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with started(environment, work, "blink") as process:
            assert process.stdout.readline() == "waiting\n"
            process.send_signal(signal.SIGTERM)
            assert process.communicate(timeout=60)[0] == "done\n"
    finally:
        signal.signal(signal.SIGTERM, former)
    assert process.returncode == 0


def test_a_folder_named_livn_is_not_the_original(run, install, work):
    # Installed or not, the original is asked for by its distribution; this one has no script.
    install("livn", {})
    (work / "livn").mkdir()
    done = run("nonsense")
    assert done.returncode == 2
    assert "No such command 'nonsense'" in done.stderr


def test_what_is_unknown_here_is_handed_to_the_script_of_the_original(run, install):
    code = "def main(arguments):\n    print(*arguments, sep='|')\n    return 7\n"
    install("livn", {"the_original": code}, console_scripts={"livn": "the_original:main"})
    done = run("experiments", "list", "--all")
    assert (done.returncode, done.stdout) == (7, "experiments|list|--all\n")
    assert run("version").returncode == 0


def test_an_original_that_cannot_be_imported(run, install):
    install("livn", {}, console_scripts={"livn": "no_such_module:main"})
    done = run("nonsense")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: livn-core has no command 'nonsense', and the package livn")
    assert "No module named 'no_such_module'" in line
