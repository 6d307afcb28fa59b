"""From elements to cells and back: every answer is compared with one that was counted out element by element."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from livn_neuroh5 import batches as module
from livn_neuroh5.batches import batches
from livn_neuroh5.rows import Rows


@st.composite
def rows_and_ranges(draw):
    lengths = draw(st.lists(st.integers(0, 4), max_size=12))
    gids = draw(st.lists(st.integers(5, 12), min_size=len(lengths), max_size=len(lengths)))
    size = sum(lengths)
    ranges = draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted), max_size=6))
    return gids, lengths, ranges


def arrays(gids, lengths, ranges):
    rows = Rows(np.array(gids, np.int64), np.cumsum([0, *lengths], dtype=np.int64))
    starts, stops = np.array(ranges, np.int64).reshape(-1, 2).T
    return rows, starts, stops


def owners_by_hand(gids, lengths, ranges):
    owner = [gid for gid, length in zip(gids, lengths, strict=True) for _ in range(length)]
    return sorted({owner[at] for start, stop in ranges for at in range(start, stop)})


def pool_by_hand(gids, lengths, cells):
    """Elements, here their own positions, cell after cell as neuroh5 returns them."""
    ends = np.cumsum(lengths, dtype=np.int64).tolist()
    rows = list(zip(gids, lengths, ends, strict=True))
    return [at for cell in cells for gid, length, end in rows if gid == cell for at in range(end - length, end)]


@given(rows_and_ranges())
def test_owners(case):
    rows, starts, stops = arrays(*case)
    assert rows.owners(starts, stops).tolist() == owners_by_hand(*case)


@given(rows_and_ranges(), st.sets(st.integers(5, 12)))
def test_what_is_picked_from_a_pool_is_what_the_ranges_hold(case, more):
    gids, lengths, ranges = case
    rows, starts, stops = arrays(*case)
    # Cells that are read along, and those without any value, must not be in the way.
    cells = np.array(sorted({*owners_by_hand(*case), *(more & set(gids))}), np.int64)
    pool = rows.pool(cells)
    values = np.array(pool_by_hand(gids, lengths, cells.tolist()), np.int64)
    assert pool.size == values.size
    assert pool.sizes.tolist() == [len(pool_by_hand(gids, lengths, [cell])) for cell in cells.tolist()]
    picked = pool.pick(values, starts, stops)
    assert picked.tolist() == [at for start, stop in ranges for at in range(start, stop)]


@given(rows_and_ranges())
def test_runs_are_the_separate_places_of_the_file(case):
    gids, lengths, _ = case
    rows, _, _ = arrays(*case)
    cells = np.unique(rows.gids)
    elements = pool_by_hand(gids, lengths, cells.tolist())
    by_hand = sum(1 for a, b in zip([None, *elements], elements, strict=False) if a is None or b != a + 1)
    assert rows.pool(cells).runs.sum() == by_hand


def test_what_lies_in_order_is_not_copied():
    rows = Rows(np.arange(10, 14), np.array([0, 2, 2, 5, 9]))
    pool = rows.pool(np.array([10, 12, 13]))
    values = np.arange(9.0)
    assert pool.pick(values, np.array([0]), np.array([9])) is values
    assert pool.pick(values, np.array([1]), np.array([6])).base is values


def test_nothing_is_asked_of_nobody():
    rows = Rows(np.empty(0, np.int64), np.zeros(1, np.int64))
    nothing = np.empty(0, np.int64)
    assert rows.owners(nothing, nothing).size == 0
    pool = rows.pool(nothing)
    assert (pool.size, pool.runs.tolist()) == (0, [])
    assert list(batches(nothing, [pool], [4])) == []


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(module, "MOST_RUNS", 3)
    monkeypatch.setattr(module, "MOST_BYTES", 40)


@pytest.mark.usefixtures("small_batches")
@given(rows_and_ranges())
def test_batches_are_all_cells_once_within_both_limits(case):
    rows, _, _ = arrays(*case)
    cells = np.unique(rows.gids)
    pool = rows.pool(cells)
    cut = list(batches(cells, [pool, pool], [4, 8]))
    assert [gid for part in cut for gid in part.tolist()] == cells.tolist()
    for part in cut:
        one = rows.pool(part)
        if part.size > 1:
            assert one.size * 12 <= 40
            assert one.runs.sum() <= 3 + 1  # the first cell of a batch may lie apart from the one before it


def test_adjacent_cells_are_asked_for_together(small_batches):
    rows = Rows(np.arange(9), np.arange(10))
    cells = np.arange(9)
    assert [part.size for part in batches(cells, [rows.pool(cells)], [1])] == [9]
    every_second = np.arange(0, 9, 2)
    assert [part.size for part in batches(every_second, [rows.pool(every_second)], [1])] == [3, 2]
