"""``livn systems fetch``: copy a system to this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from livn_core.cli._options import debug_option
from livn_core.cli._output import print_line
from livn_core.errors import SystemNotFoundError
from livn_core.locations import is_address, shown
from livn_core.system import PREDEFINED, fetch
from livn_core.system._predefined import SOURCE


@click.command("fetch")
@click.argument("source")
@click.option("--to", "directory", default=".", show_default=True, help="Where systems/graphs/NAME is made.")
@click.option("--name", help="What to call the copy; by default as the source is called.")
@click.option("--force", is_flag=True, help="Get it again, and replace the copy when the new one is complete.")
@debug_option
def fetch_system(source: str, directory: str, name: str | None, force: bool) -> None:
    """Copy SOURCE to systems/graphs/: a public system's name, a directory, or an address (hf://, https://, s3://).

    An interrupted copy is continued. What is complete has the sizes, and the hashes, that the source announced.
    """
    place = _address(source)
    with bar(shown(place)) as progress:
        print_line(fetch(place, directory, name, force, progress=progress))


def _address(source: str) -> str:
    if is_address(source) or Path(source).exists():
        return source
    if source in PREDEFINED:
        return f"{SOURCE}/{source}"
    raise SystemNotFoundError(
        f"{source}: is no directory, no address, and no public system; these are {', '.join(PREDEFINED)}"
    )


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int | None], None] | None]:
    """A bar on standard error, where that is a terminal; else nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown_bar:
        task = shown_bar.add_task(title, total=None)
        yield lambda done, total: shown_bar.update(task, completed=done, total=total)
