"""``livn backends``: which backends there are, which one would be taken, and why."""

from __future__ import annotations

import sys
from typing import Any

import attrs
import click

from livn_core.backends import Candidate, Selection, default_backends
from livn_core.cli._output import print_heading, print_json, print_table
from livn_core.errors import LivnError

COLUMNS = ("backend", "provider", "priority", "status", "reason", "remedy")


@click.command()
@click.argument("source", required=False)
@click.option("--backend", help="Ask only this backend, or these, separated by commas.")
@click.option("--check", is_flag=True, help="Open SOURCE with every backend that says it can.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--debug", is_flag=True, hidden=True)
def backends(source: str | None, backend: str | None, check: bool, as_json: bool, debug: bool) -> None:
    """List backends and say which one would open SOURCE, an HDF5 file, and why.

    Exit code 1: none can, or with --check, the chosen one failed.
    """
    if check and source is None:
        raise click.UsageError("--check needs a SOURCE to open")
    selection = default_backends().explain(source, backend.split(",") if backend else None)
    if check:
        selection = _checked(selection)
    if as_json:
        print_json(_document(selection))
    else:
        print_heading(selection.explain().split("\n", 1)[0])
        print_table(COLUMNS, [attrs.astuple(row) for row in selection.candidates], numbers=("priority",))
    if not any(row.status == "chosen" for row in selection.candidates):
        sys.exit(1)


def _document(selection: Selection) -> dict[str, Any]:
    return {
        "source": selection.source,
        "chosen": selection.name or None,
        "by": selection.by,
        "candidates": [attrs.asdict(row) for row in selection.candidates],
    }


def _checked(selection: Selection) -> Selection:
    rows = tuple(_check(selection, row) for row in selection.candidates)
    return attrs.evolve(selection, candidates=rows)


def _check(selection: Selection, row: Candidate) -> Candidate:
    if row.status not in {"chosen", "usable"} or selection.source is None:
        return row
    try:
        default_backends().open(selection.source, row.name)[0].close()
    except (LivnError, OSError) as error:
        return attrs.evolve(row, status="failed", reason=str(error))
    return attrs.evolve(row, reason="opened it")
