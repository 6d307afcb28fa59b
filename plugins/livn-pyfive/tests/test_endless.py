"""Servers that say nothing of a length and never come to an end."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import livn_pyfive
import pytest
from livn_pyfive import remote, sidecars

from livn_core.errors import BackendError

pytest.importorskip("aiohttp", reason="HTTP needs the extra livn-pyfive[http]")

MOST = 1 << 20


class Endless(BaseHTTPRequestHandler):
    """Answers whatever it is asked for, ranges too, with blanks, as long as somebody listens."""

    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        try:
            # An end after all, for the sake of who waits for it.
            while self.server.sent < 64 * MOST:
                self.wfile.write(b" " * 65_536)
                self.server.sent += 65_536
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def endless(monkeypatch):
    for module, name in (remote, "_MAX_WHOLE"), (sidecars, "_MAX_SIDECAR"), (sidecars, "_MAX_MANIFEST"):
        monkeypatch.setattr(module, name, MOST, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        server.sent = 0
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def refused(server, problem):
    with pytest.raises(BackendError, match=problem):
        yield
    time.sleep(0.1)
    # What both sides keep on the way is beyond it.
    assert server.sent < 32 * MOST


def test_an_answer_without_end_is_not_read_to_its_end(endless, open_file):
    system = f"http://127.0.0.1:{endless.server_port}/files/mine"
    with refused(endless, "/files/mine/graph.h5: the server gives no parts of files, and this one is large"):
        open_file(f"{system}/graph.h5")
    with refused(endless, "/files/mine/graph.json: more than 1048576 bytes are too many for a JSON file"):
        livn_pyfive.livn_backend_sidecar(system, "graph.json", {})
    with refused(endless, "/systems/mine: more than 1048576 bytes are too many for a list of files"):
        livn_pyfive.livn_backend_sidecars(system, {})
