"""What differs between two systems: first by their manifests, then, where these differ, by a closer look."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from livn_core.backends import BackendNames
from livn_core.comparing import _zoom
from livn_core.comparing._columns import Entry, Key
from livn_core.comparing._documents import ABSENT, differing
from livn_core.comparing._hash import checked_parts
from livn_core.comparing._manifest import PARTS, Manifest, manifest
from livn_core.system._sidecars import parse_json
from livn_core.system._system import System
from livn_core.system._whole import Whole, open_whole

GROUP = {"populations": 2, "cells": 4, "edges": 3, "documents": 2}
"""How many steps of a key name one population, attribute, projection or document."""


@attrs.frozen
class Difference:
    """One thing that is not the same in two systems."""

    place: str
    """Such as ``"edges EXC -> INH: Synapses/weight"`` or ``"graph.json: /version"``."""
    problem: str
    """In what they differ, with counts and the first place."""
    one: object = None
    """What the first system has there; ``None`` where it has nothing."""
    other: object = None
    """What the second one has."""
    count: int = 1
    """How many elements, cells or values this is about."""


def diff(
    one: str | os.PathLike[str] | System,
    other: str | os.PathLike[str] | System,
    *,
    parts: str | Iterable[str] = PARTS,
    backend: BackendNames | None = None,
) -> tuple[Difference, ...]:
    """What differs between two systems, or two NeuroH5 files: populations, attributes, edges, documents.

    Chunks, filters, blocks and backends do not count, as for :func:`livn_core.content_hash`; what is equal has the
    same hash. Both are read once, a block at a time, and what differs once more.

    Parameters
    ----------
    one, other
        Paths, addresses, or open systems.
    parts
        As for :func:`livn_core.content_hash`.
    backend
        As for :class:`livn_core.System`, for both.

    Returns
    -------
    tuple of Difference
        Empty where nothing differs.

    Raises
    ------
    FileNotFoundError, FormatError, BackendError
        One of them cannot be read.

    Examples
    --------
    >>> from livn_core import diff, predefined
    >>> diff(predefined("EI1"), predefined("EI1"))
    ()
    """
    chosen = checked_parts(parts)
    with open_whole(one, backend) as left, open_whole(other, backend) as right:
        return tuple(_differences(left, right, manifest(left, chosen), manifest(right, chosen)))


def _differences(left: Whole, right: Whole, one: Manifest, other: Manifest) -> Iterator[Difference]:
    ours, theirs = _grouped(one), _grouped(other)
    order = {part: at for at, part in enumerate(PARTS)}
    for group in sorted({*ours, *theirs}, key=lambda key: (order[key[0]], key)):
        mine, yours = ours.get(group), theirs.get(group)
        if mine is None or yours is None:
            side = "second" if mine is None else "first"
            yield Difference(_name(group), f"is only in the {side}", _size(mine), _size(yours))
        elif mine != yours:
            yield from _closer(left, right, group, mine, yours)


def _grouped(found: Manifest) -> dict[Key, dict[Key, Entry]]:
    groups: dict[Key, dict[Key, Entry]] = {}
    for key, entry in found.items():
        steps = GROUP[key[0]]
        groups.setdefault(key[:steps], {})[key[steps:]] = entry
    return groups


def _size(entries: Mapping[Key, Entry] | None) -> object:
    """What a population, attribute or projection has, in short: its range, or its number of elements."""
    if entries is None:
        return None
    if () in entries:
        return entries[()][:2]
    return next(entries[key][1] for key in (("values",), ("pre_gids",)) if key in entries)


def _name(group: Key, column: Key = ()) -> str:
    part, *names = group
    if part == "documents":
        return names[0]
    name = " -> ".join(names) if part == "edges" else "/".join(names)
    tail = f": {'/'.join(column)}" if column and part == "edges" else ""
    return f"{'population' if part == 'populations' else part} {name}{tail}"


def _closer(
    left: Whole, right: Whole, group: Key, mine: Mapping[Key, Entry], yours: Mapping[Key, Entry]
) -> Iterator[Difference]:
    match group[0]:
        case "populations":
            given, taken = mine[()], yours[()]
            yield Difference(_name(group), f"is {given} and {taken} (first gid, cells)", given, taken)
        case "documents":
            yield from _in_documents(left, right, group[1])
        case _:
            yield from _in_arrays(left, right, group, mine, yours)


def _in_documents(left: Whole, right: Whole, name: str) -> Iterator[Difference]:
    contents = [whole.document(name) for whole in (left, right)]
    try:
        documents = [parse_json(content, name) for content in contents]
    except ValueError:
        yield Difference(name, "is no JSON in at least one of them, and the bytes differ")
        return
    for path, one, other in differing(*documents):
        shown = ["nothing" if value is ABSENT else repr(value) for value in (one, other)]
        values: list[Any] = [None if value is ABSENT else value for value in (one, other)]
        yield Difference(f"{name}: {path}", f"is {shown[0]} and {shown[1]}", *values)


def _in_arrays(
    left: Whole, right: Whole, group: Key, mine: Mapping[Key, Entry], yours: Mapping[Key, Entry]
) -> Iterator[Difference]:
    rows = [key for key in mine if key in {("gids",), ("pointer",), ("post_gids",), ("indptr",)}]
    same_rows = all(mine[key] == yours[key] for key in rows)
    if not same_rows:
        yield _other_rows(left, right, group)
    for key in sorted({*mine, *yours} - set(rows)):
        if key not in mine or key not in yours:
            side = "second" if key not in mine else "first"
            yield Difference(_name(group, key), f"is only in the {side}", mine.get(key), yours.get(key))
        elif mine[key][0] != yours[key][0]:
            one, other = mine[key][0], yours[key][0]
            yield Difference(_name(group, key), f"is of dtype {one} and {other}", one, other)
        elif same_rows and mine[key] != yours[key]:
            yield _other_values(left, right, group, key)


def _other_rows(left: Whole, right: Whole, group: Key) -> Difference:
    found = _zoom.compare_rows(left, right, group)
    what = "edges" if group[0] == "edges" else "values"
    said = [
        f"{found.only_one:,} cells have {what} in the first only" if found.only_one else "",
        f"{found.only_other:,} cells in the second only" if found.only_other else "",
        f"{found.resized:,} cells have another number of {what}" if found.resized else "",
    ]
    problem = f"{', '.join(one for one in said if one)}; the first of them is gid {found.gid}"
    return Difference(_name(group), problem, count=found.only_one + found.only_other + found.resized)


def _other_values(left: Whole, right: Whole, group: Key, key: Key) -> Difference:
    found, gid, row, size = _zoom.compare_values(left, right, group, key)
    what = "edge" if group[0] == "edges" else "value"
    problem = (
        f"{found.count:,} of {size:,} {what}s differ; the first of them is {what} {row} of gid {gid}: "
        f"{found.one} and {found.other}"
    )
    return Difference(_name(group, key), problem, found.one, found.other, found.count)
