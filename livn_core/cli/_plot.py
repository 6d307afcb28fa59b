"""``livn plot``: pictures of a system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, system_argument
from livn_core.cli._output import print_line
from livn_core.cli._selecting import how, parse_spec, selection_options
from livn_core.errors import InvalidArgumentError
from livn_core.plotting import KINDS
from livn_core.system import System
from livn_core.writing._atomic import new_file

FORMATS = (".png", ".svg", ".pdf", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".eps", ".ps")


@click.command()
@system_argument("system")
@click.option("--kind", type=click.Choice([*KINDS, "all"]), default="cells", show_default=True, help="What to draw.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file, by its suffix PNG, SVG, PDF, …; or a directory."
)
@click.option("--dpi", type=click.IntRange(30, 1200), default=150, show_default=True, help="Pixels for each inch.")
@click.option("--select", metavar="SELECTION", help="Draw these cells alone; as SELECTION of livn systems cut.")
@selection_options
@backend_option
@debug_option
def plot(
    system: str,
    *,
    kind: str,
    out: Path | None,
    dpi: int,
    select: str | None,
    backend: BackendNames | None,
    **options: Any,
) -> None:
    """Draw SYSTEM: where its cells are, in-degrees, connection probability over distance, or its matrix.

    Left out, --out is NAME-KIND.png in the working directory. --kind all draws each of them, into a directory.
    """
    kinds = KINDS if kind == "all" else (kind,)
    with System(locate(system, backend), backend=backend) as whole:
        files = {one: _file(out, f"{whole.name}-{one}.png", len(kinds) > 1) for one in kinds}
        chosen = how(options)
        part: Any = whole
        if select is not None or set(chosen) != {"method"}:
            part = whole.subset(parse_spec(select or "all"), **chosen)
        for one, file in files.items():
            figure = getattr(part.plot, one)()
            with new_file(file) as beside:
                figure.savefig(beside, dpi=dpi)
            print_line(str(file))


def _file(out: Path | None, name: str, several: bool) -> Path:
    if out is None:
        return Path(name)
    if several and out.suffix:
        raise InvalidArgumentError(f"{out}: several pictures need a directory; give --out without a suffix")
    if out.is_dir() or several or not out.suffix:
        return out / name
    if out.suffix.lower() not in FORMATS:
        raise InvalidArgumentError(f"{out}: no picture is written as {out.suffix}; there is {', '.join(FORMATS)}")
    return out
