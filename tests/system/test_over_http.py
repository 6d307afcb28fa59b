"""A system that lies on a web server."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from livn_core.backends import default_backends
from livn_core.errors import SystemNotFoundError
from livn_core.system import System


@pytest.fixture
def address(two_pops, serving):
    """Serve the directory above the system on loopback, on a free port."""
    if "pyfive" not in default_backends().names:
        pytest.skip("no backend is installed that reads addresses")
    pytest.importorskip("aiohttp")

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = serving(ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=two_pops.parent)))
    return f"http://127.0.0.1:{server.server_port}"


def test_arrays_and_sidecars_are_those_of_the_directory(address, two_pops):
    with System(f"{address}/two_pops/") as far, System(two_pops, backend="pyfive") as near:
        assert (far.name, far.backend) == ("two_pops", "pyfive")
        assert far.files["cells"] == f"{address}/two_pops/graph.h5"
        assert np.array_equal(far.neuron_coordinates, near.neuron_coordinates)
        assert np.array_equal(far.connectivity_matrix(), near.connectivity_matrix())
        assert np.array_equal(far.bounding_box, near.bounding_box)
        assert far.params_document() == near.params_document()
        assert far.selection("e1")["EXC"].tolist() == [2, 4]
        assert far.load_file("absent.json", None) is None


def test_address_without_a_system(address):
    with pytest.raises(SystemNotFoundError, match=rf"{address}/absent: there is no system there"):
        System(f"{address}/absent").populations  # noqa: B018
