"""``livn systems``: make systems, get them, check them, convert them. One module for each command."""

from __future__ import annotations

import click

from livn_core.cli._group import LazyGroup

HOMES: dict[str, str] = {
    "generate": "livn_core.cli.systems._generate:generate",
}
"""Where each command is; in the order in which they are listed."""


@click.command(cls=LazyGroup, homes=HOMES)
def systems() -> None:
    """Make systems, get them, check them, convert them."""
