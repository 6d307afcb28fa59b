"""``livn completion``: a script that completes commands, options and systems in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--debug", is_flag=True, hidden=True)
def completion(shell: str, debug: bool) -> None:
    """Print a completion script for SHELL.

    For bash: eval "$(livn completion bash)" in ~/.bashrc.
    """
    root = click.get_current_context().find_root()
    prog = root.info_name or "livn"
    kind = get_completion_class(shell)
    assert kind is not None, "click knows the three shells of the argument"
    variable = f"_{prog}_COMPLETE".replace("-", "_").upper()
    click.echo(kind(root.command, {}, prog, variable).source())
