"""Where systems with a name are: beside the user's work, in places the user names, in the cache, in this package."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from livn_core.backends import BackendNames, server_in_play
from livn_core.errors import InvalidArgumentError, SystemNotFoundError
from livn_core.locations import cache_root

CULTURES = ("E", "E_b", "E5I", "E5I_b", "E3I", "E3I_b", "EI", "EI_b")
LEGACY = ("EI1", "EI2", "EI3", "EI4")
PREDEFINED = (*CULTURES, "S1", "S2", "S3", "S4", "CA1", "CA1d", *LEGACY)
"""The names of the original's public systems."""

SEARCH_VARIABLE = "LIVN_SYSTEMS"
"""Environment variable: directories that hold systems, separated as in ``PATH``."""


def find(name: str, directory: str | os.PathLike[str], backend: BackendNames | None = None) -> str:
    """The place of a system that is here, or that stands for it on a server; nothing is downloaded.

    Parameters
    ----------
    name, directory, backend
        As for :func:`livn_core.predefined`.

    Raises
    ------
    SystemNotFoundError
        It is in none of the places; the message lists them.
    InvalidArgumentError
        The name is a path.
    """
    if name in {"", ".", ".."} or set(name) & set("/\\:\0"):
        raise InvalidArgumentError(f"{name!r} is not the name of a system; for a path, use System(path)")
    first = Path(directory) / "systems" / "graphs"
    if server_in_play(backend):
        return str(first / name)
    places = [first, *_further_places()]
    for place in places:
        if holds_system(place / name):
            return str(place / name)
    raise SystemNotFoundError(_not_found(name, places))


def available() -> dict[str, str]:
    """Every system that is here and has a name: ``{name: directory}``, by name; nothing is downloaded."""
    places = [Path("systems") / "graphs", *_further_places()]
    found: dict[str, str] = {}
    for place in places:
        if place.is_dir():
            for entry in place.iterdir():
                if holds_system(entry) and not entry.name.startswith("."):
                    found.setdefault(entry.name, str(entry))
    return dict(sorted(found.items()))


def holds_system(directory: Path) -> bool:
    """Whether a directory has a system's HDF5 files in it."""
    return (directory / "graph.h5").is_file() or (directory / "cells.h5").is_file()


def user_cache() -> Path:
    """Where this user's downloaded systems are kept."""
    return cache_root() / "systems"


def _further_places() -> Iterator[Path]:
    for directory in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep):
        if directory:
            yield Path(directory)
    yield user_cache()
    yield Path(__file__).parent.parent / "data" / "systems"


def _not_found(name: str, places: list[Path]) -> str:
    lines = "".join(f"\n  {place}" for place in places)
    here = ", ".join(available()) or "none"
    close = difflib.get_close_matches(name.upper(), [*available(), *PREDEFINED], n=1)
    hint = f" Did you mean {close[0]}?" if close and close[0] != name else ""
    text = f"there is no system {name!r} in{lines}\nsystems found there: {here}.{hint}"
    if name in PREDEFINED:
        return text
    return (
        f"{text}\nPut it into one of these directories, name its directory's parent in {SEARCH_VARIABLE}, "
        f"or open it by its path with System(path). The public systems are {', '.join(PREDEFINED)}."
    )
