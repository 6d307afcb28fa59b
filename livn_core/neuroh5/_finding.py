"""Find the projections of a file, in today's layout and in the older one.

Today: ``/Projections/<post>/<pre>/Edges/{four datasets}``, attributes in namespaces beside ``Edges``.
Before: the four datasets lie directly under ``/Projections/<one>/<other>``, and :mod:`._orientation` finds out which is
which.
"""

from __future__ import annotations

from collections.abc import Mapping

from livn_core.neuroh5._layout import EDGES, SOURCE, TOP, EdgeLayout
from livn_core.neuroh5._orientation import ValidPairs, orient
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Population


def find_layouts(store: Store, populations: Mapping[str, Population], valid: ValidPairs) -> tuple[EdgeLayout, ...]:
    """Every projection of a file, ordered by where the post, then the pre population begins.

    Raises
    ------
    FormatError
        A projection names a population that the file does not have, or one pair has two projections.
    """
    if store.is_dataset(TOP):
        raise store.error(TOP, "must be a group of projections, but is a dataset")
    today: list[EdgeLayout] = []
    older: list[EdgeLayout] = []
    for first in store.keys(TOP):
        for second in store.keys(f"{TOP}/{first}"):
            _sort_in(store, populations, f"{TOP}/{first}/{second}", today, older)
    found = [*today, *orient(store, older, valid)]
    _check_unique(store, found)
    order = {name: at for at, name in enumerate(populations)}
    return tuple(sorted(found, key=lambda one: (order[one.post.name], order[one.pre.name])))


def _sort_in(
    store: Store, populations: Mapping[str, Population], top: str, today: list[EdgeLayout], older: list[EdgeLayout]
) -> None:
    first, second = top.split("/")[-2:]
    has_group = store.is_group(f"{top}/{EDGES}")
    has_edges = has_group or store.is_dataset(f"{top}/{SOURCE}")
    unknown = [name for name in (first, second) if name not in populations]
    if unknown and has_edges:
        known = ", ".join(populations) or "none at all"
        raise store.error(top, f"there is no population {unknown[0]!r}; there is {known}")
    if unknown or not store.is_group(top):
        return  # something else that somebody keeps here
    post, pre = populations[first], populations[second]
    if has_group or not has_edges:
        today.append(EdgeLayout(pre, post, top, f"{top}/{EDGES}"))
    else:
        older.append(EdgeLayout(pre, post, top, top))


def _check_unique(store: Store, layouts: list[EdgeLayout]) -> None:
    seen: dict[tuple[str, str], EdgeLayout] = {}
    for one in layouts:
        other = seen.setdefault((one.pre.name, one.post.name), one)
        if other is not one:
            raise store.error(one.top, f"is a second projection {one.pre.name} -> {one.post.name}, beside {other.top}")
