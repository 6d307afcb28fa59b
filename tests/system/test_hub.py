"""The real client of the Hugging Face Hub against the part of the Hub's API that it asks, on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest

from livn_core.system import System

pytest.importorskip("fsspec")
pytest.importorskip("huggingface_hub", reason="hf:// needs huggingface_hub")

FOLDER = "systems/graphs/EI3"
COMMIT = "0" * 40
API, RESOLVE = "/api/datasets/livn-org/livn", "/datasets/livn-org/livn/resolve/"


class Hub(ThreadingHTTPServer):
    """A data set with one system in it, whose HDF5 files are large files with a SHA-256, as they are on the Hub."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.hashes, self.log = folder, {}, []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def tree(self):
        rows = []
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            row = {"path": f"{FOLDER}/{name}", "type": "directory", "size": 0, "oid": "1" * 40}
            if path.is_file():
                content = path.read_bytes()
                row |= {"type": "file", "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                if path.suffix == ".h5":
                    sha256 = self.hashes.get(name, hashlib.sha256(content).hexdigest())
                    row["lfs"] = {"oid": sha256, "size": len(content), "pointerSize": 134}
            rows.append(row)
        return rows


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        self.server.log.append((self.command, path, self.headers.get("Range")))
        if path in {API, f"{API}/revision/main"}:
            self.answer_json({"id": "livn-org/livn", "sha": COMMIT, "siblings": [], "tags": []})
        elif path.startswith(f"{API}/tree/") and path.endswith(FOLDER):
            self.answer_json(self.server.tree())
        elif path.startswith(RESOLVE):
            self.answer_file(self.server.folder / path.split(f"{FOLDER}/", 1)[-1])
        else:
            self.answer(404, b"{}", {"X-Error-Code": "EntryNotFound"})

    def answer_json(self, document):
        self.answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def answer_file(self, path):
        content = path.read_bytes()
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        start, stop = (int(span[1]), min(int(span[2] or len(content)), len(content) - 1) + 1) if span else (0, None)
        headers = {"ETag": '"x"', "X-Repo-Commit": COMMIT}
        if span:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
        self.answer(206 if span else 200, content[start:stop], headers)

    def answer(self, status, content, headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(content), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(two_pops, serving):
    return serving(Hub(two_pops))


@pytest.fixture
def predefine(tmp_path):
    """``predefined("EI3")`` in a process of its own: the client reads its settings when it is imported."""
    (tmp_path / "work").mkdir()

    def predefine(endpoint, name="EI3", **variables):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("LIVN_", "HF_"))}
        home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HF_HOME": str(tmp_path / "hf"), "HF_ENDPOINT": endpoint}
        code = (
            "import livn_core, sys\n"
            f"try: print(livn_core.predefined({name!r}))\n"
            "except livn_core.LivnError as error: print(type(error).__name__, error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=tmp_path / "work",
            env={**kept, **home, **variables},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return predefine


def test_a_public_system_arrives_as_it_is(hub, predefine, two_pops, tmp_path):
    path = tmp_path / "work" / predefine(hub.address)
    assert path == tmp_path / "work" / "systems" / "graphs" / "EI3"
    found = {one.relative_to(path): one.read_bytes() for one in path.rglob("*") if one.is_file()}
    assert found == {one.relative_to(two_pops): one.read_bytes() for one in two_pops.rglob("*") if one.is_file()}
    with System(path) as system:
        assert system.num_neurons == 28
    asked = len(hub.log)
    predefine(hub.address)
    assert len(hub.log) == asked


def test_its_hash_is_checked(hub, predefine, tmp_path):
    hub.hashes = {"graph.h5": "f" * 64}
    answer = predefine(hub.address)
    assert answer.startswith("BackendConnectionError there is no system 'EI3' in")
    assert "graph.h5 is not what the source says that it is: its SHA-256 differs" in answer
    assert not (tmp_path / "work" / "systems" / "graphs" / "EI3").exists()


def test_a_system_that_the_data_set_does_not_have(hub, predefine):
    answer = predefine(hub.address, "CA1")
    assert answer.startswith("SystemNotFoundError there is no system 'CA1' in")
    assert "livn-org/livn/systems/graphs/CA1: there is no such directory" in answer


def test_without_a_network(predefine):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    answer = predefine(f"http://127.0.0.1:{port}")
    assert answer.startswith("BackendConnectionError there is no system 'EI3' in")
    assert "EI3: could not be listed: " in answer
    assert "livn systems generate EI3: make one like it" in answer


def test_where_the_client_is_told_to_stay_offline(hub, predefine):
    answer = predefine(hub.address, HF_HUB_OFFLINE="1")
    assert "offline mode" in answer.lower()
    assert "What else there is:" in answer
    assert hub.log == []
