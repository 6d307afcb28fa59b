"""``livn systems``: make systems, get them, check them, convert them. One module for each command."""

from __future__ import annotations

import click

from livn_core.cli._group import LazyGroup

HOMES: dict[str, str] = {
    "generate": "livn_core.cli.systems._generate:generate",
    "list": "livn_core.cli.systems._list:list_systems",
    "fetch": "livn_core.cli.systems._fetch:fetch_system",
    "stats": "livn_core.cli.systems._stats:stats",
    "cut": "livn_core.cli.systems._cut:cut",
    "index": "livn_core.cli.systems._index:index",
    "validate": "livn_core.cli.systems._validate:validate",
    "diff": "livn_core.cli.systems._diff:diff",
    "hash": "livn_core.cli.systems._hash:hash_",
    "repack": "livn_core.cli.systems._repack:repack",
    "convert": "livn_core.cli.systems._convert:convert",
}
"""Where each command is; in the order in which they are listed."""


@click.command(cls=LazyGroup, homes=HOMES)
def systems() -> None:
    """Make systems, get them, check them, convert them."""
