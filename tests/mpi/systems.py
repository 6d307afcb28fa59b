"""Systems: whole everywhere, or dealt out by cell; JSON files and names are rank 0's business."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from together import COMM, RANK, SIZE, check, expect, same

from livn_core import ParallelSystem, System, fetch, make, predefined
from livn_core.errors import ConfigError
from livn_core.threads import default_threads


@check
def system(path):
    """A system: whole arrays everywhere, iterators by rank, JSON read by rank 0 alone."""
    alone = System(path)
    if RANK:
        Path.read_bytes = refuse  # what other ranks must not do
    with System(path, comm=COMM) as ours:
        same(ours.neuron_coordinates, alone.neuron_coordinates)
        assert ours.summary() == alone.summary()
        assert ours.connections_config == COMM.bcast(ours.connections_config)
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


@check
def found(path):
    """``predefined`` and ``fetch``: rank 0 looks and copies, all get the same answer."""
    assert predefined("EI1", comm=COMM) == predefined("EI1")
    assert make("EI1", comm=COMM).num_neurons == 10
    if RANK == 0:  # the others have no way to it
        Path("mirror").mkdir()
        Path("mirror", "S1").symlink_to(Path(path).absolute())
        os.environ["LIVN_SYSTEMS_SOURCE"] = "mirror"
    downloaded = predefined("S1", "downloads", comm=COMM)
    assert System(downloaded, comm=COMM).num_neurons == System(path).num_neurons
    copy = fetch(path, "copies", comm=COMM)
    assert len(set(COMM.allgather(copy))) == 1
    assert System(copy, comm=COMM).num_neurons == System(path).num_neurons
    assert [gid for gid, _ in ParallelSystem(10, comm=COMM).coordinates("EXC")] == list(range(RANK, 10, SIZE))


@check
def threads(case):
    """How many threads each rank may use by itself."""
    if case == "wrong":
        expect(ConfigError, default_threads, says="LIVN_THREADS must be a whole number from 1 to 1024", rank=None)
        return
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert default_threads() == (3 if case == "wished" else min(allowed, max(1, os.cpu_count() // SIZE)))
