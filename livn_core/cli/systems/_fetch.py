"""``livn systems fetch``: copy a system to this machine."""

from __future__ import annotations

from pathlib import Path

import click

from livn_core.cli._options import debug_option, overwrite_option
from livn_core.cli._output import print_line
from livn_core.errors import SystemNotFoundError
from livn_core.locations import is_address, shown
from livn_core.system import PREDEFINED, fetch
from livn_core.system._predefined import address_of
from livn_core.system._progress import progress_bar


@click.command("fetch")
@click.argument("source")
@click.option("--to", "directory", default=".", show_default=True, help="Where systems/graphs/NAME is made.")
@click.option("--name", help="What to call the copy; by default as the source is called.")
@overwrite_option
@debug_option
def fetch_system(source: str, directory: str, name: str | None, overwrite: bool) -> None:
    """Copy SOURCE to systems/graphs/: a public system's name, a directory, or an address (hf://, https://, s3://).

    A copy that is there is kept; with --overwrite it is replaced when a new one is complete. An interrupted one is
    continued. What is complete has the sizes, and the hashes, that the source announced.
    """
    place = _address(source)
    with progress_bar(shown(place)) as progress:
        print_line(fetch(place, directory, name, overwrite, progress=progress))


def _address(source: str) -> str:
    if is_address(source) or Path(source).exists():
        return source
    if source in PREDEFINED:
        return address_of(source)
    raise SystemNotFoundError(
        f"{source}: is no directory, no address, and no public system; these are {', '.join(PREDEFINED)}"
    )
