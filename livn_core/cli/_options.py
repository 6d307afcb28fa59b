"""Options that several commands have."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def _names(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    if not names:
        raise click.BadParameter(f"{value!r} names no backend; leave the option out to choose by priority")
    return names


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from livn_core.backends import default_backends

    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(before + comma + name) for name in default_backends().names if name.startswith(last)]


backend_option = click.option(
    "--backend",
    metavar="NAME[,NAME...]",
    callback=_names,
    shell_complete=_complete,
    help="Ask only this backend, or these in this order; left out, LIVN_H5_BACKEND or else priority decides.",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

# Read from the arguments by the program as a whole, so that it may stand before or after the command.
debug_option = click.option("--debug", is_flag=True, hidden=True, expose_value=False)
