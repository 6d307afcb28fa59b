"""JSON files from a companion file server."""

from __future__ import annotations

import json
import socket

import pytest
from livn_h5pyd import livn_backend_sidecar, livn_backend_sidecars

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    ConfigError,
    InvalidArgumentError,
    SourceNotFoundError,
)

GRAPH = b'{"architecture": {"populations": {}}}'


@pytest.fixture
def companion(tmp_path, file_server, set_hsds):
    """A folder served as a companion server does it, and ``LIVN_HSDS`` naming it."""
    for system in ("EI1", "lab/EI2"):
        folder = tmp_path / "files" / system / "params"
        folder.mkdir(parents=True)
        (folder.parent / "graph.json").write_bytes(GRAPH)
        (folder / "a b.json").write_bytes(b"[1]")
    (tmp_path / "files" / "EI1" / "mea.json").write_bytes(b"{}")
    (tmp_path / "secret.json").write_bytes(b"secret")
    set_hsds(endpoint="http://127.0.0.1:9", files_endpoint=file_server(tmp_path), timeout=2, retries=0)
    return tmp_path


@pytest.mark.parametrize("source", ["EI1", "systems/graphs/EI1", "/x/graphs/EI1/", "hdf5://EI1", r"C:\graphs\EI1"])
def test_a_file_comes_as_it_is(companion, source):
    assert livn_backend_sidecar(source, "graph.json", {}) == GRAPH
    assert livn_backend_sidecar(source, "params/a b.json", {}) == b"[1]"
    assert livn_backend_sidecar("hdf5://lab/EI2", "graph.json", {}) == GRAPH


def test_a_missing_file_is_a_missing_file(companion):
    with pytest.raises(
        SourceNotFoundError, match=r"/files/EI1/model\.json: the companion file server has no such file"
    ):
        livn_backend_sidecar("EI1", "model.json", {})
    with pytest.raises(FileNotFoundError):
        livn_backend_sidecar("EI9", "graph.json", {})


@pytest.mark.parametrize(
    "name", ["../../secret.json", "params/../graph.json", "/graph.json", "", "a\\b.json", "a//b.json"]
)
def test_a_name_stays_inside_the_system(companion, name):
    with pytest.raises(InvalidArgumentError, match="is no name of a sidecar"):
        livn_backend_sidecar("EI1", name, {})


def test_without_a_manifest_the_well_known_names_are_tried(companion):
    assert livn_backend_sidecars("EI1", {}) == ["graph.json", "mea.json"]
    assert livn_backend_sidecars("hdf5://lab/EI2", {}) == ["graph.json"]
    assert livn_backend_sidecars("EI9", {}) == []


def test_a_manifest_lists_all(answering, set_hsds):
    asked = []
    body = json.dumps({"files": ["selection/e1.json", "graph.json"]}).encode()
    set_hsds(endpoint="http://h:1", files_endpoint=answering(lambda path: (200, "application/json", body), asked))
    assert livn_backend_sidecars("EI1", {}) == ["graph.json", "selection/e1.json"]
    assert [path for path, _ in asked] == ["/systems/EI1"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"files": 5}', b'{"files": [1]}', b"null"])
def test_a_broken_manifest_is_an_error(answering, set_hsds, body):
    set_hsds(endpoint="http://h:1", files_endpoint=answering(lambda path: (200, "application/json", body)))
    with pytest.raises(BackendError, match="/systems/EI1: the list of files is broken"):
        livn_backend_sidecars("EI1", {})


def test_a_password_is_for_hsds_alone(answering, set_hsds):
    asked = []
    endpoint = answering(lambda path: (200, "application/json", b"{}"), asked)
    set_hsds(endpoint="http://h:1", files_endpoint=endpoint, username="admin", password="secret")
    livn_backend_sidecar("EI1", "graph.json", {})
    assert "Authorization" not in asked[0][1]


def test_no_companion_is_running(set_hsds):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        set_hsds(endpoint=f"http://127.0.0.1:{port - 1}", retries=1)
        with pytest.raises(BackendConnectionError, match="cannot be reached") as caught:
            livn_backend_sidecar("EI1", "graph.json", {})
        for part in (f"http://127.0.0.1:{port}/files/EI1/graph.json", "'files_endpoint' in LIVN_HSDS"):
            assert part in str(caught.value)
        with pytest.raises(BackendConnectionError, match="/systems/EI1"):
            livn_backend_sidecars("EI1", {})


def test_a_companion_that_hangs(set_hsds):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        set_hsds(endpoint="http://h:1", files_endpoint=endpoint, timeout=0.3, retries=1)
        with pytest.raises(BackendConnectionError, match=r"no answer within 0\.3 s; the server hangs"):
            livn_backend_sidecar("EI1", "graph.json", {})


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((200, "text/html", b"<html>the app</html>"), BackendError, "a web page came instead of a JSON file"),
        ((500, "text/plain", b""), BackendError, "status 500 came instead"),
        ((503, "text/plain", b""), BackendConnectionError, "not ready"),
        ((403, "text/plain", b""), BackendPermissionError, "refuses it"),
    ],
)
def test_other_answers(answering, set_hsds, answer, kind, says):
    set_hsds(endpoint="http://h:1", files_endpoint=answering(lambda path: answer), retries=0)
    with pytest.raises(kind, match=says):
        livn_backend_sidecar("EI1", "graph.json", {})


def test_settings_are_checked(monkeypatch, set_hsds):
    with pytest.raises(ConfigError, match="LIVN_HSDS is not set"):
        livn_backend_sidecar("EI1", "graph.json", {})
    set_hsds(endpoint="http://h:1")
    with pytest.raises(ConfigError, match="unknown field 'mmap'"):
        livn_backend_sidecars("EI1", {"mmap": 1})
