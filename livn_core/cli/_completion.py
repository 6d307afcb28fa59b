"""``livn completion``: a script that completes commands, options and systems in a shell."""

from __future__ import annotations

import re

import click
from click.shell_completion import get_completion_class

from livn_core.cli._options import debug_option


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@debug_option
def completion(shell: str) -> None:
    """Print a completion script for SHELL.

    For bash: eval "$(livn completion bash)" in ~/.bashrc.
    """
    root = click.get_current_context().find_root()
    prog = _command(root.info_name)
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the three shells of the argument"
    # The name of the variable is click's own rule: BaseCommand._main_shell_completion looks it up.
    variable = f"_{re.sub('[-.]', '_', prog)}_COMPLETE".upper()
    click.echo(kind(root.command, {}, prog, variable).source())


def _command(name: str | None) -> str:
    """What to complete: shells know single words only, not ``python -m livn_core``."""
    return name if name and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) else "livn-core"
