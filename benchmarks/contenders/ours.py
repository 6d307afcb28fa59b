"""livn-core, through one backend each."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from suite.graphs import PAIRS


class Ours:
    """What a user of livn-core writes."""

    backend = "pyfive"
    options = None

    def __init__(self, place):
        from livn_core import NoBackendError, System, default_backends

        self._place, self._system = place, System
        try:
            default_backends().select(None, self.backend)
        except NoBackendError as error:
            raise LookupError(str(error).splitlines()[-1].strip()) from error

    def _open(self):
        return self._system(self._place, backend=self.backend, options=self.options)

    def _projection(self):
        return self._open().projection("EXC", "EXC")

    def network(self):
        def work():
            with self._open() as system:
                coordinates = system.neuron_coordinates
                edges = [system.projection(*pair).read(attributes=True) for pair in PAIRS]
                return len(coordinates), sum(map(len, edges))

        return work

    def projection(self):
        def work():
            with self._open() as system:
                return len(system.projection("EXC", "EXC").read(attributes=True))

        return work

    sizes = projection

    def coordinates(self):
        def work():
            with self._open() as system:
                return len(system.neuron_coordinates)

        return work

    def in_edges_of_one(self, gids):
        projection = self._projection()
        return lambda: projection.read(gids).pre_gids

    in_edges = in_edges_of_one

    def out_edges(self, gids):
        projection = self._projection()
        if not hasattr(projection, "build_index"):
            raise LookupError("this version of livn-core has no index of out-edges")
        projection.build_index()
        return lambda: projection.out_edges(gids).pre_gids

    def counts(self):
        def work():
            with self._open() as system:
                return sum(system.projection(*pair).n_edges for pair in PAIRS), system.summary()["num_edges"]

        return work

    def connectivity(self):
        def work():
            with self._open() as system:
                return system.connectivity_matrix(sparse=True).shape[0]

        return work

    def matrix(self):
        def work():
            with self._open() as system:
                return system.projection("EXC", "EXC").to_scipy("Connections/distance").nnz

        return work

    def blocks(self):
        def work():
            with self._open() as system:
                return sum(map(len, system.projection("EXC", "EXC").blocks()))

        return work


class Pyfive(Ours):
    """The default on a laptop."""


class PyfiveWithZlib(Ours):
    """The same, inflating with Python's own zlib as where there is no faster library."""

    def __init__(self, place):
        if find_spec("livn_pyfive.inflate") is None or find_spec("zlib_ng") is None:
            raise LookupError("livn-pyfive inflates with plain zlib here in any case")
        sys.modules["zlib_ng.zlib_ng"] = None  # importing it fails from now on
        from livn_pyfive.inflate import library

        if library() != "zlib":
            raise LookupError(f"livn-pyfive still inflates with {library()}")
        super().__init__(place)


class ReadAlone(Ours):
    """Reads what a matrix is made of, and makes none."""

    def matrix(self):
        def work():
            with self._open() as system:
                return len(system.projection("EXC", "EXC").read(attributes=("Connections/distance",)))

        return work

    def connectivity(self):
        def work():
            with self._open() as system:
                edges = [system.projection(*pair).read() for pair in PAIRS]
                return system.num_neurons if edges else 0

        return work


class StrengthsAlone(Ours):
    """Draws the random strengths that the edges of a connectivity matrix get, and reads none."""

    def connectivity(self):
        from livn_core.system._connectivity import Strengths

        with self._open() as system:
            edges, cells = [system.projection(*pair).n_edges for pair in PAIRS], system.num_neurons

        def work():
            strengths = Strengths(123)
            for count in edges:
                strengths.take(count)
            return cells

        return work


class OverH5py(Ours):
    """The example backend."""

    backend = "h5py"


class OverNeuroH5(Ours):
    """The backend for clusters, in a single process."""

    backend = "neuroh5"


class OverH5pyd(Ours):
    """From a server, which ``LIVN_HSDS`` names."""

    backend = "h5pyd"

    def __init__(self, place):
        if "LIVN_HSDS" not in os.environ:
            raise LookupError("LIVN_HSDS is not set")
        super().__init__(place)
