"""Which population is which in the older layout, ``/Projections/<one>/<other>``.

Sources differ in which of the two comes first: the one public file of that kind has the post population first, texts
about it say the opposite. So the indices themselves decide, since as a rule they fit the populations in one order only.
Where they fit both ways, the file's other projections decide, then its list of valid ones, and where even that allows
both, the post population comes first, as it does today.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs
import numpy as np

from livn_core.errors import FormatError
from livn_core.h5file import Ranges
from livn_core.neuroh5._destinations import read_destinations
from livn_core.neuroh5._layout import SOURCE, EdgeLayout
from livn_core.neuroh5._store import Store

ValidPairs: TypeAlias = Callable[[], tuple[tuple[str, str], ...]]

PIECE = 2**20
"""How many source indices are looked at in one go."""


def orient(store: Store, layouts: list[EdgeLayout], valid: ValidPairs) -> list[EdgeLayout]:
    """Turn round those layouts whose pre population comes first.

    Parameters
    ----------
    layouts
        Projections of the older layout, taken as if the post population came first.
    valid
        Gives the file's list of valid projections.
    """
    turned = [_turned_round(one) for one in layouts]
    fits = [(_fits(store, one), _fits(store, other)) for one, other in zip(layouts, turned, strict=True)]
    clear = {post_first for post_first, pre_first in fits if post_first != pre_first}
    return [
        one if _post_comes_first(answer, clear, one, valid) else other
        for answer, one, other in zip(fits, layouts, turned, strict=True)
    ]


def _post_comes_first(answer: tuple[bool, bool], clear: set[bool], layout: EdgeLayout, valid: ValidPairs) -> bool:
    if answer[0] != answer[1]:
        return answer[0]
    if layout.pre == layout.post:
        return True
    if len(clear) == 1:
        return next(iter(clear))
    allowed = valid()
    pair = (layout.pre.name, layout.post.name)
    return pair in allowed or pair[::-1] not in allowed


def _turned_round(layout: EdgeLayout) -> EdgeLayout:
    return attrs.evolve(layout, pre=layout.post, post=layout.pre)


def _fits(store: Store, layout: EdgeLayout) -> bool:
    try:
        read_destinations(store, layout)
        path = layout.path(SOURCE)
        size = store.length(path)
        pieces = (
            Ranges(path, np.array([at], np.int64), np.array([min(at + PIECE, size)], np.int64))
            for at in range(0, size, PIECE)
        )
        return all(store.read([piece])[0].max() < layout.pre.count for piece in pieces)
    except FormatError:
        return False
