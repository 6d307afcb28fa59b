"""Read a file with neuroh5 and write down what it returned: ``python read_with_neuroh5.py FILE OUT NAMESPACES``.

A script, because importing neuroh5 initialises MPI, which a process that runs tests must not do. Under ``mpiexec``
every rank reads its part, and rank 0 writes down the whole.

NAMESPACES, in JSON, are those of edge attributes, which neuroh5 has to be told; ``null``: the file has no projections,
which neuroh5 answers with an error. OUT has, for each of neuroh5's three ways to distribute what it reads, an entry in
the form of the JSON beside the reference files, and the number of ranks.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
from mpi4py import MPI
from neuroh5 import io

COMM = MPI.COMM_WORLD
TREES = "Trees"


def plain(array):
    return {"dtype": array.dtype.name, "shape": list(array.shape), "data": array.tolist()}


def gathered(rows, join):
    """Bring all ranks' (gid, value) together, ascending; what several ranks read of one gid is joined by rank."""
    whole = {}
    for part in COMM.allgather([(int(gid), value) for gid, value in rows]):
        for gid, value in part:
            whole[gid] = join(whole[gid], value) if gid in whole else value
    return sorted(whole.items())


def plain_cells(rows):
    def join(one, other):
        return {name: np.concatenate([had[name] for had in (one, other) if name in had]) for name in {**one, **other}}

    return [[gid, {name: plain(values) for name, values in found.items()}] for gid, found in gathered(rows, join)]


def plain_edges(rows):
    def join(one, other):
        (sources, named), (more, more_named) = one, other
        columns = {space: [*map(np.concatenate, zip(named[space], more_named[space], strict=True))] for space in named}
        return np.concatenate([sources, more]), columns

    return [
        [gid, plain(sources), {space: [*map(plain, columns)] for space, columns in named.items()}]
        for gid, (sources, named) in gathered(rows, join)
    ]


def plain_info(info):
    """Names of a projection's edge attributes, from whichever rank knows them."""
    named = next(filter(None, COMM.allgather(info)), {})
    return {space: attributes for space, attributes in named.items() if attributes}


@cache
def whole_graph(path, namespaces):
    """All projections at once: neuroh5 has no way to read one of them, and a slice of CA1 has 69."""
    return io.read_graph(path, namespaces=[*namespaces])


@cache
def post_gids(path):
    """Of each projection, which cells the file names: asking for another one is an error."""
    info = io.read_graph_info(path, namespaces=[], read_node_index=1)
    return {pair: sorted(set(gids)) for pair, (_, gids) in info.items()}


class Read:
    """Each rank reads a part of each dataset."""

    def __init__(self, path):
        self.path = path
        self.ranges, self.total = io.read_population_ranges(path)
        self.info = io.read_cell_attribute_info(path, sorted(self.ranges))

    def cells(self, population, namespace):
        return io.read_cell_attributes(self.path, population, namespace=namespace)

    def trees(self, population):
        return io.read_trees(self.path, population, topology=False)[0]

    def edges(self, pair, namespaces):
        return whole_graph(self.path, tuple(namespaces))

    def answer(self, namespaces):
        answer = {
            "population_ranges": {"ranges": self.ranges, "total": self.total},
            "population_names": io.read_population_names(self.path),
            "cell_attribute_info": self.info,
            "cell_attributes": {
                population: {space: plain_cells(self.cells(population, space)) for space in spaces if space != TREES}
                for population, spaces in self.info.items()
            },
            "trees": {
                population: {"trees": plain_cells(self.trees(population))}
                for population, spaces in self.info.items()
                if TREES in spaces
            },
            "projection_names": [],
            "graph_ns": {},
            "graph_ns_attr_info": {},
        }
        if namespaces is not None:
            answer["projection_names"] = io.read_projection_names(self.path)
            for pre, post in answer["projection_names"]:
                graph, info = self.edges((pre, post), namespaces)
                rows = graph.get(post, {}).get(pre, ())
                answer["graph_ns"].setdefault(post, {})[pre] = plain_edges(rows)
                named = plain_info(info.get(post, {}).get(pre))
                answer["graph_ns_attr_info"].setdefault(post, {})[pre] = named
        return answer


class Scatter(Read):
    """Some ranks read and send each cell to the rank that it belongs to."""

    def cells(self, population, namespace):
        return io.scatter_read_cell_attributes(self.path, population, namespaces=[namespace])[namespace]

    def trees(self, population):
        return io.scatter_read_trees(self.path, population, topology=False)[0]

    def edges(self, pair, namespaces):
        return io.scatter_read_graph(self.path, projections=[pair], namespaces=namespaces)


class Selection(Read):
    """Each rank asks for its own cells."""

    def cells(self, population, namespace):
        return io.read_cell_attribute_selection(self.path, population, self.mine(population), namespace=namespace)

    def trees(self, population):
        return io.read_tree_selection(self.path, population, self.mine(population), topology=False)[0]

    def edges(self, pair, namespaces):
        gids = post_gids(self.path)[pair][COMM.rank :: COMM.size]
        return io.read_graph_selection(self.path, gids, namespaces=namespaces, projections=[pair])

    def mine(self, population):
        start, count = self.ranges[population]
        return list(range(start, start + count))[COMM.rank :: COMM.size]


def main(path, out, namespaces):
    found = {way.__name__: way(path).answer(json.loads(namespaces)) for way in (Read, Scatter, Selection)}
    found["ranks"] = COMM.size
    if COMM.rank == 0:
        Path(out).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
