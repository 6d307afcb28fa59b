"""What every rank of a test does: ``mpiexec -n 2 python -m mpi4py worker.py CHECK ARGUMENTS``.

``-m mpi4py`` ends the whole job where one rank fails, so that a failed assertion is no hang.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

import livn_core.neuroh5._dealing as dealing
import livn_core.parallel._file as shared_file
from livn_core import ParallelSystem, System, fetch, open_neuroh5, predefined
from livn_core.errors import (
    BackendError,
    FormatError,
    InvalidArgumentError,
    LivnError,
    SourceNotFoundError,
    SystemNotFoundError,
    UnknownNameError,
)

COMM = MPI.COMM_WORLD
RANK, SIZE = COMM.Get_rank(), COMM.Get_size()
LIMIT = 10.0
"""Seconds within which an error has to be on all ranks."""

CHECKS = {}


def check(function):
    CHECKS[function.__name__] = function
    return function


def in_small_pieces():
    """Have even the smallest file cut into parts and dealt out in rounds."""
    shared_file.SMALL_BYTES = 0
    dealing.ROUND_BYTES = 200


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
    try:
        expected = alone()
    except LivnError as error:
        with pytest.raises(type(error)) as raised:
            together()
        assert str(raised.value) == str(error)
    else:
        compare(together(), expected)


def mine(gids):
    return gids[gids % SIZE == RANK]


@check
def files(backend, *paths):
    """All that is in some files: whole on every rank, and dealt out."""
    for pieces in (False, True):
        if pieces:
            in_small_pieces()
        for path in paths:
            with open_neuroh5(path, comm=COMM, backend=backend) as ours, open_neuroh5(path, backend=backend) as alone:
                compare_files(ours, alone)


def compare_files(ours, alone):
    same_outcome(lambda: ours.populations, lambda: alone.populations, same_value)
    same_outcome(lambda: ours.valid_projections, lambda: alone.valid_projections, same_value)
    for population in names_of(alone):
        assert dict(ours.namespaces(population)) == dict(alone.namespaces(population))
        for namespace in alone.namespaces(population):
            compare_cells(ours, alone, population, namespace)
        same_outcome(ours.trees(population).items, alone.trees(population).items, same_trees)
    same_outcome(lambda: ours.projections, lambda: alone.projections, same_value)
    for pre, post in pairs_of(alone):
        compare_projections(ours.projection(pre, post), alone.projection(pre, post))


def names_of(file):
    try:
        return tuple(file.population_ranges)
    except FormatError:
        return ()


def pairs_of(file):
    try:
        return file.projections
    except FormatError:
        return ()


def same_value(one, other):
    assert one == other


def same_trees(one, other):
    assert [gid for gid, _ in one] == [gid for gid, _ in other]
    for (_, tree), (_, expected) in zip(one, other, strict=True):
        for name in ("x", "radius", "parent", "sections", "src"):
            same(getattr(tree, name), getattr(expected, name))


def compare_cells(ours, alone, population, namespace):
    same_outcome(
        lambda: ours.cell_attributes(population, namespace),
        lambda: alone.cell_attributes(population, namespace),
        same_cells,
    )
    start, count = alone.population_ranges[population]
    own = mine(np.arange(start, start + count))
    same_outcome(
        lambda: ours.cell_attributes(population, namespace, local=True),
        lambda: alone.cell_attributes(population, namespace, gids=own),
        same_cells,
    )


def compare_projections(ours, alone):
    same_outcome(lambda: ours.n_edges, lambda: alone.n_edges, same_value)
    assert dict(ours.namespaces) == dict(alone.namespaces)
    same_outcome(lambda: ours.read(attributes=True), lambda: alone.read(attributes=True), same_edges)
    own = mine(alone.post.gids)
    same_outcome(lambda: ours.read(attributes=True, local=True), lambda: alone.read(own, attributes=True), same_edges)
    some = alone.post.gids[::3]
    same_outcome(lambda: ours.in_edges(some, True), lambda: alone.in_edges(some, True), same_edges)
    sources = alone.pre.gids[::2]
    same_outcome(lambda: ours.out_edges(sources, True), lambda: alone.out_edges(sources, True), same_edges)
    same_outcome(ours.in_degree, alone.in_degree, same)
    same_outcome(ours.out_degree, alone.out_degree, same)


@check
def blocks(path):
    """Blocks keep to their size, are as many on every rank, and together hold everything."""
    in_small_pieces()
    with open_neuroh5(path, comm=COMM) as ours, open_neuroh5(path) as alone:
        for pre, post in alone.projections:
            projection, whole = ours.projection(pre, post), alone.projection(pre, post).read(attributes=True)
            for local in (False, True):
                expected = alone.projection(pre, post).read(mine(whole.post_gids), True) if local else whole
                found = list(projection.blocks(400, attributes=True, local=local))
                assert len(set(COMM.allgather(len(found)))) == 1
                assert len(found) > 1
                same(np.concatenate([one.pre_gids for one in found]), expected.pre_gids)
                same(np.concatenate([one.post_gids for one in found]), expected.post_gids)
                for one in found:
                    assert size_of(one) <= 400 or len(one.post_gids) == 1


def size_of(edges):
    arrays = [edges.post_gids, edges.indptr, edges.pre_gids]
    arrays += [values for named in edges.attributes.values() for values in named.values()]
    return sum(array.nbytes for array in arrays)


@check
def allocation(path):
    """Cells of one's own choice: some on two ranks, some on none."""
    in_small_pieces()
    with open_neuroh5(path, comm=COMM) as ours, open_neuroh5(path) as alone:
        population = alone.populations[0]
        chosen = np.unique(np.concatenate([population.gids[RANK :: SIZE + 1], population.gids[:2]]))
        for pre, post in [pair for pair in alone.projections if pair[1] == population.name]:
            got = ours.projection(pre, post).read(attributes=True, node_allocation=chosen.tolist())
            same_edges(got, alone.projection(pre, post).read(chosen, attributes=True))
        for namespace in alone.namespaces(population.name):
            got = ours.cell_attributes(population.name, namespace, node_allocation=set(chosen.tolist()))
            same_cells(got, alone.cell_attributes(population.name, namespace, gids=chosen))
        nothing = ours.projection(pre, post).read(node_allocation=[] if RANK else chosen.tolist())
        assert bool(len(nothing)) == (RANK == 0)


