"""``livn systems cut``: write a part of a system as a system of its own."""

from __future__ import annotations

from typing import Any

import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, overwrite_option, system_argument
from livn_core.cli._output import print_line
from livn_core.cli._selecting import how, parse_spec, selection_options
from livn_core.system import System


@click.command()
@system_argument("system")
@click.argument("selection")
@click.argument("destination", type=click.Path())
@selection_options
@overwrite_option
@click.option("--compression", type=click.IntRange(0, 9), help="Level of gzip; left out, nothing is compressed.")
@backend_option
@debug_option
def cut(
    system: str,
    selection: str,
    destination: str,
    *,
    backend: BackendNames | None,
    overwrite: bool,
    compression: int | None,
    **options: Any,
) -> None:
    """Write the cells of SYSTEM that SELECTION names, and the edges between them, to the directory DESTINATION.

    SELECTION is "all" (with --radius, --bounds or --layer: all that lie there), a number of cells, a fraction such as
    0.1, JSON such as '{"EXC": [0, 1, 2], "INH": 5}', or the name of a stored selection. Cells get new gids; each has
    its old one in the attribute Origin/gid, and origin.json says where the system comes from.
    """
    with System(locate(system, backend), backend=backend) as whole:
        part = whole.subset(parse_spec(selection), **how(options))
        part.write(destination, overwrite=overwrite, compression=compression, shuffle=compression is not None)
        cells = ", ".join(f"{count:,} {name}" for name, count in part.summary()["population_counts"].items())
        print_line(f"{destination}: {part.num_neurons:,} of {whole.num_neurons:,} cells: {cells}")
