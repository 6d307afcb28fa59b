"""A server of one system's files, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from livn_core.system import _remote


class Server(ThreadingHTTPServer):
    """The manifest and the files of one system, as livn's own file server gives them, with faults on demand."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.breaks, self.wait, self.ranges, self.serve_h5 = {}, 0.0, True, True
        self.sizes, self.hashes, self.log, self.asked = {}, {}, [], 0

    def handle_error(self, *_):
        """A client that has had enough is no error."""

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/systems/EI"

    def manifest(self):
        rows = []
        for file in sorted(self.folder.rglob("*")):
            if file.is_file():
                name = file.relative_to(self.folder).as_posix()
                content = file.read_bytes()
                sha256 = self.hashes.get(name, hashlib.sha256(content).hexdigest())
                rows.append({"name": name, "size": self.sizes.get(name, len(content)), "sha256": sha256})
        h5 = [row for row in rows if row["name"].endswith(".h5")]
        sidecars = [row for row in rows if not row["name"].endswith(".h5")]
        return json.dumps({"sidecars": sidecars, "h5": h5, "serve_h5": self.serve_h5}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def answer(self, with_body):
        self.server.asked += 1
        name = self.path.removeprefix("/files/EI/").removeprefix("/plain/")
        content = self.server.manifest() if self.path == "/systems/EI" else None
        if self.path == "/plain/":
            names = [one.name for one in self.server.folder.iterdir() if one.is_file()]
            content = "".join(f'<a href="/plain/{one}">{one}</a>' for one in names).encode()
        if content is None and (self.server.folder / name).is_file():
            content = (self.server.folder / name).read_bytes()
        if content is None:
            self.send_error(404)
            return
        span = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if self.server.ranges else None
        start, stop = (
            (int(span[1]), min(int(span[2] or len(content)), len(content) - 1) + 1) if span else (0, len(content))
        )
        self.send_response(206 if span else 200)
        self.send_header("Content-Length", str(stop - start))
        if self.server.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if span:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(content)}")
        self.end_headers()
        if with_body:
            self.server.log.append((name, start, stop))
            self.send(name, content[start:stop])

    def send(self, name, content):
        time.sleep(self.server.wait)
        if self.server.breaks.get(name, 0) > 0:
            self.server.breaks[name] -= 1
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            self.connection.close()
            return
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(two_pops, monkeypatch, serving):
    pytest.importorskip("fsspec")
    pytest.importorskip("aiohttp")
    monkeypatch.setattr(_remote, "PAUSE", 0.01)
    monkeypatch.setattr(_remote, "CHUNK", 16_384)
    return serving(Server(two_pops))


@pytest.fixture
def mirror(server, tmp_path, monkeypatch):
    """The server in the place of the public data set, and a working directory without systems."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for variable in ("LIVN_HSDS", "LIVN_SYSTEMS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LIVN_SYSTEMS_SOURCE", server.address.removesuffix("/EI"))
    return server


@pytest.fixture
def contents():
    """A function that gives the bytes of all files of a directory, by name."""

    def contents(folder):
        folder = Path(folder)
        return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}

    return contents


@pytest.fixture
def left_in(tmp_path):
    """A function that names what lies where systems arrive."""
    return lambda: sorted(one.name for one in (tmp_path / "here" / "systems" / "graphs").iterdir())


@pytest.fixture
def run_at_once():
    """A function that runs another one in three processes."""

    def run_at_once(work, *arguments):
        context = multiprocessing.get_context("spawn")
        processes = [context.Process(target=work, args=arguments) for _ in range(3)]
        for one in processes:
            one.start()
        for one in processes:
            one.join(120)
        assert [one.exitcode for one in processes] == [0, 0, 0]

    return run_at_once
