"""``livn backends``: which backends there are, which one would be taken, and why."""

from __future__ import annotations

import sys
from typing import Any

import attrs
import click

from livn_core.backends import BackendNames, Candidate, Selection, default_backends
from livn_core.cli._check import checked
from livn_core.cli._locate import files_to_probe, locate
from livn_core.cli._options import backend_option, debug_option, json_option
from livn_core.cli._output import print_heading, print_json, print_table
from livn_core.cli._text import one_line
from livn_core.errors import LivnError
from livn_core.locations import redacted

COLUMNS = ("backend", "provider", "priority", "status", "reason", "remedy")


@click.command()
@click.argument("source", required=False)
@backend_option
@click.option("--check", is_flag=True, help="Open SOURCE with every backend that says it can.")
@json_option
@debug_option
def backends(source: str | None, backend: BackendNames | None, check: bool, as_json: bool) -> None:
    """List backends and say which one would open SOURCE, and why.

    SOURCE is named as for `livn info`. Exit code 1: none can, or with --check, the chosen one failed.
    """
    if check and source is None:
        raise click.UsageError("--check needs a SOURCE to open")
    files = () if source is None else files_to_probe(locate(source, backend), backend)
    selection = default_backends().explain(files[-1] if files else None, backend)
    if check:
        selection = checked(selection, files)
    if as_json:
        print_json(_document(selection))
    else:
        print_heading(redacted(_heading(selection, backend)))
        print_table(COLUMNS, [attrs.astuple(_for_people(row)) for row in selection.candidates], numbers=("priority",))
    if not any(row.status == "chosen" for row in selection.candidates):
        sys.exit(1)


def _heading(selection: Selection, backend: BackendNames | None) -> str:
    if selection.chosen is None:
        return _why_none(selection, backend)
    failed = any(row.name == selection.name and row.status == "failed" for row in selection.candidates)
    return f"{selection.name}, {selection.why}{f', fails to open {selection.source}' if failed else ''}"


def _why_none(selection: Selection, backend: BackendNames | None) -> str:
    try:
        default_backends().select(selection.source, backend)
    except LivnError as error:
        return str(error).split("\n", 1)[0].removesuffix(":")
    return f"no backend can open {selection.source}: all that said they could declined"


def _document(selection: Selection) -> dict[str, Any]:
    return {
        "source": selection.source and redacted(selection.source),
        "chosen": selection.name or None,
        "by": selection.by,
        "candidates": [attrs.asdict(row) | {"reason": redacted(row.reason)} for row in selection.candidates],
    }


def _for_people(row: Candidate) -> Candidate:
    """A row whose sentences are one line each, as a table needs them."""
    return attrs.evolve(row, reason=one_line(redacted(row.reason)), remedy=one_line(row.remedy))
