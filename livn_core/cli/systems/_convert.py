"""``livn systems convert``: SONATA networks and tables to systems, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import click

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, overwrite_option, system_argument
from livn_core.cli._output import print_json, print_line
from livn_core.converting import Conversion, from_sonata, from_tables, to_sonata, to_tables
from livn_core.converting._report import named
from livn_core.locations import is_address

FROM = ("sonata", "tables", "system")
TO = ("system", "sonata", "parquet", "csv")
SONATA_SUFFIXES = frozenset({".json", ".h5", ".hdf5", ".sonata"})
TABLE_SUFFIXES = frozenset({".parquet", ".csv"})
SYSTEM_FILES = ("graph.h5", "cells.h5")


@attrs.frozen
class Wish:
    """What was asked for beyond source and target."""

    split_by: str | None
    restore: bool
    backend: BackendNames | None
    compression: int | None
    overwrite: bool


@click.command()
@system_argument("source", nargs=-1, required=True)
@click.argument("target", type=click.Path())
@click.option("--from", "given", type=click.Choice(FROM), help="What SOURCE is; left out, it is told by what is there.")
@click.option("--to", "wanted", type=click.Choice(TO), help="What to write; left out, a system, unless SOURCE is one.")
@click.option("--split-by", metavar="COLUMN|none", help="SONATA: what makes populations of nodes, instead of types.")
@click.option("--no-restore", is_flag=True, help="SONATA: write a system as it is, not as the network it came from.")
@click.option("--compression", type=click.IntRange(0, 9), help="NeuroH5: gzip's level.")
@overwrite_option
@backend_option
@json_option
@debug_option
def convert(  # noqa: PLR0917 - click hands over each option
    source: tuple[str, ...],
    target: str,
    given: str | None,
    wanted: str | None,
    split_by: str | None,
    no_restore: bool,
    compression: int | None,
    overwrite: bool,
    backend: BackendNames | None,
    as_json: bool,
) -> None:
    """Convert SOURCE, and write it to the directory TARGET.

    SOURCE is a SONATA network (its circuit_config.json, a directory, or files), tables of cells and edges (Parquet or
    CSV, a directory or files), or a system, which --to sonata, --to parquet and --to csv convert.
    """
    kind = given or told(source)
    wanted = wanted or _default(kind)
    if (kind, wanted) not in CONVERSIONS:
        raise click.UsageError(f"{named(source)} cannot be converted from {kind} to {wanted}; see --from and --to")
    if kind == "system" and len(source) > 1:
        raise click.UsageError("one system is converted at a time")
    wish = Wish(split_by, not no_restore, backend, compression, overwrite)
    _show(CONVERSIONS[kind, wanted](source, target, wish), as_json)


def _default(kind: str) -> str:
    if kind == "system":
        raise click.UsageError("say what to convert the system to: --to sonata, --to parquet or --to csv")
    return "system"


def told(source: Sequence[str]) -> str:
    """What a source is, by what is there: ``"sonata"``, ``"tables"`` or ``"system"``."""
    path = Path(source[0])
    if is_address(source[0]) or not path.exists() or any((path / name).is_file() for name in SYSTEM_FILES):
        return "system"
    inside = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else list(map(Path, source))
    suffixes = {one.suffix for one in inside}
    if suffixes & SONATA_SUFFIXES:
        return "sonata"
    if suffixes & TABLE_SUFFIXES:
        return "tables"
    raise click.UsageError(f"{named(source)}: no SONATA network, table or system is there; see --from")


def _from_sonata(source: Sequence[str], target: str, wish: Wish) -> Conversion:
    files = source[0] if len(source) == 1 else source
    return from_sonata(
        files,
        target,
        split_by=wish.split_by,
        compression=wish.compression,
        shuffle=_shuffle(wish),
        overwrite=wish.overwrite,
    )


def _from_tables(source: Sequence[str], target: str, wish: Wish) -> Conversion:
    return from_tables(source, target, compression=wish.compression, shuffle=_shuffle(wish), overwrite=wish.overwrite)


def _shuffle(wish: Wish) -> bool:
    return wish.compression is not None


def _to_sonata(source: Sequence[str], target: str, wish: Wish) -> Conversion:
    place = locate(source[0], wish.backend)
    return to_sonata(place, target, restore=wish.restore, backend=wish.backend, overwrite=wish.overwrite)


def _to_parquet(source: Sequence[str], target: str, wish: Wish) -> Conversion:
    return to_tables(locate(source[0], wish.backend), target, backend=wish.backend, overwrite=wish.overwrite)


def _to_csv(source: Sequence[str], target: str, wish: Wish) -> Conversion:
    place = locate(source[0], wish.backend)
    return to_tables(place, target, format="csv", backend=wish.backend, overwrite=wish.overwrite)


CONVERSIONS: dict[tuple[str, str], Callable[[Sequence[str], str, Wish], Conversion]] = {
    ("sonata", "system"): _from_sonata,
    ("tables", "system"): _from_tables,
    ("system", "sonata"): _to_sonata,
    ("system", "parquet"): _to_parquet,
    ("system", "csv"): _to_csv,
}
"""By what is read and what is written."""


def _show(done: Conversion, as_json: bool) -> None:
    if as_json:
        print_json({**attrs.asdict(done), "target": str(done.target)})
        return
    for line in str(done).splitlines():
        print_line(line)
