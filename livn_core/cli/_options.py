"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


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

overwrite_option = click.option("--overwrite", is_flag=True, help="Replace what is there already.")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def complete_system(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the name of a system that is here, else a file."""
    from livn_core.system import available

    names = [CompletionItem(name) for name in available() if name.startswith(incomplete)]
    return names or [CompletionItem(incomplete, type="file")]


def system_argument(name: str, **settings: Any) -> Callable[[F], F]:
    """An argument that names a system, as :func:`livn_core.cli._locate.locate` takes it."""
    return click.argument(name, shell_complete=complete_system, **settings)


# Read from the arguments by the program as a whole, so that it may stand before or after the command.
debug_option = click.option("--debug", is_flag=True, hidden=True, expose_value=False)
