"""What goes wrong on one rank is raised on all of them, soon, and all can go on."""

from __future__ import annotations

import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
from mpi4py import MPI
from together import COMM, RANK, SIZE, check, expect, expect_different, in_small_pieces

from livn_core import System, fetch, open_neuroh5, predefined
from livn_core.errors import (
    BackendError,
    FormatError,
    InvalidArgumentError,
    InvalidTypeError,
    LivnError,
    SourceNotFoundError,
    SystemNotFoundError,
    UnknownNameError,
)
from livn_core.parallel import Ranks


@check
def one_rank_fails(path):
    """Whatever goes wrong on one rank alone is an error on all of them; then all can go on."""
    in_small_pieces()
    last = SIZE - 1
    with open_neuroh5(path, comm=COMM) as file:
        pre, post = file.projections[0]
        projection = file.projection(pre, post)
        start, count = file.population_ranges[post]
        wrong = [start + count] if last == RANK else [start]
        expect(UnknownNameError, lambda: projection.read(wrong), says=f"gid {start + count}", rank=last)
        attribute = "Nothing/there" if last == RANK else True
        expect(UnknownNameError, lambda: projection.read(attributes=attribute), says="Nothing/there", rank=last)
        expect_different(lambda: projection.read([start + RANK]))
        expect_different(projection.read if RANK else projection.in_degree)
        break_handle(file, last, OSError(5, "the disk is on fire"))
        expect(BackendError, projection.read, says="the disk is on fire", rank=last)
        expect(BackendError, lambda: projection.read(local=True), says="the disk is on fire", rank=last)
        expect(BackendError, projection.out_degree, says="the disk is on fire", rank=last)
        mend_handle(file, last)
        assert len(projection.read()) == projection.n_edges


BROKEN = {}


class Burning:
    """A handle that fails: a disk that dies cannot be had otherwise."""

    def __init__(self, error):
        self._error = error

    def read_many(self, requests):
        raise self._error

    def __getitem__(self, path):
        raise self._error

    def keys(self):
        return []

    def close(self):
        pass


def break_handle(file, rank, error):
    if rank == RANK:
        shared = file._store.shared
        BROKEN["good"], shared._opened = shared.own, Burning(error)


def mend_handle(file, rank):
    if rank == RANK:
        file._store.shared._opened = BROKEN["good"]


@check
def removed(path):
    """A file that goes away before the other ranks have opened it."""
    in_small_pieces()
    with open_neuroh5(path, comm=COMM) as file:
        pre, post = file.projections[0]
        COMM.Barrier()
        if RANK == 0:
            Path(path).unlink()
        expect(SourceNotFoundError, lambda: file.projection(pre, post).read(), says=Path(path).name, rank=1)


@check
def damaged(path):
    """A chunk that only one rank reads."""
    in_small_pieces()
    with open_neuroh5(path, comm=COMM) as file:
        pre, post = file.projections[0]
        expect(FormatError, lambda: file.projection(pre, post).read(), says="Source Index", rank=SIZE - 1)
        expect(FormatError, lambda: file.projection(pre, post).read(local=True), says="Source Index", rank=SIZE - 1)


@check
def absent(directory):
    """Nothing to open, for all ranks alike."""
    expect(SourceNotFoundError, lambda: open_neuroh5(f"{directory}/no.h5", comm=COMM), says="no.h5", rank=0)
    expect(SystemNotFoundError, lambda: System(f"{directory}/no", comm=COMM).populations, says="no", rank=0)
    expect(SystemNotFoundError, lambda: predefined("nowhere-to-be-found", comm=COMM), says="nowhere", rank=0)
    expect(SystemNotFoundError, lambda: fetch(f"{directory}/no", "x", comm=COMM), says="no such directory", rank=0)


