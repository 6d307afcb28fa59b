"""The group of commands: our own, those of plugins, and, for the rest, the original ``livn`` where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from livn_core import __version__
from livn_core.cli._errors import reported
from livn_core.cli._group import LazyGroup
from livn_core.cli._original import call_the_original, script_of_the_original
from livn_core.cli._output import never_fail_to_encode
from livn_core.cli._plugins import plugin_command, plugin_names
from livn_core.cli._termination import unwinding

OWN = {
    "info": "livn_core.cli._info:info",
    "systems": "livn_core.cli.systems:systems",
    "plot": "livn_core.cli._plot:plot",
    "backends": "livn_core.cli._backends:backends",
    "version": "livn_core.cli._version:version",
    "completion": "livn_core.cli._completion:completion",
}


class Commands(LazyGroup):
    """Our own commands, and those that plugins add under the entry-point group ``livn.commands``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Our own commands in the order of use, then those of plugins by name."""
        own = super().list_commands(ctx)
        return [*own, *(name for name in plugin_names() if name not in own)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        return super().get_command(ctx, cmd_name) or plugin_command(cmd_name)

    def invoke(self, ctx: click.Context) -> None:
        """Run a command; what it returns is dropped, or it would pass for an exit code."""
        super().invoke(ctx)


@click.command(
    cls=Commands,
    homes=OWN,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted, 143 terminated.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, package_name="livn-core", message="livn-core %(version)s")
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
    never_fail_to_encode()
    with reported(debug="--debug" in arguments):
        original = None if _is_ours(arguments) else script_of_the_original()
        if original is not None:
            sys.exit(call_the_original(original, arguments))
        with unwinding():
            code = app.main(args=arguments, prog_name=prog or Path(sys.argv[0]).name, standalone_mode=False)
        sys.exit(code)


def _is_ours(arguments: list[str]) -> bool:
    word = next((one for one in arguments if not one.startswith("-")), None)
    if word is None or word in OWN:  # asking plugins reads the metadata of every distribution that is installed
        return True
    return word in app.list_commands(click.Context(app))
