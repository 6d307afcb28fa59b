"""The same arrays, read whole by name, and nothing done with them: the floor, not a peer."""

from __future__ import annotations

import json
import os
from pathlib import Path

from suite.graphs import AXES, PAIRS

EDGES = (
    "Edges/Destination Block Index",
    "Edges/Destination Block Pointer",
    "Edges/Destination Pointer",
    "Edges/Source Index",
    "Connections/distance",
    "Synapses/syn_id",
)
CELLS = ("Cell Index", "Attribute Pointer", "Attribute Value")


class Arrays:
    """Opens with h5py, or what looks like it."""

    def _cells(self):
        with self._open("cells.h5") as file:
            return sum(self._cells_of(file["Populations"][name]["Generated Coordinates"]) for name in ("EXC", "INH"))

    @staticmethod
    def _cells_of(group):
        return len([group[axis][part][:] for axis in AXES for part in CELLS][-1])

    def _edges(self, pairs):
        with self._open("connections.h5") as file:
            arrays = [[file[f"Projections/{post}/{pre}/{part}"][:] for part in EDGES] for pre, post in pairs]
            return sum(len(found[3]) for found in arrays)

    def network(self):
        return lambda: (self._cells(), self._edges(PAIRS))

    def projection(self):
        return lambda: self._edges([("EXC", "EXC")])

    sizes = projection

    def coordinates(self):
        return self._cells

    def counts(self):
        def work():
            with self._open("connections.h5") as file:
                edges = sum(file[f"Projections/{post}/{pre}/Edges/Source Index"].shape[0] for pre, post in PAIRS)
                return edges, edges

        return work


class WithH5py(Arrays):
    """Local files."""

    def __init__(self, place):
        import h5py

        self._open = lambda name: h5py.File(Path(place) / name)


class WithH5pyd(Arrays):
    """The same from HSDS, one request after the other."""

    def __init__(self, place):
        import h5pyd

        if "LIVN_HSDS" not in os.environ:
            raise LookupError("LIVN_HSDS is not set")
        endpoint = json.loads(os.environ["LIVN_HSDS"])["endpoint"]
        self._open = lambda name: h5pyd.File(f"/{place}/{name}", "r", endpoint=endpoint, bucket="data")
