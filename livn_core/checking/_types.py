"""Check ``/H5Types``: who the cells are, and which population may project onto which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from livn_core.checking._looking import Look
from livn_core.h5file import AnyArray
from livn_core.neuroh5._populations import LABELS, LARGEST_GID, PAIRS, ROWS, enum_of
from livn_core.neuroh5.values import Population

Names: TypeAlias = Mapping[int, str]
POPULATIONS = "/Populations"
KNOWN = frozenset(
    {
        "Layer tags",
        "Population labels",
        "Population projections",
        "Population range",
        "Populations",
        "Valid population projections",
    }
)


def check_types(look: Look) -> dict[str, Population]:
    """Check the table of populations, and give those that can be told from it."""
    for name in look.keys("/H5Types"):
        if name not in KNOWN:
            look.found("object-unknown", f"/H5Types/{name}", "is nothing that NeuroH5 knows")
    if not look.is_dataset(ROWS):
        look.found("types-missing", ROWS, "is missing, so this is no NeuroH5 file, or one without populations")
        return {}
    if not _check_fields(look, "types-fields", ROWS, ("Start", "Count", "Population")):
        return {}
    names = names_of(look)
    if not names:
        look.found("labels-missing", ROWS, f"neither its field Population nor {LABELS} has labels")
        return {}
    rows = look.values(ROWS)
    if rows is None:
        return {}
    populations = _named(look, rows, names)
    _check_ranges(look, populations)
    _check_labels(look, names, rows)
    return {one.name: one for one in populations}


def names_of(look: Look) -> Names:
    """``{index: name}``, from the rows' own type or else from the committed one; both have to say the same."""
    dtype = look.dtype(ROWS)
    own = enum_of(dtype["Population"]) if dtype is not None and "Population" in (dtype.names or ()) else None
    committed = enum_of(look.dtype(LABELS))
    if own and not committed:
        look.found("labels-not-committed", LABELS, "is missing, or has no labels")
    if own and committed and dict(own) != dict(committed):
        differing = sorted({*own.items()} ^ {*committed.items()})[0][0]
        look.found("labels-disagree", LABELS, f"gives {differing!r} another index than the type of {ROWS}")
    return {int(index): str(name) for name, index in (own or committed or {}).items()}


def check_groups(look: Look, populations: Mapping[str, Population]) -> None:
    """Check that every group of attributes belongs to a population."""
    for name in look.keys(POPULATIONS):
        if name not in populations:
            known = ", ".join(populations) or "none at all"
            look.found("group-without-population", f"{POPULATIONS}/{name}", f"no population has this name; {known} do")


def check_pairs(look: Look, names: Names, present: Iterable[tuple[str, str]]) -> None:
    """Check the table of valid projections against the projections that are there, (pre, post)."""
    there = list(present)
    if not look.is_dataset(PAIRS):
        if there:
            look.found("pairs-missing", PAIRS, f"is missing, but there are {len(there)} projections")
        return
    rows = look.values(PAIRS) if _check_fields(look, "node-unreadable", PAIRS, ("Source", "Destination")) else None
    if rows is None:
        return
    pairs = [(int(row["Source"]), int(row["Destination"])) for row in rows]
    for index in sorted({index for pair in pairs for index in pair} - set(names)):
        look.found("pair-unknown-population", PAIRS, f"names the population index {index}, which has no name")
    allowed = Counter((names.get(pre), names.get(post)) for pre, post in pairs)
    for (pre, post), count in allowed.items():
        if count > 1:
            look.found("pair-twice", PAIRS, f"has {pre} -> {post} {count} times")
    for pre, post in there:
        if (pre, post) not in allowed:
            look.found("pair-missing", PAIRS, f"does not have {pre} -> {post}")


def _check_fields(look: Look, code: str, node: str, fields: tuple[str, ...]) -> bool:
    dtype = look.dtype(node)
    lacking = [
        name for name in fields if dtype is None or name not in (dtype.names or ()) or dtype[name].kind not in "iu"
    ]
    if lacking:
        look.found(code, node, f"has no field of integers {', '.join(map(repr, lacking))}")
    return not lacking


def _named(look: Look, rows: AnyArray, names: Names) -> list[Population]:
    found: dict[str, Population] = {}
    for at, row in enumerate(rows):
        index, start, count = int(row["Population"]), int(row["Start"]), int(row["Count"])
        name = names.get(index)
        if name is None:
            look.found("population-unnamed", ROWS, f"row {at} has the index {index}, which has no name")
        elif name in found:
            look.found("population-twice", ROWS, f"population {name} has a second row, {at}")
        elif start < 0 or count < 0 or start + count > LARGEST_GID:
            look.found("population-range", ROWS, f"population {name} claims {count} cells from gid {start}")
        else:
            found[name] = Population(name, start, count)
    return sorted(found.values(), key=lambda one: one.start)


def _check_ranges(look: Look, populations: list[Population]) -> None:
    for one in populations:
        if not one.count:
            look.found("population-empty", ROWS, f"population {one.name} has no cells")
        elif one.stop > 2**32:
            look.found("gid-beyond-32-bits", ROWS, f"population {one.name} ends with gid {one.stop - 1}")
    filled = [one for one in populations if one.count]
    for one, other in pairwise(filled):
        if one.stop > other.start:
            look.found("populations-overlap", ROWS, f"{one.name} and {other.name} share gids from {other.start}")
        elif one.stop < other.start:
            look.found("populations-gap", ROWS, f"no population has the gids {one.stop} to {other.start - 1}")


def _check_labels(look: Look, names: Names, rows: AnyArray) -> None:
    used = set(np.unique(rows["Population"]).tolist())
    for index, name in names.items():
        if index not in used:
            look.found("label-without-row", ROWS, f"has no row for population {name}, whose index is {index}")
