"""What the checks have in common: comparing with what one rank alone gets, and errors expected on all ranks."""

from __future__ import annotations

import time

import pytest
from mpi4py import MPI

import livn_core.neuroh5._dealing as dealing
from livn_core.errors import InvalidArgumentError, LivnError
from livn_core.parallel import copying, shares

COMM = MPI.COMM_WORLD
RANK, SIZE = COMM.Get_rank(), COMM.Get_size()
LIMIT = 10.0
"""Seconds within which an error has to be on all ranks."""

CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


def in_small_pieces(by_types=False):
    """Have even the smallest file cut into parts and dealt out in rounds; by MPI's datatypes, if wished."""
    shares.SMALL_BYTES = 0
    dealing.ROUND_BYTES = 200
    copying._WORTH_A_TYPE = 0 if by_types else 64


def same(one, other):
    assert one.dtype == other.dtype
    assert one.shape == other.shape
    assert one.tobytes() == other.tobytes()


def same_edges(one, other):
    for name in ("post_gids", "indptr", "pre_gids"):
        same(getattr(one, name), getattr(other, name))
    assert {space: list(named) for space, named in one.attributes.items()} == {
        space: list(named) for space, named in other.attributes.items()
    }
    for space, named in one.attributes.items():
        for name, values in named.items():
            same(values, other.attributes[space][name])


def same_cells(one, other):
    assert list(one) == list(other)
    for name in one:
        for part in ("gids", "pointer", "values"):
            same(getattr(one[name], part), getattr(other[name], part))


def same_outcome(together, alone, compare):
    """Both give the same, or fail with the same error."""
    expected, error = outcome(alone)
    if error is None:
        compare(together(), expected)
        return
    for _ in range(2):  # the second time an error is as new to the other ranks as the first time
        with pytest.raises(type(error)) as raised:
            together()
        assert str(raised.value) == str(error)


def outcome(work):
    try:
        return work(), None
    except LivnError as error:
        return None, error


def mine(gids):
    return gids[gids % SIZE == RANK]


def expect(kind, work, *, says, rank):
    """An error of the right kind, in good time, with the rank where it was met; None: each meets it by itself."""
    COMM.Barrier()
    begin = time.monotonic()
    with pytest.raises(kind) as raised:
        work()
    took, error = time.monotonic() - begin, raised.value
    notes = [note for note in getattr(error, "__notes__", ()) if note.startswith("livn: raised on rank")]
    assert took < LIMIT
    assert says in str(error), str(error)
    told = [] if rank is None else [f"livn: raised on rank {rank}"]
    assert [note.split(" of ")[0] for note in notes][-1:] == told, notes
    assert len(set(COMM.allgather((kind.__name__, str(error))))) == 1


def expect_different(work):
    with pytest.raises(InvalidArgumentError, match="made different calls"):
        work()
