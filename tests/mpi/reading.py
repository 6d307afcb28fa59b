"""Files: what several ranks read is what one rank reads, or this rank's part of it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
from mpi4py import MPI
from together import COMM, RANK, SIZE, check, in_small_pieces, mine, same, same_cells, same_edges, same_outcome

from livn_core import open_neuroh5
from livn_core.errors import FormatError


@check
def files(backend, *paths):
    """All that is in some files: whole on every rank, and dealt out."""
    by_types = partial(in_small_pieces, by_types=True)
    for prepare in (as_it_is, by_types, in_small_pieces) if SIZE == 2 else (as_it_is, by_types):
        prepare()
        for path in paths:
            with open_neuroh5(path, comm=COMM, backend=backend) as ours, open_neuroh5(path, backend=backend) as alone:
                compare_files(ours, alone)


def as_it_is():
    """Files of tests are so small that one rank reads them for all."""


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
                found = list(projection.blocks(150, attributes=True, local=local))
                assert len(set(COMM.allgather(len(found)))) == 1
                assert len(found) > 1
                same(np.concatenate([one.pre_gids for one in found]), expected.pre_gids)
                same(np.concatenate([one.post_gids for one in found]), expected.post_gids)
                for one in found:
                    assert size_of(one) <= 150 or len(one.post_gids) == 1


def size_of(edges):
    arrays = [edges.post_gids, edges.indptr, edges.pre_gids]
    arrays += [values for named in edges.attributes.values() for values in named.values()]
    return sum(array.nbytes for array in arrays)


@check
def allocation(path):
    """Cells of one's own choice: some on two ranks, some on none."""
    in_small_pieces(by_types=True)
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
def budget(path):
    """No rank holds more than 1.2 times its share of the result and 150 MB, all of Python included."""
    with open_neuroh5(path, comm=COMM) as file:
        edges = [file.projection(*pair).read(attributes=True, local=True) for pair in file.projections]
    share = sum(size_of(one) for one in edges)
    assert share > 40e6
    held = int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
    assert held < 1.2 * share + 150e6, f"{held:,} bytes for {share:,}"


@check
def one_alone(path):
    """A communicator of one rank is no more than none, also where there are other ranks."""
    with open_neuroh5(path, comm=MPI.COMM_SELF) as file:
        if RANK == 0:
            pre, post = file.projections[0]
            assert len(file.projection(pre, post).read(local=True)) == file.projection(pre, post).n_edges
