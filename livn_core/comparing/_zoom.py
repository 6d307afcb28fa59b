"""Read once more what is known to differ, and find out where."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livn_core.comparing._arrays import OtherRows, Unequal, other_rows, unequal
from livn_core.comparing._columns import Key
from livn_core.h5file import AnyArray
from livn_core.neuroh5 import CellAttribute
from livn_core.system._whole import Whole


def compare_rows(left: Whole, right: Whole, group: Key) -> OtherRows:
    """Compare which cells have how many elements of an attribute or a projection."""
    return other_rows(_rows(left, group), _rows(right, group))


def compare_values(left: Whole, right: Whole, group: Key, key: Key) -> tuple[Unequal, int, int, int]:
    """Compare one array whose cells are the same.

    Returns
    -------
    found, gid, row, size
        What differs, the cell of the first difference, which of its elements that is, and how many elements there are.
    """
    found = unequal(_values(left, group, key), _values(right, group, key))
    assert found is not None, "their digests differ"
    gids, counts = _rows(left, group)
    ends = np.cumsum(counts)
    cell = int(np.searchsorted(ends, found.at, side="right"))
    return found, int(gids[cell]), found.at - int(ends[cell] - counts[cell]), int(ends[-1])


def _rows(whole: Whole, group: Key) -> tuple[AnyArray, AnyArray]:
    """The cells, and how many elements each has."""
    gids, counts = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    if group[0] == "cells":
        pieces = ((one.gids, one.pointer) for one in _blocks(whole, group))
    else:
        pair = (group[1], group[2])
        pieces = ((one.post_gids, one.indptr) for one in whole.projection(pair).blocks())
    for gid, pointer in pieces:
        gids.append(gid)
        counts.append(np.diff(pointer))
    return np.concatenate(gids), np.concatenate(counts)


def _values(whole: Whole, group: Key, key: Key) -> Iterator[AnyArray]:
    if group[0] == "cells":
        for one in _blocks(whole, group):
            yield one.values
        return
    names = () if key == ("pre_gids",) else ("/".join(key),)
    for edges in whole.projection((group[1], group[2])).blocks(attributes=names):
        # Whether gids have 32 or 64 bits depends on the file's other populations.
        yield edges.attributes[key[0]][key[1]] if names else edges.pre_gids.astype(np.int64)


def _blocks(whole: Whole, group: Key) -> Iterator[CellAttribute]:
    _, population, namespace, name = group
    return whole.cells.cell_attribute_blocks(population, namespace, name)
