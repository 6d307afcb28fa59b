"""Print tables: rich ones on a terminal, plain aligned columns in a pipe, JSON for programs."""

from __future__ import annotations

import codecs
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from livn_core.cli._text import printable, printable_json


def never_fail_to_encode() -> None:
    """Let characters that the terminal's or the pipe's encoding lacks be escaped, instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def on_terminal() -> bool:
    """Whether a person is looking; a process may be started without any standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def styled() -> bool:
    """Whether to use bold type: not where ``NO_COLOR`` (no-color.org) or ``TERM=dumb`` ask for plain text."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in {"dumb", "unknown"}


def print_json(document: Any) -> None:
    """One JSON document; in ASCII where the encoding of the output cannot hold every character."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    ascii_only = codecs.lookup(encoding).name != "utf-8"
    click.echo(printable_json(json.dumps(document, indent=2, ensure_ascii=ascii_only)))


def print_line(text: str) -> None:
    """One line, whatever is in it."""
    click.echo(printable(text))


def print_heading(text: str) -> None:
    """A line that stands above a table."""
    click.echo(click.style(printable(text), bold=True) if styled() else printable(text))


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
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    if on_terminal():
        _print_rich(columns, cells, numbers)
    else:
        _print_plain(columns, cells, numbers)


def _print_rich(columns: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in cells:
        # A str would be searched for markup and for the names of emoji.
        table.add_row(*(Text(cell) for cell in row))
    Console(color_system="auto" if styled() else None).print(table)


def _print_plain(columns: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[str]) -> None:
    lines = [list(columns), *cells]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        padded = (
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, cell, width in zip(columns, line, widths, strict=True)
        )
        click.echo("  ".join(padded).rstrip())
