"""``livn systems list``: which systems there are, and where."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from livn_core.cli._options import debug_option, json_option
from livn_core.cli._output import print_json, print_line, print_table
from livn_core.system import PREDEFINED, available
from livn_core.system._places import SEARCH_VARIABLE, user_cache


@attrs.frozen
class Row:
    """One system that is here, or could be fetched."""

    name: str
    where: str
    """Which of the places it was found in; ``downloadable`` where in none."""
    path: str | None
    size: int | None
    """Bytes of all its files."""


@click.command("list")
@json_option
@debug_option
def list_systems(as_json: bool) -> None:
    """List the systems that can be named: where each was found, and what could be fetched."""
    rows = known_systems()
    if as_json:
        print_json([attrs.asdict(one) for one in rows])
        return
    shown = [(one.name, one.where, _size(one.size), one.path) for one in rows]
    print_table(("system", "where", "size", "path"), shown, ("size",))
    if any(one.path is None for one in rows):
        print_line("get what is downloadable with: livn systems fetch NAME")


def known_systems() -> list[Row]:
    """Every system that a name stands for: those that are here by name, then those that can be downloaded."""
    here = available()
    found = [Row(name, _where(Path(path)), path, _bytes(Path(path))) for name, path in here.items()]
    return [*found, *(Row(name, "downloadable", None, None) for name in PREDEFINED if name not in here)]


def _where(path: Path) -> str:
    if path.parent == Path("systems") / "graphs":
        return "working directory"
    if path.parent == user_cache():
        return "cache"
    package = Path(available.__code__.co_filename).parent.parent / "data" / "systems"
    return "package" if path.parent == package else SEARCH_VARIABLE


def _bytes(path: Path) -> int:
    return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())


def _size(size: int | None) -> str | None:
    if size is None:
        return None
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000  # type: ignore[assignment] # it is shown, not counted with
    return f"{size:.3g} {unit}"
