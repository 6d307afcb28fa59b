"""Files over HTTP from real servers on this machine, and in fsspec's memory."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import fsspec
import h5py
import livn_pyfive
import numpy as np
import pytest
from livn_pyfive import remote

from livn_core import open_neuroh5
from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    FormatError,
    SourceNotFoundError,
)
from livn_core.h5file import Ranges

pytest.importorskip("aiohttp", reason="HTTP needs the extra livn-pyfive[http]")


class Plain(SimpleHTTPRequestHandler):
    """Python's own server, which gives whole files only."""

    def log_message(self, *_):
        pass


class Ranged(Plain):
    """The same with ranges, as every other server has them; keeps a list of what was asked for."""

    def send_head(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        if self.path.startswith("/secret"):
            return self.send_error(HTTPStatus.FORBIDDEN)
        if self.path.startswith("/broken"):
            return self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        return super().send_head() if wanted is None else self.open_part(*map(int, wanted.groups()))

    def open_part(self, first, last):
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            return self.send_error(HTTPStatus.NOT_FOUND)
        data = path.read_bytes()
        part = data[first : last + 1]
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(data)}")
        self.end_headers()
        return BytesIO(part)

    def end_headers(self):
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()


@pytest.fixture(scope="module")
def folder(reference, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "sys" / "selection").mkdir(parents=True)
    shutil.copy(reference / "a_two_pops.h5", folder / "sys" / "graph.h5")
    (folder / "sys" / "graph.json").write_bytes(b'{"a": 1}')
    (folder / "sys" / "selection" / "e1.json").write_bytes(b"[2]")
    (folder / "text.h5").write_bytes(b"no HDF5")
    with h5py.File(folder / "large.h5", "w") as file:
        data = np.random.default_rng(0).integers(0, 1000, 500_000)
        file.create_dataset("packed", data=data, chunks=10_000, compression="gzip", shuffle=True)
        file["contiguous"] = data
    return folder


@pytest.fixture(params=["ranged", "plain"])
def server(request, folder):
    handler = Ranged if request.param == "ranged" else Plain
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=folder)) as server:
        server.asked = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.address_text = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def test_a_remote_file_is_the_local_file(server, folder):
    found = {}
    for source in f"{server.address_text}/sys/graph.h5", str(folder / "sys" / "graph.h5"):
        with open_neuroh5(source, backend="pyfive") as file:
            edges = file.projection("EXC", "INH").read(attributes=True)
            found[source] = (file.population_ranges, edges.pre_gids.tolist(), edges.post_gids.tolist())
    first, second = found.values()
    assert first == second


@pytest.mark.parametrize("server", ["ranged"], indirect=True)
def test_only_what_is_needed_travels(server, folder, open_file):
    file = open_file(f"{server.address_text}/large.h5")
    with h5py.File(folder / "large.h5") as theirs:
        expected = theirs["contiguous"][:]
    starts, stops = np.array([400_000, 3]), np.array([400_050, 20])
    wanted = np.concatenate([expected[400_000:400_050], expected[3:20]]).tolist()
    for result in file.read_many([Ranges(f"/{name}", starts, stops) for name in ("packed", "contiguous")]):
        assert result.tolist() == wanted
    sizes = [int(b) - int(a) + 1 for a, b in (re.findall(r"\d+", one) for _, one in server.asked if one)]
    assert 0 < sum(sizes) < 1_000_000
    assert file["packed"][:].tolist() == file["contiguous"][:].tolist() == expected.tolist()


def test_sidecars(server):
    system = f"{server.address_text}/sys"
    assert "graph.json" in livn_pyfive.livn_backend_sidecars(system, {})
    assert livn_pyfive.livn_backend_sidecar(system, "selection/e1.json", {}) == b"[2]"
    assert livn_pyfive.livn_backend_sidecar(f"{system}/", "graph.json", {}) == b'{"a": 1}'
    with pytest.raises(SourceNotFoundError):
        livn_pyfive.livn_backend_sidecar(system, "mea.json", {})


