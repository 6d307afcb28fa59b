"""``livn systems index``: make the indexes of a system's out-edges."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_json, print_table
from livn_core.locations import is_one_file
from livn_core.neuroh5 import Projection, open_neuroh5
from livn_core.system import System


@click.command()
@system_argument("system")
@backend_option
@click.option(
    "--where",
    type=click.Choice(["beside", "cache"]),
    help="Beside the file, or in your cache; left out: beside it, where that can be written to.",
)
@json_option
@debug_option
def index(system: str, backend: BackendNames | None, where: Literal["beside", "cache"] | None, as_json: bool) -> None:
    """Index the edges of SYSTEM by the cell that they come from, so that out_edges() need not look through all.

    SYSTEM is a directory, a predefined name, or one HDF5 file, on this machine. An index is used only while it fits
    the edges, and made anew by the same command.
    """
    place = locate(system, backend)
    if is_one_file(place):
        with open_neuroh5(place, backend=backend) as file:
            made = [_make(file.projection(*pair), where) for pair in file.projections]
    else:
        with System(place, backend=backend) as opened:
            made = [_make(opened.projection(*pair), where) for pair in opened.projection_names]
    if as_json:
        print_json(made)
        return
    rows = [(f"{one['pre']} -> {one['post']}", f"{one['n_edges']:,}", one["index"]) for one in made]
    print_table(("projection", "edges", "index"), rows, ("edges",))


def _make(projection: Projection, where: Literal["beside", "cache"] | None) -> dict[str, str | int]:
    path: Path = projection.build_index(where)
    pre, post = projection.pre.name, projection.post.name
    return {"pre": pre, "post": post, "n_edges": projection.n_edges, "index": str(path), "bytes": path.stat().st_size}
