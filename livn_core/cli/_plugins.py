"""Commands of plugins, under the entry-point group ``livn.commands``; one that is broken is a command that says so."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points

import click

from livn_core.cli._text import one_line, printable
from livn_core.errors import LivnError

COMMANDS_GROUP = "livn.commands"


def plugin_names() -> Sequence[str]:
    """The names of the commands that plugins add, in alphabetical order. Imports none of them."""
    return sorted({entry.name for entry in entry_points(group=COMMANDS_GROUP)})


def plugin_command(name: str) -> click.Command | None:
    """Import a plugin's command; where that fails, one that says so takes its place, so that ``--help`` still works."""
    for entry in entry_points(group=COMMANDS_GROUP, name=name):
        return _load(entry)
    return None


def _load(entry: EntryPoint) -> click.Command:
    try:
        command = entry.load()
    except (Exception, SystemExit) as error:  # a third party's code may raise anything
        return _broken(entry, f"{type(error).__name__}: {error}", error)
    if not isinstance(command, click.Command):
        return _broken(entry, f"{entry.value} is no click command, but of type {type(command).__name__}")
    return command


def _broken(entry: EntryPoint, reason: str, cause: BaseException | None = None) -> click.Command:
    problem = f"cannot be imported: {printable(one_line(reason))}"
    provider = f" of {entry.dist.name} {entry.dist.version}" if entry.dist else ""

    def fail() -> None:
        raise LivnError(f"the command {entry.name!r}{provider} {problem}") from cause

    return click.Command(
        entry.name,
        callback=fail,
        short_help=problem,
        add_help_option=False,
        # Whatever it is given, its --help included, the answer is the same.
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED, expose_value=False)],
        context_settings={"ignore_unknown_options": True},
    )
