"""Find the projections of a file, in both layouts, and check each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from livn_core.checking._edges import check_edges
from livn_core.checking._looking import Look
from livn_core.errors import FormatError
from livn_core.neuroh5._layout import DATASETS, EDGES, TOP, EdgeLayout
from livn_core.neuroh5._orientation import orient
from livn_core.neuroh5._populations import read_valid_pairs
from livn_core.neuroh5.values import Population


def check_projections(look: Look, populations: Mapping[str, Population]) -> dict[tuple[str, str], int]:
    """Check every projection of a file.

    Returns
    -------
    dict
        ``{(pre, post): number of edges}``.
    """
    if look.is_dataset(TOP):
        look.found("node-unreadable", TOP, "must be a group of projections, but is a dataset")
        return {}
    found: list[EdgeLayout] = []
    for first in look.keys(TOP):
        for second in look.keys(f"{TOP}/{first}"):
            found += _layout(look, populations, first, second)
    layouts = _oriented(look, found)
    edges: dict[tuple[str, str], int] = {}
    for one in layouts:
        pair = (one.pre.name, one.post.name)
        if pair in edges:
            look.found("projection-twice", one.top, f"is a second projection {pair[0]} -> {pair[1]}")
        edges[pair] = check_edges(look, one)
    return edges


def _layout(look: Look, populations: Mapping[str, Population], first: str, second: str) -> Iterable[EdgeLayout]:
    top = f"{TOP}/{first}/{second}"
    members = set(look.keys(top))
    older = EDGES not in members and bool(members & set(DATASETS))
    unknown = [name for name in (first, second) if name not in populations]
    if not look.is_group(top) or (unknown and EDGES not in members and not older):
        look.found("object-unknown", top, "is no projection")
    elif unknown:
        known = ", ".join(populations) or "none at all"
        look.found("projection-unknown-population", top, f"there is no population {unknown[0]!r}; there is {known}")
    else:
        yield EdgeLayout(populations[second], populations[first], top, top if older else f"{top}/{EDGES}")


def _oriented(look: Look, layouts: list[EdgeLayout]) -> list[EdgeLayout]:
    """Turn those of the older layout round where their indices say so."""
    older = [one for one in layouts if one.edges == one.top]
    for one in older:
        look.found("projection-older-layout", one.top, "has its datasets directly below the two populations")
    try:
        turned = orient(look.store, older, lambda: read_valid_pairs(look.store)) if older else []
    except FormatError:
        turned = older  # what is wrong with it is found when its edges are looked at
    return [*(one for one in layouts if one.edges != one.top), *turned]
