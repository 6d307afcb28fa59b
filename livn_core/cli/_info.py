"""``livn info``: what a system holds."""

from __future__ import annotations

import attrs
import click

from livn_core.backends import BackendNames
from livn_core.cli._describe import Description, describe
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_heading, print_json, print_line, print_table


@click.command()
@system_argument("system")
@backend_option
@click.option("--fallback", is_flag=True, help="Where the chosen backend fails, warn and take the next one.")
@json_option
@debug_option
def info(system: str, backend: BackendNames | None, fallback: bool, as_json: bool) -> None:
    """Show what SYSTEM holds: a directory, an address, a predefined name such as EI1, or one HDF5 file."""
    found = describe(system, backend, fallback)
    if as_json:
        print_json(attrs.asdict(found))
    else:
        _print(found)


def _print(found: Description) -> None:
    print_heading(found.source)
    print_line(f"{found.n_cells:,} cells, {found.n_edges:,} edges; read by {found.backend}, {found.why}")
    click.echo()
    rows = [
        (one.name, one.start, one.start + one.count - 1 if one.count else None, f"{one.count:,}", _flat(one.namespaces))
        for one in found.populations
    ]
    print_table(
        ("population", "first gid", "last gid", "cells", "attributes"), rows, ("first gid", "last gid", "cells")
    )
    click.echo()
    if not found.projections:
        print_line("no projections")
    else:
        edges = [(f"{one.pre} -> {one.post}", f"{one.n_edges:,}", _flat(one.namespaces)) for one in found.projections]
        print_table(("projection", "edges", "attributes"), edges, ("edges",))
    if found.sidecars:
        click.echo()
        print_line(f"beside it: {', '.join(found.sidecars)}")


def _flat(namespaces: dict[str, list[str]]) -> str:
    return "; ".join(f"{namespace}: {', '.join(names)}" for namespace, names in namespaces.items())
