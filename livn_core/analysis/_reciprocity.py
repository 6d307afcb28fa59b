"""How often two cells are connected both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.h5file import IntArray
from livn_core.neuroh5._statistics import distinct_pairs

if TYPE_CHECKING:
    from livn_core.system._subset import Subset
    from livn_core.system._system import System


def reciprocity(system: System | Subset, pre: str, post: str) -> float:
    """The part of the connected pairs pre → post of which the other direction is connected, too.

    Parameters
    ----------
    system
        A system, or a subset of one.
    pre, post
        The projection. Its edges are read a block at a time; of the projection the other way, 8 bytes for each
        connected pair are kept.

    Returns
    -------
    float
        From 0 to 1; pairs of a cell and itself do not count. NaN where no pair is connected.

    Raises
    ------
    UnknownNameError
        There is no such projection.
    """
    there, back = system.projection(pre, post), (post, pre) in system.projection_names
    reverse = _keys(system.projection(post, pre), backwards=True) if back else ()
    known = np.sort(np.concatenate([np.empty(0, np.int64), *reverse]))
    connected = both = 0
    for keys in _keys(there, backwards=False):
        connected += keys.size
        # Not np.isin, which would sort what is known once more for each block.
        both += int((np.searchsorted(known, keys, "right") - np.searchsorted(known, keys)).sum())
    return both / connected if connected else float("nan")


def _keys(projection: Any, backwards: bool) -> Iterator[IntArray]:
    """A number for each connected pair of different cells, the same for a pair in both directions."""
    for block in projection.blocks():
        pres, posts = distinct_pairs(block)
        other = pres != posts
        one = np.searchsorted(projection.pre.gids, pres[other]).astype(np.int64)
        two = np.searchsorted(projection.post.gids, posts[other]).astype(np.int64)
        yield one * projection.post.count + two if backwards else two * projection.pre.count + one
