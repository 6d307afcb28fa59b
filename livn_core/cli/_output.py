"""Print tables: rich ones on a terminal, plain aligned columns in a pipe, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click


def on_terminal() -> bool:
    """Whether a person is looking."""
    return sys.stdout.isatty()


def print_json(document: Any) -> None:
    """One JSON document."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_heading(text: str) -> None:
    """A line that stands above a table."""
    click.secho(text, bold=True)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[str] = ()) -> None:
    """A table.

    Parameters
    ----------
    columns
        Headings.
    rows
        One cell for each column; ``None`` prints as nothing.
    numbers
        Headings of the columns to be set flush right.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if on_terminal():
        _print_rich(columns, cells, numbers)
    else:
        _print_plain(columns, cells, numbers)


def _print_rich(columns: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[str]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in cells:
        table.add_row(*(escape(cell) for cell in row))
    Console().print(table)


def _print_plain(columns: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[str]) -> None:
    lines = [list(columns), *cells]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        padded = (
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        )
        click.echo("  ".join(padded).rstrip())
