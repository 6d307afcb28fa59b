"""The group of commands: our own, those of plugins, and, for the rest, the original ``livn`` where it is installed.

The original also installs a script named ``livn``, and whichever of the two was installed last has the name. So that
both can be used either way, a command that is unknown here is handed to the original.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import click

from livn_core.cli._errors import reported

COMMANDS_GROUP = "livn.commands"

OWN = {
    "info": "livn_core.cli._info:info",
    "backends": "livn_core.cli._backends:backends",
    "version": "livn_core.cli._version:version",
    "completion": "livn_core.cli._completion:completion",
}


class Commands(click.Group):
    """Commands that are imported only when they are used.

    A plugin adds one under the entry-point group ``livn.commands``: its name, and a click command.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own commands in the order of use, then those of plugins by name."""
        added = sorted({entry.name for entry in entry_points(group=COMMANDS_GROUP)} - set(OWN))
        return [*OWN, *added]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in OWN:
            module, _, name = OWN[cmd_name].partition(":")
            command: click.Command = getattr(import_module(module), name)
            return command
        for entry in entry_points(group=COMMANDS_GROUP):
            if entry.name == cmd_name:
                return _load(entry.load, cmd_name)
        return None


def _load(load: Callable[[], click.Command], name: str) -> click.Command:
    try:
        return load()
    except Exception as error:
        raise click.ClickException(
            f"the command {name!r} cannot be imported: {type(error).__name__}: {error}"
        ) from error


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def app(debug: bool) -> None:
    """Open the structure of neural networks wherever it lies."""


def main(args: Sequence[str] | None = None, prog: str | None = None) -> None:
    """Run the command line and exit.

    Parameters
    ----------
    args
        Arguments without the program's name; ``None``: those of the process.
    prog
        The program's name, for messages.
    """
    arguments = list(sys.argv[1:] if args is None else args)
    name = prog or Path(sys.argv[0]).name
    if _is_for_the_original(arguments):
        sys.exit(_original(arguments))
    with reported(debug="--debug" in arguments):
        app.main(args=arguments, prog_name=name, standalone_mode=False)


def _is_for_the_original(arguments: list[str]) -> bool:
    word = next((one for one in arguments if not one.startswith("-")), None)
    if word is None or find_spec("livn") is None:
        return False
    return word not in app.list_commands(click.Context(app))


def _original(arguments: list[str]) -> int:
    from livn.cli import main as original

    return int(original(arguments) or 0)
