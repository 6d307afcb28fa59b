"""Fetching from a server that breaks off, lies and dawdles."""

from __future__ import annotations

import json

import pytest

from livn_core.errors import BackendConnectionError, InvalidArgumentError, SystemNotFoundError
from livn_core.system import System, _remote, fetch


@pytest.mark.parametrize("ranges", [True, False])
def test_everything_arrives_as_it_is(server, two_pops, tmp_path, ranges, contents, left_in):
    server.ranges = ranges
    seen = []
    path = fetch(server.address, tmp_path / "here", progress=lambda done, total: seen.append((done, total)))
    assert contents(path) == contents(two_pops)
    assert left_in() == ["EI"]
    size = sum(map(len, contents(two_pops).values()))
    assert seen[-1] == (size, size)
    if ranges:  # else the first attempt finds out that there are none, and the file is begun anew
        assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    with System(path) as system:
        assert system.num_neurons == 28


@pytest.mark.parametrize("ranges", [True, False])
def test_a_server_that_breaks_off_now_and_then(server, two_pops, tmp_path, ranges, contents):
    server.ranges = ranges
    server.breaks = {"graph.h5": 2, "mea.json": 1}
    assert contents(fetch(server.address, tmp_path / "here")) == contents(two_pops)


def test_what_has_arrived_is_kept_and_continued(server, two_pops, tmp_path, monkeypatch, contents, left_in):
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
    assert left_in() == [".EI.partial"]
    monkeypatch.setattr(_remote.Remote, "_continue", original)
    server.log.clear()
    assert contents(fetch(server.address, tmp_path / "here")) == contents(two_pops)
    assert min(start for name, start, _ in server.log if name == "graph.h5") > 50_000
    assert left_in() == ["EI"]


def test_a_source_that_changed_meanwhile_is_begun_anew(server, two_pops, tmp_path, monkeypatch, contents):
    server.breaks = {"mea.json": 99}
    with pytest.raises(BackendConnectionError):
        fetch(server.address, tmp_path / "here")
    server.breaks = {}
    (two_pops / "graph.json").write_text("{}")
    assert contents(fetch(server.address, tmp_path / "here")) == contents(two_pops)


@pytest.mark.parametrize("change", [1, -1])
def test_a_server_that_lies_about_sizes(server, tmp_path, change, left_in):
    server.sizes = {"graph.h5": (server.folder / "graph.h5").stat().st_size + change}
    with pytest.raises(BackendConnectionError, match=r"graph\.h5"):
        fetch(server.address, tmp_path / "here")
    assert "EI" not in left_in()


def test_a_server_that_gives_other_bytes_than_it_promised(server, tmp_path, left_in):
    server.hashes = {"graph.h5": "0" * 64}
    with pytest.raises(BackendConnectionError, match=r"graph\.h5 is not what the source says .*SHA-256 differs"):
        fetch(server.address, tmp_path / "here")
    assert "EI" not in left_in()
    server.hashes = {}
    fetch(server.address, tmp_path / "here")


def test_a_server_that_serves_json_only(server, tmp_path):
    server.serve_h5 = False
    with pytest.raises(SystemNotFoundError, match="start it with serve_h5=true"):
        fetch(server.address, tmp_path / "here")


@pytest.mark.parametrize("name", ["../../evil.json", "/evil.json", "a/../../evil.json"])
def test_a_server_that_names_files_elsewhere(server, tmp_path, monkeypatch, name, left_in):
    document = {"sidecars": [{"name": name, "size": 1, "sha256": None}], "h5": [], "serve_h5": True}
    monkeypatch.setattr(server, "manifest", lambda: json.dumps(document).encode())
    with pytest.raises(InvalidArgumentError):
        fetch(server.address, tmp_path / "here")
    assert left_in() == []


def test_a_web_page_that_lists_files(server, two_pops, tmp_path, contents):
    server.breaks = {"graph.h5": 1}
    path = fetch(f"http://127.0.0.1:{server.server_port}/plain/", tmp_path / "here", name="EI")
    expected = {name: content for name, content in contents(two_pops).items() if "/" not in name}
    assert contents(path) == expected


def test_a_server_that_is_not_there(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises((BackendConnectionError, SystemNotFoundError)):
        fetch(server.address, tmp_path / "here")
