"""What can go wrong while a domain is opened: provoked for real, each with its own sentence, none of them a hang."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import h5py
import numpy as np
import pytest
from livn_h5pyd import livn_backend_open
from livn_ui.importing import import_file
from livn_ui.testing import admin_of

from livn_core.errors import (
    BackendConnectionError,
    BackendError,
    BackendPermissionError,
    ConfigError,
    LivnError,
    SourceNotFoundError,
)


@pytest.fixture(scope="module")
def cells(publish):
    return publish("/opening/cells.h5", lambda file: file.create_dataset("x", data=np.arange(5)))


@pytest.fixture(scope="module")
def private(start_hsds, tmp_path_factory):
    """A server on which nothing is public, with one domain and a second user."""
    server = start_hsds(public=False, users={"admin": "admins word", "bob": "bobs word"})
    path = tmp_path_factory.mktemp("private") / "cells.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(5)
    import_file(admin_of(server), path, "/EI1/cells.h5")
    yield server
    server.stop()


def test_a_domain_is_opened_by_path_and_by_address(open_file, cells):
    for source in (cells, "/anywhere/graphs/opening/cells.h5", "opening/cells.h5", r"C:\graphs\opening\cells.h5"):
        assert open_file(source)["x"][:].tolist() == [0, 1, 2, 3, 4]


def test_it_says_what_it_is_and_not_the_password(open_file, cells, hsds):
    file = open_file(cells, username="admin", password=hsds.password)
    assert repr(file) == f"<HsdsFile {hsds.endpoint}: domain /opening/cells.h5 in bucket 'data'>"
    assert hsds.password not in repr(file.target) + repr(file.target.config)


def test_logging_is_left_alone(open_file, cells):
    root, seen = logging.getLogger(), []
    before, handler = root.level, logging.Handler()
    handler.emit = seen.append
    root.addHandler(handler)
    try:
        root.setLevel(logging.DEBUG)
        with pytest.raises(KeyError):
            open_file(cells)["nothing"]
        with pytest.raises(SourceNotFoundError):
            open_file("hdf5://opening/other.h5")
        assert root.level == logging.DEBUG
        assert [record for record in seen if not record.name.startswith("urllib3")] == []
    finally:
        root.setLevel(before)
        root.removeHandler(handler)


def test_the_root_logger_is_given_no_handler_and_no_level(on_hsds, cells):
    code = (
        "import logging, livn_h5pyd\n"
        f"with livn_h5pyd.livn_backend_open({cells!r}, {{}}) as file: print(file['x'][:].tolist())\n"
        "root = logging.getLogger()\n"
        "print(root.level, root.handlers)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[0, 1, 2, 3, 4]", "30 []"]
    assert done.stderr == ""


def test_no_such_domain(open_file, cells, hsds):
    with pytest.raises(SourceNotFoundError) as caught:
        open_file("hdf5://opening/other.h5")
    assert isinstance(caught.value, FileNotFoundError)
    assert str(caught.value).startswith(f"{hsds.endpoint}: domain /opening/other.h5 in bucket 'data': there is none")
    with pytest.raises(SourceNotFoundError, match="there is none; import the system first"):
        open_file("hdf5://no such folder/cells.h5")


def test_a_folder_is_no_domain(open_file, cells):
    with pytest.raises(SourceNotFoundError, match="that is a folder"):
        open_file("hdf5://opening")


def test_a_bucket_that_is_not_there(open_file, cells):
    with pytest.raises(BackendError, match="in bucket 'elsewhere'"):
        open_file(cells, bucket="elsewhere")


def test_an_empty_bucket_means_the_servers_own(open_file, cells):
    assert open_file(cells, bucket="")["x"].shape == (5,)


def test_a_private_domain(open_file, private):
    source, endpoint = "hdf5://EI1/cells.h5", private.endpoint
    with pytest.raises(BackendPermissionError, match="may not be read without a login; add 'username'") as caught:
        open_file(source, endpoint=endpoint)
    assert isinstance(caught.value, PermissionError)
    with pytest.raises(BackendPermissionError, match="user 'bob' may not read it"):
        open_file(source, endpoint=endpoint, username="bob", password="bobs word")
    file = open_file(source, endpoint=endpoint, username="admin", password="admins word")
    assert file["x"][:].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("user", ["admin", "nobody"])
def test_a_wrong_password_is_not_shown(open_file, cells, user):
    with pytest.raises(BackendPermissionError, match=f"does not accept user '{user}' with this password") as caught:
        open_file(cells, username=user, password="guess-guess")
    chain, texts = caught.value, []
    while chain is not None:
        texts.append(str(chain))
        chain = chain.__cause__ or chain.__context__
    assert "guess-guess" not in " ".join(texts)


def test_a_login_for_another_server_is_not_sent(answering, open_file, monkeypatch):
    asked = []
    endpoint = answering(lambda path: (200, "application/json", b'{"hsds_version": "1"}'), asked)
    monkeypatch.setenv("HS_USERNAME", "me")
    monkeypatch.setenv("HS_PASSWORD", "for another server")
    with pytest.raises(LivnError):
        open_file("hdf5://EI1/cells.h5", endpoint=endpoint)
    assert len(asked) >= 2
    assert all("Authorization" not in headers for _, headers in asked)


def test_nobody_listens(open_file):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{one.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(BackendConnectionError, match=f"{endpoint}: cannot be reached .*refused") as caught:
            open_file("hdf5://EI1/cells.h5", endpoint=endpoint, retries=3)
    assert time.monotonic() - began < 8  # the time-out is 10 s
    assert isinstance(caught.value, ConnectionError)
    assert "is the server running" in str(caught.value)


def test_no_such_host(open_file):
    with pytest.raises(BackendConnectionError, match="cannot be reached"):
        open_file("hdf5://EI1/cells.h5", endpoint="http://host.invalid:5101", retries=0)


def test_a_stopped_service_node_is_given_up_on_in_time(open_file, start_hsds):
    server = start_hsds()
    pid = server.pids()["service node"]
    os.kill(pid, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(BackendConnectionError, match=r"no answer within 0\.5 s; the server hangs"):
            open_file("hdf5://EI1/cells.h5", endpoint=server.endpoint, timeout=0.5, retries=9)
        assert 0.5 <= time.monotonic() - began < 4  # ten attempts would take 5 s
    finally:
        os.kill(pid, signal.SIGCONT)
        server.stop()


def test_another_kind_of_server(open_file, file_server, tmp_path):
    with pytest.raises(BackendError, match=r"what answers there is not HSDS \(status 404, text/html") as caught:
        open_file("hdf5://EI1/cells.h5", endpoint=file_server(tmp_path))
    assert "correct 'endpoint' in LIVN_HSDS" in str(caught.value)
    (tmp_path / "about").write_text("<html>about us</html>")
    with pytest.raises(BackendError, match=r"is not HSDS \(status 200"):
        open_file("hdf5://EI1/cells.h5", endpoint=file_server(tmp_path))


ABOUT = (200, "application/json", json.dumps({"hsds_version": "1.0.2", "state": "READY"}).encode())


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ((200, "application/json", b'{"hsds_ver'), "is not HSDS"),
        ((200, "application/json", b"[]"), "is not HSDS"),
        ((200, "application/json", b"{}"), "is not HSDS"),
        ((200, "text/html", b"<html>"), "is not HSDS"),
        ((500, "text/plain", b"oops"), "is not HSDS"),
        ((503, "text/plain", b"wait"), "keeps answering with status 503"),
        ((401, "text/plain", b"who?"), "wants a login"),
    ],
)
def test_nonsense_to_begin_with(open_file, answering, about, says):
    with pytest.raises(BackendError, match=says):
        open_file("hdf5://EI1/cells.h5", endpoint=answering(lambda path: about), timeout=3)


@pytest.mark.parametrize(
    ("domain", "kind", "says"),
    [
        ((200, "application/json", b'{"root": "g-1'), BackendError, "sent something unexpected"),
        ((200, "application/json", b'{"root": "what?"}'), BackendError, "sent something unexpected"),
        ((200, "application/json", b'{"root": 5, "domain_objs": []}'), BackendError, "sent something unexpected"),
        ((200, "application/json", b"null"), BackendError, "sent something unexpected"),
        ((200, "application/json", b"{}"), SourceNotFoundError, "that is a folder"),
        ((200, "text/html", b"<html>"), BackendError, "sent something unexpected"),
        ((500, "text/plain", b""), BackendError, "the server failed .status 500"),
        ((503, "text/plain", b""), BackendConnectionError, "keeps answering with status 503"),
        ((410, "text/plain", b""), SourceNotFoundError, "there is none"),
        ((400, "text/plain", b""), BackendError, "refuses the request .status 400"),
    ],
)
def test_nonsense_for_the_domain(open_file, answering, domain, kind, says):
    def answer(path):
        return ABOUT if path.startswith("/about") else domain

    with pytest.raises(kind, match=says) as caught:
        open_file("hdf5://EI1/cells.h5", endpoint=answering(answer), timeout=3)
    assert "/EI1/cells.h5" in str(caught.value)


def test_a_server_that_asks_for_patience_is_not_given_any(open_file):
    """``Retry-After: 3600`` on a 503 must not make anybody wait."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

        def serve():
            while True:
                connection, _ = listener.accept()
                with connection:
                    if connection.recv(65536) == b"end":
                        return
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        place, began = listener.getsockname(), time.monotonic()
        with pytest.raises(BackendConnectionError, match="503"):
            open_file("hdf5://E/c.h5", endpoint=f"http://127.0.0.1:{place[1]}", timeout=1)
        assert time.monotonic() - began < 10
        with socket.create_connection(place) as last:
            last.sendall(b"end")
        thread.join()


def test_unknown_and_wrong_options(on_hsds):
    with pytest.raises(ConfigError, match="unknown field 'mmap'"):
        livn_backend_open("EI1/cells.h5", {"mmap": True})
    with pytest.raises(ConfigError, match="field 'timeout'"):
        livn_backend_open("EI1/cells.h5", {"timeout": "soon"})