@check
def system(path):
    """A system: whole arrays everywhere, iterators by rank, JSON read by rank 0 alone."""
    alone = System(path)
    if RANK:
        Path.read_bytes = refuse  # what other ranks must not do
    with System(path, comm=COMM) as ours:
        same(ours.neuron_coordinates, alone.neuron_coordinates)
        assert ours.summary() == alone.summary()
        same_value(ours.connections_config, COMM.bcast(ours.connections_config))
        deal_out(ours, alone)
        add_up(ours, alone)


def refuse(path):
    raise AssertionError(f"rank {RANK} reads {path}")


def deal_out(ours, alone):
    for population in alone.populations:
        found = [gid for gid, _ in ours.coordinates(population)]
        every = [gid for gid, _ in alone.coordinates(population)]
        assert found == [gid for gid in every if gid % SIZE == RANK]
        found = {gid: {name: values.tolist() for name, values in row.items()} for gid, row in ours.synapses(population)}
        every = {
            gid: {name: values.tolist() for name, values in row.items()} for gid, row in alone.synapses(population)
        }
        assert found == {gid: row for gid, row in every.items() if gid % SIZE == RANK}
    for pre, post in alone.projection_names:
        every = {gid: sources.tolist() for gid, (sources, _) in alone.projections(pre, post)}
        own = {gid: row for gid, row in every.items() if gid % SIZE == RANK}
        assert {gid: sources.tolist() for gid, (sources, _) in ours.projections(pre, post)} == own
        assert [one[0] for one in ours.projection_array(pre, post, all=False)] == list(own)
        assert [one[0] for one in ours.projection_array(pre, post)] == list(every)


def add_up(ours, alone):
    for options in ({}, {"sparse": True}, {"gids": alone.gids[::2]}):
        expected = alone_matrix(alone, **options)
        whole = ours.connectivity_matrix(**options)
        part = ours.connectivity_matrix(**options, local=True)
        if options.get("sparse"):
            whole, part = whole.toarray(), part.toarray()
        same(whole, expected)
        total = np.empty_like(part)
        COMM.Allreduce(part, total)
        same(total, expected)
    drawn = ours.connectivity_matrix(seed=None)
    same(drawn, COMM.bcast(drawn))


def alone_matrix(alone, **options):
    """The dense matrix that one rank alone gets, who may also read the JSON files."""
    dense = {name: value for name, value in options.items() if name != "sparse"}
    return COMM.bcast(alone.connectivity_matrix(**dense) if RANK == 0 else None)


def expect(kind, work, *, says, rank):
    """An error of the right kind, with the number of the rank where it was met, in good time, and only one."""
    COMM.Barrier()
    begin = time.monotonic()
    with pytest.raises(kind) as raised:
        work()
    took, error = time.monotonic() - begin, raised.value
    notes = [note for note in error.__notes__ if note.startswith("livn: raised on rank")]
    assert took < LIMIT
    assert says in str(error), str(error)
    assert [note.split(" of ")[0] for note in notes] == [f"livn: raised on rank {rank}"]
    assert len(set(COMM.allgather((kind.__name__, str(error))))) == 1


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
        break_handle(file, last)
        expect(BackendError, projection.read, says="the disk is on fire", rank=last)
        expect(BackendError, lambda: projection.read(local=True), says="the disk is on fire", rank=last)
        expect(BackendError, projection.out_degree, says="the disk is on fire", rank=last)
        mend_handle(file, last)
        assert len(projection.read()) == projection.n_edges


def expect_different(work):
    with pytest.raises(InvalidArgumentError, match="made different calls"):
        work()


BROKEN = {}


class Burning:
    """A handle that fails: a disk that dies cannot be had otherwise."""

    def read_many(self, requests):
        raise OSError(5, "the disk is on fire")

    def __getitem__(self, path):
        raise OSError(5, "the disk is on fire")

    def keys(self):
        return []

    def close(self):
        pass


def break_handle(file, rank):
    if rank == RANK:
        shared = file._store.shared
        BROKEN["good"], shared._opened = shared.own, Burning()


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
def found(path):
    """``predefined`` and ``fetch``: rank 0 looks and copies, all get the same answer."""
    assert predefined("EI1", comm=COMM) == predefined("EI1")
    copy = fetch(path, "copies", comm=COMM)
    assert len(set(COMM.allgather(copy))) == 1
    assert System(copy, comm=COMM).num_neurons == System(path).num_neurons
    assert [gid for gid, _ in ParallelSystem(10, comm=COMM).coordinates("EXC")] == list(range(RANK, 10, SIZE))


@check
def one_alone(path):
    """A communicator of one rank is no more than none, also where there are other ranks."""
    with open_neuroh5(path, comm=MPI.COMM_SELF) as file:
        if RANK == 0:
            pre, post = file.projections[0]
            assert len(file.projection(pre, post).read(local=True)) == file.projection(pre, post).n_edges


if __name__ == "__main__":
    CHECKS[sys.argv[1]](*sys.argv[2:])
    os.write(1, f"rank {RANK} done\n".encode())  # in one piece, as launchers mix what ranks say
