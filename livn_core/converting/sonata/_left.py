"""What a system has that its SONATA network did not: it is not written, and that is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from livn_core.converting._report import Remarks
from livn_core.converting.sonata._document import Table
from livn_core.converting.sonata._names import BOOKS, COORDINATES, DOCUMENT

if TYPE_CHECKING:
    from livn_core.system import System

GROUPS = re.compile(r" \(groups? [\d, ]+\)$")
WHY = "the network that this system came from did not have it; restore=False (--no-restore) writes it"


def remark_on_left(system: System, nodes: Sequence[Table], edges: Sequence[Table], remarks: Remarks) -> None:
    """Note all attributes, projections and documents that are not written."""
    for one in nodes:
        known = {*map(tuple, one.homes.values()), (COORDINATES, "Z Coordinate")}
        for population in one.extra["populations"]:
            for space, name in _unknown(system.namespaces(population), known):
                remarks.dropped(f"{population}/{space}/{name}", WHY)
    written = {population for one in nodes for population in one.extra["populations"]}
    for population in set(system.populations) - written:
        remarks.dropped(f"population {population!r}", WHY)
    _remark_on_projections(system, edges, remarks)
    for name in system.sidecar_names:
        if name != DOCUMENT:
            remarks.dropped(name, "SONATA has no place for it")


def _remark_on_projections(system: System, edges: Sequence[Table], remarks: Remarks) -> None:
    known: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for one in edges:
        for pre, post in one.extra["pairs"]:
            known.setdefault((pre, post), set()).update(map(tuple, one.homes.values()))
    for pair in system.projection_names:
        where = " -> ".join(pair)
        if pair not in known:
            remarks.dropped(f"projection {where}", WHY)
            continue
        for space, name in _unknown(system.projection(*pair).namespaces, known[pair]):
            remarks.dropped(f"{where}: {space}/{name}", WHY)


def _unknown(namespaces: Mapping[str, tuple[str, ...]], known: Iterable[tuple[str, ...]]) -> list[tuple[str, str]]:
    homes = set(known)
    found = []
    for space, names in namespaces.items():
        plain = GROUPS.sub("", space)
        if plain != BOOKS:
            found += [(space, name) for name in names if (plain, name) not in homes]
    return found
