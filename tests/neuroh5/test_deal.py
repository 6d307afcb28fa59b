"""Which rank reads what: whole chunks, each by one rank, whatever the cells are like."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core.neuroh5._deal import Deal
from livn_core.neuroh5._segments import Segments
from livn_core.parallel import shares

CHUNK, SIZE, CELLS = 64, 3, 1000


@pytest.fixture
def plan(monkeypatch):
    monkeypatch.setattr(shares, "SMALL_BYTES", 0)
    ends = np.cumsum(np.random.default_rng(1).integers(0, 20, CELLS))
    starts = np.concatenate(([0], ends[:-1]))
    return Segments.group(np.arange(CELLS), starts, ends)


def deals(plan):
    rows = [np.flatnonzero(plan.gids % SIZE == rank) for rank in range(SIZE)]
    return [Deal(plan, rows, rank, CHUNK, 4) for rank in range(SIZE)]


def test_no_chunk_is_read_twice_though_cells_are_shorter(plan):
    most = 2 * CHUNK
    deal = deals(plan)[0]
    windows = [window for number in range(deal.rounds(most)) for window in deal.windows(number, most)]
    assert all(first % CHUNK == 0 for first, last in windows if last > first)
    assert sum(last - first for first, last in windows) == plan.size


def test_every_element_reaches_its_cell(plan):
    values = np.random.default_rng(2).integers(0, 1000, plan.size)
    most = 5 * CHUNK
    for rank, deal in enumerate(deals(plan)):
        result = np.full(deal.own, -1)
        for number in range(deal.rounds(most)):
            for first, last in deal.windows(number, most):
                places, targets = deal.own_of((first, last))
                result[targets.index] = values[first:last][places.index]
        own = plan.pick(np.flatnonzero(plan.gids % SIZE == rank))
        assert np.array_equal(result, own.take(values))


def test_what_one_rank_sends_the_others_expect(plan):
    most = 5 * CHUNK
    everyone = deals(plan)
    for number in range(everyone[0].rounds(most)):
        windows = everyone[0].windows(number, most)
        sent = np.array([deal.outgoing(window)[1] for deal, window in zip(everyone, windows, strict=True)])
        expected = np.array([[places.size for places in deal.incoming(windows)] for deal in everyone])
        assert np.array_equal(sent, expected.T)
