"""Write the files that are read; each once for a run, and large ones piece by piece."""

from __future__ import annotations

from pathlib import Path

import numpy as np

LAYOUTS = {
    "contiguous": {},
    "chunks of 4,000": {"chunks": 4000},
    "chunks of 64k": {"chunks": 65536},
    "gzip, chunks of 4,000": {"chunks": 4000, "compression": 4, "shuffle": True},
    "gzip, chunks of 64k": {"chunks": 65536, "compression": 4, "shuffle": True},
}
PAIRS = [(pre, post) for post in ("EXC", "INH") for pre in ("EXC", "INH")]
PIECE = 2_000_000
AXES = ("X Coordinate", "Y Coordinate", "Z Coordinate")


class Edges:
    """What ``write_system`` takes as edges: onto each post cell equally many, sources ascending."""

    def __init__(self, rng, pre, post, per_cell):
        (pre_start, pre_count), (post_start, post_count) = pre, post
        self.post_gids = np.arange(post_start, post_start + post_count)
        self.indptr = np.arange(post_count + 1) * per_cell
        sources = rng.integers(pre_start, pre_start + pre_count, (post_count, per_cell), np.uint32)
        self.pre_gids = np.sort(sources, axis=1).ravel()
        distance = rng.exponential(150.0, self.pre_gids.size).astype(np.float32).round(2)
        syn_id = np.arange(self.pre_gids.size, dtype=np.uint32)
        self.attributes = {"Connections": {"distance": distance}, "Synapses": {"syn_id": syn_id}}


class Graphs:
    """The files of a run, in a temporary folder."""

    def __init__(self, scratch):
        self._scratch = scratch

    def place(self, graph):
        """The folder of a graph, which is written when it is first asked for."""
        folder = self._scratch / graph.folder
        if not folder.exists():
            write(folder, graph)
        return folder


def write(folder, graph):
    from livn_core import predefined, write_system

    rng = np.random.default_rng(1)
    exc = graph.cells * 4 // 5 if graph.kind == "network" else graph.cells - 1
    ranges = {"EXC": (0, exc), "INH": (exc, graph.cells - exc)}
    pairs = PAIRS if graph.kind == "network" else [("EXC", "EXC")]
    projections = {pair: _edges(rng, graph, ranges, pair, graph.edges // len(pairs)) for pair in pairs}
    coordinates = {
        name: {"Generated Coordinates": {axis: rng.random(count, np.float32) * 4000 for axis in AXES}}
        for name, (_, count) in ranges.items()
    }
    # The original does not open a system whose graph.json declares no connections. That of this machine is wanted, also
    # while LIVN_HSDS names a server.
    documents = {"graph.json": Path(predefined("EI1", backend="pyfive"), "graph.json").read_bytes()}
    write_system(folder, ranges, projections, cells=coordinates, documents=documents, **LAYOUTS[graph.layout])


def _edges(rng, graph, ranges, pair, n_edges):
    """All of a projection's edges, or pieces where they are many: then the arrays are chunked in any case."""
    pre, (start, count) = ranges[pair[0]], ranges[pair[1]]
    per_cell = max(1, n_edges // count)
    if n_edges <= 10_000_000 or graph.layout == "contiguous":
        return Edges(rng, pre, (start, count), per_cell)
    step = max(1, PIECE // per_cell)
    return (
        Edges(rng, pre, (first, min(step, start + count - first)), per_cell)
        for first in range(start, start + count, step)
    )
