"""``livn systems generate``: make a system from a configuration."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from livn_core.cli._options import debug_option, overwrite_option
from livn_core.cli._output import print_line, print_table

LARGE = 100_000_000
"""Edges from which on somebody is asked first: they take some gigabytes."""

BYTES = 27
"""On disk for each edge: who sends, distance and number, and the attributes of the synapse."""


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from livn_core.generating import folder

    names = sorted(path.stem for path in folder().glob("*.yml") if path.stem.startswith(incomplete))
    return [CompletionItem(name) for name in names] or [CompletionItem(incomplete, type="file")]


@click.command()
@click.argument("config", metavar="NAME|CONFIG.yml", required=False, shell_complete=_complete)
@click.option("--out", type=click.Path(), help="Directory to make.  [default: systems/graphs/NAME]")
@click.option("--seed", type=click.IntRange(0), help="Instead of the configuration's.")
@click.option("--scale", type=float, default=1.0, help="Factor for cells and area, such as 0.01.")
@overwrite_option
@click.option("--yes", is_flag=True, help="Do not ask before making a very large system.")
@click.option("--list", "listing", is_flag=True, help="List the configurations that come with livn-core.")
@debug_option
def generate(
    config: str | None, out: str | None, *, seed: int | None, scale: float, overwrite: bool, yes: bool, listing: bool
) -> None:
    """Make a system from a configuration: one that comes with livn-core, or a YAML file.

    The same configuration, seed and scale give the same system everywhere.
    """
    if listing:
        _list()
        return
    if config is None:
        raise click.UsageError("name a configuration, or list those there are with --list")
    from livn_core.generating import generate, load
    from livn_core.generating._connecting import Network

    found = load(config)
    found = (found if seed is None else found.with_seed(seed)).scaled(scale)
    target = Path("systems") / "graphs" / found.name if out is None else out
    _ask_if_large(Network(found).expected_edges, yes)
    with _progress(found.name) as progress:
        made = generate(found, target, overwrite=overwrite, progress=progress)
    print_line(str(made))


def _list() -> None:
    from livn_core.generating import configurations

    rows = [
        (name, f"{sum(one.count for one in config.populations.values()):,}", config.description)
        for name, config in configurations().items()
    ]
    print_table(("name", "cells", "description"), rows, ("cells",))


def _ask_if_large(n_edges: int, yes: bool) -> None:
    if n_edges < LARGE or yes:
        return
    size = f"this system has about {n_edges:,} edges, {n_edges * BYTES / 1e9:,.0f} GB"
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(f"{size}; take a piece of it with --scale, or confirm with --yes")
    click.confirm(f"{size[0].upper()}{size[1:]}. Make it?", abort=True, err=True)


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on standard error, where somebody is looking."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(escape(name)), BarColumn(), MofNCompleteColumn(), TextColumn("edges"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
