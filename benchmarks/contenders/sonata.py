"""libsonata, on the same graph as a SONATA file: edges in the same order, with the indices that it makes itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np

POPULATION = "EXC__EXC__chemical"


class Libsonata:
    """One population of edges; its file is kept open, as it keeps it itself."""

    prepares = True
    layouts = ("contiguous",)

    def __init__(self, place):
        import libsonata

        self._selection = libsonata.Selection
        path = Path(place) / "edges.sonata.h5"
        if not path.exists():
            convert(Path(place) / "connections.h5", path)
        self._path = str(path)
        self._open = lambda: libsonata.EdgePopulation(self._path, "", POPULATION)

    def projection(self):
        def work():
            edges = self._open()
            everything = edges.select_all()
            arrays = [edges.source_nodes(everything), edges.target_nodes(everything)]
            arrays += [edges.get_attribute(name, everything) for name in ("distance", "syn_id")]
            return len(arrays[0])

        return work

    sizes = projection

    def in_edges_of_one(self, gids):
        edges = self._open()
        return lambda: edges.source_nodes(edges.afferent_edges(gids))

    in_edges = in_edges_of_one

    def out_edges(self, gids):
        edges = self._open()

        def work():
            found = edges.efferent_edges(gids)
            edges.target_nodes(found)
            return edges.source_nodes(found)

        return work


def convert(source, path):
    """Write SONATA edges, and let libsonata index them; cells of the population start at 0 in both."""
    import h5py
    import libsonata

    with h5py.File(source) as file, h5py.File(path, "w") as out:
        projection = file["Projections/EXC/EXC"]
        sources = projection["Edges/Source Index"][:]
        pointer = projection["Edges/Destination Pointer"][:].astype(np.int64)
        cells = pointer.size - 1
        group = out.create_group(f"edges/{POPULATION}")
        _put_nodes(group, "source_node_id", sources)
        _put_nodes(group, "target_node_id", np.repeat(np.arange(cells), np.diff(pointer)))
        group["edge_type_id"] = np.zeros(sources.size, np.int64)
        for name in ("Connections/distance", "Synapses/syn_id"):
            group[f"0/{name.partition('/')[2]}"] = projection[name][:]
    libsonata.EdgePopulation.write_indices(str(path), POPULATION, cells + 1, cells + 1, True)


def _put_nodes(group, name, values):
    group[name] = values.astype(np.uint64)
    group[name].attrs["node_population"] = "EXC"
