"""``livn ui``: the group of commands; each is imported only when it is used."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "server": "livn_ui.commands.server:server",
    "web": "livn_ui.commands.web:web",
    "import": "livn_ui.commands.import_:import_",
    "check": "livn_ui.commands.check:check",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def ui() -> None:
    """Serve systems over HTTP: start the servers, import systems, check the result."""
