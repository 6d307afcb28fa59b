"""Systems to test on, made of files that neuroh5 wrote and of files that this package writes."""

from __future__ import annotations

import copy
import json
import shutil
import threading
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from livn_core.backends import default_backends
from livn_core.neuroh5 import Edges
from livn_core.writing import write_system

REFERENCE = Path(__file__).parent.parent / "reference"


def _synapse(kind, mechanism):
    return {"type": kind, "sections": ["soma", "dend"], "mechanisms": {"default": {mechanism: {"e": 0}}}}


_AMPA, _GABA = _synapse("excitatory", "AMPA"), _synapse("inhibitory", "GABA_A")
_GRAPH = {
    "version": 1,
    "architecture": {
        "uuid": "built-1",
        "kind": "Architecture",
        "config": {
            "cell_distributions": {"EXC": {"L": 20}, "INH": {"L": 8}},
            "layer_extents": {"L": [[-100, -80, -90], [100, 80, -10]], "M": [[-50, -50, -10], [120, 50, -5]]},
        },
    },
    "connections": {
        "EXC": {
            "uuid": "c-1",
            "config": {"synapses": {"EXC": {"EXC": _AMPA, "INH": _GABA}, "INH": {"EXC": _AMPA, "INH": _GABA}}},
        }
    },
}
_ELECTRODES = {"electrode_coordinates": [[0, 0, 0, 0], [7, 100, 0, 0]], "input_radius": 150, "output_radius": 200}


@pytest.fixture
def graph():
    """A graph.json that describes the system ``two_pops``; each test has its own."""
    return copy.deepcopy(_GRAPH)


@pytest.fixture
def two_pops(tmp_path, graph):
    """EXC 0+20, INH 20+8 in one graph.h5 that neuroh5 wrote, with all sidecars."""
    path = tmp_path / "two_pops"
    (path / "selection").mkdir(parents=True)
    (path / "params").mkdir()
    shutil.copy(REFERENCE / "a_two_pops.h5", path / "graph.h5")
    documents = {
        "graph.json": graph,
        "mea.json": _ELECTRODES,
        "params/default.json": {"Model": {"default": {"a": 1}}},
        "selection/e1.json": {"gids": {"EXC": [4, 2], "INH": [27]}, "meta": {"graph": "built-1"}},
        "selection/other.json": {"gids": {"EXC": [1]}, "meta": {"graph": "another"}},
    }
    for name, document in documents.items():
        (path / name).write_text(json.dumps(document))
    return path


@pytest.fixture
def pair(two_pops):
    """The same as cells.h5 and connections.h5."""
    h5py = pytest.importorskip("h5py")
    for name, dropped in (("cells.h5", "Projections"), ("connections.h5", "Populations")):
        shutil.copy(two_pops / "graph.h5", two_pops / name)
        with h5py.File(two_pops / name, "r+") as file:
            del file[dropped]
    (two_pops / "graph.h5").unlink()
    return two_pops


def _edges(*rows):
    """Edges from (post gid, [pre gids])."""
    posts = np.array([post for post, _ in rows])
    pres = [np.array(pre) for _, pre in rows]
    indptr = np.concatenate([[0], np.cumsum([len(pre) for pre in pres])])
    return Edges(posts, indptr, np.concatenate(pres), {})


def _line(count):
    """Cells in a line from (0, 100, -50) on."""
    starts = {"X": 0, "Y": 100, "Z": -50}
    return {f"{axis} Coordinate": np.arange(start, start + count, dtype=np.float32) for axis, start in starts.items()}


@pytest.fixture
def gid_order(tmp_path):
    """PYR 0+6, BC 10+4: not in alphabetical order, with a gap, several edges between two cells, one pair empty."""
    pytest.importorskip("h5py")
    position = {name: _line(count) for name, count in (("PYR", 6), ("BC", 4))}
    types = {"PYR": {"PYR": {"type": "excitatory"}, "BC": {"type": "inhibitory"}},
             "BC": {"PYR": {"type": "excitatory"}, "BC": {"type": "inhibitory"}}}  # fmt: skip
    return write_system(
        tmp_path / "gid_order",
        {"PYR": (0, 6), "BC": (10, 4)},
        {
            ("PYR", "BC"): _edges((10, [0, 0, 5]), (13, [3])),
            ("BC", "PYR"): _edges((1, [13, 11, 13]), (4, [10])),
            ("PYR", "PYR"): _edges((2, [0])),
        },
        cells={name: {"Generated Coordinates": values} for name, values in position.items()},
        documents={"graph.json": {"version": 1, "connections": {"a": {"uuid": "1", "config": {"synapses": types}}}}},
        layout="single",
    )


@pytest.fixture(params=["h5py", "pyfive"])
def backend(request):
    """The name of each backend that is installed here and reads local files."""
    if request.param not in default_backends().names:
        pytest.skip(f"backend {request.param} is not installed")
    return request.param


@pytest.fixture
def serving():
    """Let a server answer in a thread of its own until the test is over: ``serving(server)`` gives it back."""
    with ExitStack() as ends:

        def serving(server):
            ends.enter_context(server)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
            thread.start()
            ends.callback(thread.join)
            ends.callback(server.shutdown)
            return server

        yield serving


@pytest.fixture
def expected():
    """What neuroh5 read from the file of ``two_pops``."""
    return json.loads((REFERENCE / "a_two_pops.json").read_text())


@pytest.fixture
def write_json():
    """Write a JSON document to a path."""
    return lambda path, document: Path(path).write_text(json.dumps(document))