@check
def arguments(path):
    """Arguments that only one rank got wrong."""
    with System(path, comm=COMM) as system:
        pre, post = system.projection_names[0]
        projection = system.projection(pre, post)
        size = -1 if RANK else 1000
        expect(InvalidArgumentError, lambda: list(projection.blocks(size)), says="must be positive", rank=1)
        cells = [-5] if RANK else [0]
        expect(UnknownNameError, lambda: system.connectivity_matrix(gids=cells), says="-5", rank=1)
        expect(InvalidTypeError, lambda: open_neuroh5("x.h5", comm="nobody"), says="communicator", rank=None)
        expect(InvalidArgumentError, lambda: open_neuroh5("x.h5", comm=MPI.COMM_NULL), says="comm", rank=None)
        assert len(projection.read()) == projection.n_edges


@check
def different(path):
    """Ranks that ask for different things are told so, even where their answers would be equally long."""
    with open_neuroh5(path, comm=COMM) as file:
        (pre, post), *_ = file.projections
        projection = file.projection(pre, post)
        names = [f"{space}/{name}" for space, all_ in projection.namespaces.items() for name in all_]
        cells = file.population_ranges[post][0] + np.arange(2)
        expect_different(lambda: projection.read(attributes=[names[RANK]], local=True))
        expect_different(lambda: projection.read([cells[RANK]], local=True))
        expect_different(lambda: projection.out_edges([file.population_ranges[pre][0] + RANK]))
        expect_different(lambda: projection.read(local=True, node_allocation=cells if RANK else None))
        expect_different(lambda: list(projection.blocks(100 * (RANK + 1), local=True)))
        assert len(projection.read()) == projection.n_edges


class OutOfMemory:
    """A rank whose memory is full from the n-th array on that it wants."""

    def __init__(self, module, function, after):
        self._module, self._function, self._left = module, function, after

    def __call__(self, *arguments, **named):
        if sys._getframe(1).f_code.co_name == "meet":  # a few bytes, without which no rank can say that it failed
            return self._given(*arguments, **named)
        self._left -= 1
        if self._left < 0:
            raise MemoryError
        return self._given(*arguments, **named)

    def __enter__(self):
        if RANK == SIZE - 1:
            self._given = getattr(self._module, self._function)
            setattr(self._module, self._function, self)

    def __exit__(self, *_):
        if RANK == SIZE - 1:
            setattr(self._module, self._function, self._given)


@check
def memory(path):
    """A rank that runs out of memory, at whatever place: the others hear of it, and later all can go on."""
    in_small_pieces()
    with open_neuroh5(path, comm=COMM) as alone_known:
        expected = {pair: alone_known.projection(*pair).n_edges for pair in alone_known.projections}
    for function in ("empty", "concatenate", "cumsum"):
        for after in range(0, 40, 5):
            with open_neuroh5(path, comm=COMM) as file:
                pair = file.projections[0]
                projection = file.projection(*pair)
                with OutOfMemory(np, function, after):
                    assert_same_outcome(projection.read)
                    assert_same_outcome(projection.out_degree)
                    assert_same_outcome(partial(projection.read, attributes=True, local=True))
                assert len(projection.read()) == expected[pair]


def assert_same_outcome(work):
    """It succeeds on all ranks, or fails on all; a backend may take want of memory for damage."""
    try:
        work()
        enough = True
    except (LivnError, MemoryError):
        enough = False
    assert len(set(COMM.allgather(enough))) == 1


class Picky(Exception):
    """An error that pickles, and then cannot be made again."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")
        self.lock = threading.Lock()


@check
def strange_errors(path):
    """Errors that cannot be sent, and one that its raiser keeps and raises again."""
    kept = BackendError("the same as before")
    with open_neuroh5(path, comm=COMM) as file:
        projection = file.projection(*file.projections[0])
        for error in (Picky(1, 2), kept, kept):
            break_handle(file, 0, error)
            expect(LivnError, projection.read, says=str(error), rank=0)
            mend_handle(file, 0)
        assert len(projection.read()) == projection.n_edges
    expect(LivnError, lambda: Ranks.of(COMM).from_first(only_on_first), says="cannot be had here", rank=1)


def only_on_first():
    return Elsewhere()


class Elsewhere:
    """What other ranks lack, as a plugin that is installed on some machines only."""

    def __reduce__(self):
        return refuse_elsewhere, ()


def refuse_elsewhere():
    if RANK:
        raise BackendError("it cannot be had here")
