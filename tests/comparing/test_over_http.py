"""A system on a web server is checked, hashed, compared and repacked as one on this machine."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from livn_core import content_hash, default_backends, diff, repack, validate


@pytest.fixture
def address(other):
    if "pyfive" not in default_backends().names:
        pytest.skip("no backend is installed that reads addresses")
    pytest.importorskip("aiohttp")

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=other)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_same_as_here(address, one, tmp_path):
    assert list(validate(address)) == []
    assert content_hash(address) == content_hash(one)
    assert diff(address, one) == ()
    done = repack(address, tmp_path / "copy")
    assert done.before.n_bytes is None
    assert content_hash(tmp_path / "copy") == content_hash(one)


def test_findings_name_the_address_without_its_secrets(address, other):
    (other / "mea.json").write_bytes(b"{")
    found = list(validate(f"{address}/?token=secret"))
    assert (f"{address}/mea.json", "json-broken") in {(one.file, one.code) for one in found}
    assert not any("secret" in str(one) for one in found)
