"""Find the projections of a file: today's layout, and the older one.

Today: ``/Projections/<post>/<pre>/Edges/{four datasets}``, attributes in namespaces beside ``Edges``.
Before: the four datasets lie directly under ``/Projections/<one>/<other>``, and sources differ in which of the two
comes first: the one public file of that kind has the post population first, texts about it say the opposite. There
the indices themselves decide: as a rule they fit the populations in one order only. Where they fit both ways, the
file's list of valid projections decides, and where that allows both, the post population comes first as it does today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from livn_core.errors import FormatError
from livn_core.neuroh5._destinations import read_destinations
from livn_core.neuroh5._layout import EDGES, SOURCE, TOP, EdgeLayout
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Population

ValidPairs: TypeAlias = Callable[[], tuple[tuple[str, str], ...]]


def find_layouts(store: Store, populations: Mapping[str, Population], valid: ValidPairs) -> tuple[EdgeLayout, ...]:
    """Every projection of a file, ordered by where the post, then the pre population begins.

    Raises
    ------
    FormatError
        A projection names a population that the file does not have.
    """
    found = [
        _layout(store, populations, valid, first, second)
        for first in store.keys(TOP)
        for second in store.keys(f"{TOP}/{first}")
        if store.is_group(f"{TOP}/{first}/{second}")
    ]
    order = {name: at for at, name in enumerate(populations)}
    return tuple(sorted(found, key=lambda one: (order[one.post.name], order[one.pre.name])))


def _layout(
    store: Store, populations: Mapping[str, Population], valid: ValidPairs, first: str, second: str
) -> EdgeLayout:
    top = f"{TOP}/{first}/{second}"
    for name in (first, second):
        if name not in populations:
            known = ", ".join(populations) or "none at all"
            raise store.error(top, f"there is no population {name!r}; there is {known}")
    post, pre = populations[first], populations[second]
    if store.is_group(f"{top}/{EDGES}") or not store.is_dataset(f"{top}/{SOURCE}"):
        return EdgeLayout(pre, post, top, f"{top}/{EDGES}")
    return _direct(store, valid, EdgeLayout(pre, post, top, top))


def _direct(store: Store, valid: ValidPairs, post_first: EdgeLayout) -> EdgeLayout:
    pre_first = attrs.evolve(post_first, pre=post_first.post, post=post_first.pre)
    if post_first.pre == post_first.post:
        return post_first
    fitting = [one for one in (post_first, pre_first) if _fits(store, one)]
    if len(fitting) == 2:
        allowed = valid()
        fitting = [one for one in fitting if (one.pre.name, one.post.name) in allowed] or fitting
    return fitting[0] if fitting else post_first


def _fits(store: Store, layout: EdgeLayout) -> bool:
    try:
        read_destinations(store, layout)
        (source,) = store.integers(layout.path(SOURCE))
    except FormatError:
        return False
    return not source.size or int(source.max()) < layout.pre.count
