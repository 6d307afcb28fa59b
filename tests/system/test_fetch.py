"""Fetching from a server that breaks off, lies and dawdles, by several processes at once."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from livn_core.errors import BackendConnectionError, InvalidArgumentError, MissingPackageError, SystemNotFoundError
from livn_core.system import System, _remote, fetch, make, predefined
from livn_core.system._lock import one_at_a_time

fsspec = pytest.importorskip("fsspec")
pytest.importorskip("aiohttp")


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
def server(two_pops, monkeypatch):
    monkeypatch.setattr(_remote, "PAUSE", 0.01)
    monkeypatch.setattr(_remote, "CHUNK", 16_384)
    with Server(two_pops) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def contents(folder):
    folder = Path(folder)
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def left_in(tmp_path):
    return sorted(one.name for one in (tmp_path / "here" / "systems" / "graphs").iterdir())


@pytest.mark.parametrize("ranges", [True, False])
def test_everything_arrives_as_it_is(server, two_pops, tmp_path, ranges):
    server.ranges = ranges
    seen = []
    path = fetch(server.address, tmp_path / "here", progress=lambda done, total: seen.append((done, total)))
    assert contents(path) == contents(two_pops)
    assert left_in(tmp_path) == ["EI"]
    size = sum(map(len, contents(two_pops).values()))
    assert seen[-1] == (size, size)
    if ranges:  # else the first attempt finds out that there are none, and the file is begun anew
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with System(path) as system:
        assert system.num_neurons == 28


@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_breaks_off_now_and_then(server, two_pops, tmp_path, ranges):
    server.ranges = ranges
    server.breaks = {"graph.h5": 2, "mea.json": 1}
    assert contents(fetch(server.address, tmp_path / "here")) == contents(two_pops)


def test_what_has_arrived_is_kept_and_continued(server, two_pops, tmp_path, monkeypatch):
    monkeypatch.setattr(_remote, "ATTEMPTS", 1)
    (two_pops / "graph.h5").write_bytes((two_pops / "graph.h5").read_bytes() + bytes(200_000))
    original, arrived = _remote.Remote._continue, []

    def breaks_off(self, file, local, advance, opening):
        def count(size):
            advance(size)
            arrived.append(size)
            if file.name == "graph.h5" and sum(arrived) > 100_000:
                raise ConnectionResetError("unplugged")

        original(self, file, local, count, opening)

    monkeypatch.setattr(_remote.Remote, "_continue", breaks_off)
    with pytest.raises(
        BackendConnectionError, match=r"graph\.h5 could not be read: .*unplugged; what has arrived is kept"
    ):
        fetch(server.address, tmp_path / "here")
    assert left_in(tmp_path) == [".EI.partial"]
    monkeypatch.setattr(_remote.Remote, "_continue", original)
    server.log.clear()
    assert contents(fetch(server.address, tmp_path / "here")) == contents(two_pops)
    assert min(start for name, start, _ in server.log if name == "graph.h5") > 50_000
    assert left_in(tmp_path) == ["EI"]


def test_a_source_that_changed_meanwhile_is_begun_anew(server, two_pops, tmp_path, monkeypatch):
    server.breaks = {"mea.json": 99}
    with pytest.raises(BackendConnectionError):
        fetch(server.address, tmp_path / "here")
    server.breaks = {}
    (two_pops / "graph.json").write_text("{}")
    assert contents(fetch(server.address, tmp_path / "here")) == contents(two_pops)


@pytest.mark.parametrize("change", [1, -1])
def test_a_server_that_lies_about_sizes(server, tmp_path, change):
    server.sizes = {"graph.h5": (server.folder / "graph.h5").stat().st_size + change}
    with pytest.raises(BackendConnectionError, match=r"graph\.h5"):
        fetch(server.address, tmp_path / "here")
    assert "EI" not in left_in(tmp_path)


def test_a_server_that_gives_other_bytes_than_it_promised(server, tmp_path):
    server.hashes = {"graph.h5": "0" * 64}
    with pytest.raises(BackendConnectionError, match=r"graph\.h5 is not what the source says .*SHA-256 differs"):
        fetch(server.address, tmp_path / "here")
    assert "EI" not in left_in(tmp_path)
    server.hashes = {}
    fetch(server.address, tmp_path / "here")


def test_a_server_that_serves_json_only(server, tmp_path):
    server.serve_h5 = False
    with pytest.raises(SystemNotFoundError, match="start it with serve_h5=true"):
        fetch(server.address, tmp_path / "here")


@pytest.mark.parametrize("name", ["../../evil.json", "/evil.json", "a/../../evil.json"])
def test_a_server_that_names_files_elsewhere(server, tmp_path, monkeypatch, name):
    document = {"sidecars": [{"name": name, "size": 1, "sha256": None}], "h5": [], "serve_h5": True}
    monkeypatch.setattr(server, "manifest", lambda: json.dumps(document).encode())
    with pytest.raises(InvalidArgumentError):
        fetch(server.address, tmp_path / "here")
    assert left_in(tmp_path) == []


def test_a_web_page_that_lists_files(server, two_pops, tmp_path):
    server.breaks = {"graph.h5": 1}
    path = fetch(f"http://127.0.0.1:{server.server_port}/plain/", tmp_path / "here", name="EI")
    expected = {name: content for name, content in contents(two_pops).items() if "/" not in name}
    assert contents(path) == expected


def test_a_server_that_is_not_there(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises((BackendConnectionError, SystemNotFoundError)):
        fetch(server.address, tmp_path / "here")


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


def test_a_public_system_that_is_not_here_is_downloaded_once(mirror, two_pops):
    path = Path(predefined("EI"))
    assert path == Path("systems", "graphs", "EI")
    assert contents(path) == contents(two_pops)
    asked = mirror.asked
    assert predefined("EI") == str(path)
    with make("EI") as system:
        assert system.num_neurons == 28
    assert mirror.asked == asked


def test_a_public_system_is_downloaded_again_where_that_is_asked_for(mirror, two_pops, tmp_path):
    path = Path(predefined("EI", tmp_path / "there"))
    (two_pops / "graph.json").write_text("{}")
    assert (path / "graph.json").read_text() != "{}"
    assert predefined("EI", tmp_path / "there", force=True) == str(path)
    assert (path / "graph.json").read_text() == "{}"
    with pytest.raises(InvalidArgumentError, match="'two_pops' cannot be downloaded; the public systems are E, E_b"):
        predefined("two_pops", force=True)


def test_a_name_that_is_not_public_is_not_asked_for(mirror):
    with pytest.raises(SystemNotFoundError, match="Did you mean EI"):
        predefined("EII")
    with pytest.raises(InvalidArgumentError):
        predefined("../EI")
    assert mirror.asked == 0


def test_a_server_of_systems_is_not_downloaded_from(mirror, monkeypatch):
    monkeypatch.setattr("livn_core.system._places.server_in_play", lambda _: True)
    monkeypatch.setattr("livn_core.system._predefined.server_in_play", lambda _: True)
    assert predefined("EI") == predefined("EI", force=True) == str(Path("systems", "graphs", "EI"))
    assert mirror.asked == 0
    assert not Path("systems").exists()


def test_a_download_that_breaks_off_says_so_and_is_continued(mirror, two_pops):
    mirror.breaks = {"graph.h5": 99}
    with pytest.raises(BackendConnectionError, match=r"(?s)Nor could it be downloaded: .*; what has arrived is kept"):
        predefined("EI")
    mirror.breaks = {}
    assert contents(predefined("EI")) == contents(two_pops)


@pytest.mark.parametrize(("name", "generated"), [("EI", True), ("S1", False)])
def test_without_a_network_the_ways_out_are_named(mirror, name, generated):
    mirror.shutdown()
    mirror.server_close()
    with pytest.raises(BackendConnectionError, match=f"there is no system '{name}' in") as caught:
        predefined(name)
    ways = str(caught.value).partition("What else there is:")[2]
    assert f"livn systems fetch ADDRESS --name {name}" in ways
    assert ("livn systems generate EI: make one like it" in ways) is generated
    assert all(variable in ways for variable in ("LIVN_SYSTEMS:", "LIVN_SYSTEMS_SOURCE:", "LIVN_HSDS:"))


@pytest.mark.parametrize("absent", ["fsspec", "aiohttp"])
def test_without_what_downloads_it_says_what_to_install(mirror, monkeypatch, absent):
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingPackageError, match=rf"this needs {absent}; pip install \"livn-core\[fetch\]\""):
        predefined("EI")


def test_a_server_that_never_answers_is_given_up(mirror, monkeypatch):
    monkeypatch.setattr(_remote, "PATIENCE", 0.2)
    mirror.wait = 1.0
    fsspec.filesystem("http").clear_instance_cache()
    with pytest.raises(BackendConnectionError):
        predefined("EI")


def _fetch(address, folder):
    fetch(address, folder)


def _predefined(folder):
    predefined("EI", folder)


def test_several_processes_download_it_once(mirror, two_pops, tmp_path):
    mirror.wait = 0.05
    run_at_once(_predefined, (tmp_path / "here",))
    assert contents(tmp_path / "here" / "systems" / "graphs" / "EI") == contents(two_pops)
    assert left_in(tmp_path) == ["EI"]
    assert sum(start == 0 for name, start, _ in mirror.log if name == "mea.json") == 1


def run_at_once(work, arguments):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=work, args=arguments) for _ in range(3)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(120)
    assert [one.exitcode for one in processes] == [0, 0, 0]


def test_several_processes_get_it_once(server, two_pops, tmp_path):
    server.wait = 0.05
    run_at_once(_fetch, (server.address, tmp_path / "here"))
    assert contents(tmp_path / "here" / "systems" / "graphs" / "EI") == contents(two_pops)
    assert left_in(tmp_path) == ["EI"]
    assert sum(start == 0 for name, start, _ in server.log if name == "mea.json") == 1


def test_the_lock_is_held_by_one_at_a_time(tmp_path):
    pytest.importorskip("fcntl")
    inside, most = [0], []

    def work():
        for _ in range(30):
            with one_at_a_time(tmp_path / "lock"):
                inside[0] += 1
                most.append(inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(most) == 120
    assert max(most) == 1
    assert list(tmp_path.iterdir()) == []