@pytest.mark.parametrize("slash", ["", "/"])
def test_sidecars_at_an_address_with_a_query(server, folder, slash):
    system = f"{server.address_text}/sys{slash}?token=hunter2"
    assert livn_pyfive.livn_backend_sidecar(system, "selection/e1.json", {}) == b"[2]"
    # A listing is out of reach there, but the well-known names and a manifest are not.
    assert livn_pyfive.livn_backend_sidecars(system, {}) == ["graph.json"]
    with pytest.raises(SourceNotFoundError) as caught:
        livn_pyfive.livn_backend_sidecar(system, "mea.json", {})
    assert "hunter2" not in str(caught.value)
    (folder / "systems").mkdir(exist_ok=True)
    (folder / "systems" / "sys").write_bytes(b'{"files": ["z.json"]}')
    served = f"{server.address_text}/files/sys{slash}?token=hunter2"
    assert livn_pyfive.livn_backend_sidecars(served, {}) == ["z.json"]


@pytest.mark.parametrize(
    ("manifest", "names"),
    [
        (b'{"format": 1, "files": ["z.json", "params/a.json"]}', ["params/a.json", "z.json"]),
        (b'{"files": []}', []),
        (b'{"files": [1]}', None),
        (b'["z.json"]', None),
        (b"no JSON", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("slash", ["", "/"])
def test_sidecars_are_listed_by_the_manifest_of_a_file_server(server, folder, manifest, names, slash):
    for name in "files", "systems":
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    shutil.copytree(folder / "sys", folder / "files" / "my sys")
    if manifest is not None:
        (folder / "systems" / "my sys").write_bytes(manifest)
    system = f"{server.address_text}/files/my%20sys{slash}"
    # Whatever is no manifest leaves it to the listing that this server happens to give.
    listed = ["graph.json", "selection/e1.json"]
    assert livn_pyfive.livn_backend_sidecars(system, {}) == (listed if names is None else names)


@pytest.mark.parametrize("server", ["ranged"], indirect=True)
@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("nothing.h5", SourceNotFoundError, "nothing at that address"),
        ("secret.h5", BackendPermissionError, "refused .status 403"),
        ("broken.h5", BackendError, "status 500"),
        ("text.h5", FormatError, "is not an HDF5 file"),
    ],
)
def test_what_went_wrong_is_said(server, open_file, path, error, message):
    with pytest.raises(error, match=f"{path}.*{message}"):
        open_file(f"{server.address_text}/{path}")


def test_a_server_that_never_answers(open_file, monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(BackendConnectionError, match=f"127.0.0.1:{port}/cells.h5: "):
            open_file(f"http://127.0.0.1:{port}/cells.h5")
        assert time.monotonic() - began < 60


def test_nobody_there(open_file):
    with ThreadingHTTPServer(("127.0.0.1", 0), Plain) as server:
        port = server.server_port
    with pytest.raises(BackendConnectionError, match="cannot be reached"):
        open_file(f"http://127.0.0.1:{port}/x.h5")


def test_in_memory(folder, open_file):
    memory = fsspec.filesystem("memory")
    memory.pipe("/livn/sys/graph.h5", (folder / "sys" / "graph.h5").read_bytes())
    memory.pipe("/livn/sys/graph.json", b"{}")
    memory.pipe("/livn/sys/selection/e1.json", b"[]")
    try:
        assert "H5Types" in open_file("memory://livn/sys/graph.h5")
        names = livn_pyfive.livn_backend_sidecars("memory://livn/sys", {})
        assert names == ["graph.json", "selection/e1.json"]
        assert livn_pyfive.livn_backend_sidecar("memory://livn/sys", "graph.json", {}) == b"{}"
        with pytest.raises(SourceNotFoundError):
            open_file("memory://livn/sys/nothing.h5")
    finally:
        memory.rm("/livn", recursive=True)


def test_a_remote_file_that_was_closed(server, open_file):
    file = open_file(f"{server.address_text}/sys/graph.h5")
    file.close()
    with pytest.raises(ValueError, match="the file was closed"):
        file["H5Types"]
