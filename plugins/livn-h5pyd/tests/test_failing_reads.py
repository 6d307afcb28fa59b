"""A server that fails while a file is open: an error in bounded time, never other values."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import contextmanager

import h5py
import numpy as np
import pytest
from livn_h5pyd import livn_backend_open, reading
from livn_ui.importing import import_file
from livn_ui.importing.administration import Administration
from livn_ui.testing import admin_of

from livn_core.errors import BackendConnectionError, BackendError
from livn_core.h5file import Ranges

SIZE = 3 * 2**20
WHOLE = Ranges.whole("/x", SIZE)
TIMEOUT, RETRIES = 1.0, 1
# Of the attempts themselves, the pauses between them, and a busy machine.
AT_MOST = TIMEOUT * (RETRIES + 1) + 3.0


@pytest.fixture(scope="module")
def store(start_hsds, tmp_path_factory):
    """The storage of a server that was stopped after an import."""
    path = tmp_path_factory.mktemp("source") / "cells.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=np.arange(SIZE, dtype="i4"), chunks=(2**18,))
    server = start_hsds()
    import_file(admin_of(server), path, "/EI1/cells.h5")
    server.stop()
    return server.settings.store


@pytest.fixture
def server(start_hsds, store, tmp_path):
    """A server of its own for each test, on a copy of that storage."""
    shutil.copytree(store, tmp_path / "store")
    server = start_hsds(store=tmp_path / "store")
    yield server
    server.stop()


@pytest.fixture
def file(server, set_hsds):
    set_hsds(endpoint=server.endpoint, timeout=TIMEOUT, retries=RETRIES)
    with livn_backend_open("EI1/cells.h5", {}) as file:
        assert file["x"][:5].tolist() == [0, 1, 2, 3, 4]
        yield file


@contextmanager
def raises_in_time(kind, match):
    began = time.monotonic()
    with pytest.raises(kind, match=match) as caught:
        yield caught
    assert time.monotonic() - began < AT_MOST


def test_the_server_is_stopped(server, file):
    server.stop()
    with raises_in_time(BackendConnectionError, "cannot be reached") as caught:
        file.read_many([WHOLE])
    assert server.endpoint in str(caught.value)
    with raises_in_time(BackendConnectionError, "cannot be reached"):
        file["x"][3:7]


def test_the_service_node_hangs_and_comes_back(server, file):
    pid = server.pids()["service node"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with raises_in_time(BackendConnectionError, r"no answer within 1 s, in 2 attempt.*raise 'timeout'"):
            file.read_many([WHOLE])
    finally:
        os.kill(pid, signal.SIGCONT)
    (values,) = file.read_many([WHOLE])
    assert np.array_equal(values, np.arange(SIZE))


def test_a_data_node_hangs(server, file):
    pid = server.pids()["data node 1"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with raises_in_time(BackendConnectionError, "no answer within 1 s"):
            file.read_many([WHOLE])
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_data_node_is_killed(server, file):
    os.kill(server.pids()["data node 1"], signal.SIGKILL)
    with raises_in_time(BackendError, "no answer within 1 s|data nodes"):
        file.read_many([WHOLE])


def test_the_server_is_killed_in_the_middle_of_answers(server, file, monkeypatch):
    monkeypatch.setattr(reading, "PIECE_BYTES", 2**20)
    fill, pieces = reading._fill, []

    def fill_and_kill(*arguments):
        fill(*arguments)
        pieces.append(1)
        if len(pieces) == 2:
            for pid in server.pids().values():
                os.kill(pid, signal.SIGKILL)

    monkeypatch.setattr(reading, "_fill", fill_and_kill)
    with raises_in_time(BackendConnectionError, "cannot be reached|in the middle of an answer|no answer"):
        file.read_many([WHOLE])
    assert 2 <= len(pieces) < 12


def test_the_domain_is_deleted_while_it_is_open(server, file):
    Administration(admin_of(server)).delete("/EI1/cells.h5")
    with raises_in_time(BackendError, "/x: it is gone; the domain was replaced or deleted"):
        file.read_many([WHOLE])


def test_an_answer_that_is_cut_short_is_an_error(server, file, monkeypatch):
    """The service node is stopped for good while it sends: fewer bytes than it announced."""
    import requests

    send = requests.Session.send

    def shortened(session, request, **options):
        answer = send(session, request, **options)
        if "/value" in request.path_url:
            os.kill(server.pids()["service node"], signal.SIGKILL)
            time.sleep(0.2)
        return answer

    monkeypatch.setattr(reading, "PIECE_BYTES", 64 * 2**20)
    monkeypatch.setattr(requests.Session, "send", shortened)
    with raises_in_time(BackendConnectionError, "in the middle of an answer|cannot be reached|no answer"):
        file.read_many([WHOLE])
