"""neuroh5's own Python functions, in a single process."""

from __future__ import annotations

from pathlib import Path


class NeuroH5:
    """Whole projections; dealt out to ranks, see ``mpi/``."""

    def __init__(self, place):
        from mpi4py import MPI
        from neuroh5.io import scatter_read_graph

        def read(pairs):
            path = str(Path(place) / "connections.h5")
            graph, _ = scatter_read_graph(
                path, comm=MPI.COMM_WORLD, projections=pairs, namespaces=["Connections", "Synapses"]
            )
            cells = [edges for pre, post in pairs for _, edges in graph[post][pre]]
            return sum(len(sources) for sources, _ in cells)

        self._read = read

    def projection(self):
        return lambda: self._read([("EXC", "EXC")])

    sizes = projection
