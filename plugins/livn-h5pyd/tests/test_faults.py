"""A server that fails while a domain is opened or read: an error in time that says what happened, and no other values.

Each fault is provoked for real: by a proxy before HSDS that breaks what passes, or at HSDS's own processes. When it is
over, the same file can be read.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import h5py
import numpy as np
import pytest
from livn_h5pyd import livn_backend_open
from livn_h5pyd.testing import Cut, Hang, Proxy, Say, Shorten, Trickle
from livn_ui.importing import import_file
from livn_ui.testing import admin_of

from livn_core.errors import BackendConnectionError, BackendError, BackendPermissionError, SourceNotFoundError
from livn_core.h5file import Ranges

SIZE = 6 * 2**20
VALUES = np.arange(SIZE, dtype=np.int32)
WHOLE = Ranges.whole("/x", SIZE)
SOURCE = "hdf5://faults/cells.h5"
TIMEOUT = 2.0
# A busy machine may need some time of its own, but none that grows with the number of attempts, which are three.
AT_MOST = 2 * TIMEOUT


@contextmanager
def raises_in_time(kind, match):
    began = time.monotonic()
    with pytest.raises(kind, match=match) as caught:
        yield caught
    assert time.monotonic() - began < AT_MOST


def write(file):
    file.create_dataset("x", data=VALUES, chunks=(2**18,))
    file["few"] = VALUES[:100]


@pytest.fixture(scope="module")
def served(publish):
    assert publish("/faults/cells.h5", write) == SOURCE


@pytest.fixture
def through(served, hsds, proxy, set_hsds):
    """A proxy before the shared server, and ``LIVN_HSDS`` naming it."""
    between = proxy(hsds.endpoint)
    set_hsds(endpoint=between.endpoint, timeout=TIMEOUT, retries=2)
    return between


READING = {
    "hanging": (Hang(), BackendConnectionError, f"no answer within {TIMEOUT:g} s; the server hangs"),
    "a trickle": (Trickle(0.05), BackendConnectionError, rf"only \d+ bytes of an answer came within {TIMEOUT:g} s"),
    "HTML": (Say(200, b"<html>", "text/html"), BackendError, "/x: the server sent something unexpected"),
    "JSON": (Say(200, b"{}", "application/json"), BackendError, "/x: the server sent something unexpected"),
    "another address": (
        Say(302, more="Location: http://elsewhere.example/x?y"),
        BackendError,
        "elsewhere.example; red",
    ),
    "401": (Say(401), BackendPermissionError, "the server wants a login"),
    "403": (Say(403), BackendPermissionError, "may not be read without a login"),
    "404": (Say(404), BackendError, "/x: it is gone"),
    "410": (Say(410), BackendError, "/x: it is gone"),
    "413": (Say(413), BackendError, "/x: the server refuses the request .status 413"),
    "500": (Say(500), BackendError, "/x: the server failed .status 500"),
    "502": (Say(502), BackendConnectionError, "/x: the server keeps answering with status 502"),
    "503": (Say(503, more="Retry-After: 3600"), BackendConnectionError, "keeps answering with status 503"),
    "cut off at once": (Cut(0), BackendConnectionError, "the connection broke in the middle of an answer"),
    "cut off": (Cut(100_000), BackendConnectionError, "the connection broke in the middle of an answer"),
    "too short": (Shorten(100), BackendError, r"/x: the server sent something unexpected: 100 bytes instead of \d+"),
    "nothing at all": (Shorten(0), BackendError, "/x: the server sent something unexpected: 0 bytes instead of"),
}


@pytest.mark.parametrize("name", READING)
def test_reading(through, name):
    fault, kind, says = READING[name]
    with livn_backend_open(SOURCE, {}) as file:
        assert file["few"][:].tolist() == list(range(100))
        through.fault = lambda line: fault if "/value" in line else None
        with raises_in_time(kind, says) as caught:
            file.read_many([WHOLE])
        assert through.endpoint in str(caught.value)
        with raises_in_time(kind, says.replace("/x", "/few")) if name != "cut off" else _free():
            file["few"][:]
        through.fault = lambda line: None
        assert np.array_equal(file.read_many([WHOLE])[0], VALUES)
        assert file["few"][:].tolist() == list(range(100))


@contextmanager
def _free():
    """100 values are less than what comes before the cut: then all may be well."""
    with suppress(BackendConnectionError):
        yield


OPENING = {
    "hanging": (Hang(), BackendConnectionError, f"no answer within {TIMEOUT:g} s; the server hangs"),
    "a trickle": (Trickle(0.05), BackendConnectionError, rf"only \d+ bytes of an answer came within {TIMEOUT:g} s"),
    "HTML": (Say(200, b"<html>", "text/html"), BackendError, "what answers there is not HSDS .status 200, text/html"),
    "another address": (
        Say(308, more="Location: https://x.example/"),
        BackendError,
        "refers to https://x.example; red",
    ),
    "401": (Say(401), BackendPermissionError, "the server wants a login"),
    "403": (Say(403), BackendPermissionError, "may not be read without a login"),
    "404": (Say(404), BackendError, "what answers there is not HSDS .status 404"),
    "500": (Say(500), BackendError, "what answers there is not HSDS .status 500"),
    "503": (Say(503), BackendConnectionError, "keeps answering with status 503"),
    "cut off": (Cut(10), BackendConnectionError, "the connection broke in the middle of an answer"),
    "too short": (Shorten(10), BackendError, "not HSDS|sent something unexpected"),
}


@pytest.mark.parametrize("only_domain", [False, True], ids=["every request", "that for the domain"])
@pytest.mark.parametrize("name", OPENING)
def test_opening(through, name, only_domain):
    fault, kind, says = OPENING[name]
    if only_domain and "not HSDS" in says:  # it has shown that it is
        kind, says = {
            "404": (SourceNotFoundError, "there is none; import"),
            "500": (BackendError, "the server failed .status 500"),
        }.get(name, (BackendError, "sent something unexpected"))
    through.fault = lambda line: None if only_domain and "/about" in line else fault
    with raises_in_time(kind, says) as caught:
        livn_backend_open(SOURCE, {})
    assert through.endpoint in str(caught.value)
    through.fault = lambda line: None
    with livn_backend_open(SOURCE, {}) as file:
        assert file["few"][:].tolist() == list(range(100))


@pytest.mark.parametrize("passing", [(502, 502), (503,) * 4, (429, 503, 504)], ids=str)
def test_what_passes_is_waited_for(through, passing):
    left = list(passing)
    through.fault = lambda line: Say(left.pop()) if left and "/value" in line else None
    with livn_backend_open(SOURCE, {"timeout": 30}) as file:
        assert file["few"][:].tolist() == list(range(100))
    assert left == []


def test_many_retries_take_no_longer(through):
    through.fault = lambda line: Say(502)
    with raises_in_time(BackendConnectionError, "keeps answering with status 502"):
        livn_backend_open(SOURCE, {"retries": 100})


def test_without_retries_a_busy_server_is_an_error_at_once(through):
    with livn_backend_open(SOURCE, {"retries": 0, "timeout": 60}) as file:
        through.seen.clear()
        through.fault = lambda line: Say(503)
        with raises_in_time(BackendConnectionError, "503"):
            file["few"][:]
    assert len(through.seen) == 1


def test_a_slow_answer_is_no_fault_as_long_as_it_goes_on(through, monkeypatch):
    """Three times the time-out in all, with progress in each of them."""
    from livn_h5pyd import patience

    monkeypatch.setattr(patience, "PROGRESS_BYTES", 10)
    with livn_backend_open(SOURCE, {}) as file:
        few = file["few"]
        through.fault = lambda line: Trickle(0.01)
        began = time.monotonic()
        assert few[:].tolist() == list(range(100))
    assert time.monotonic() - began > 2 * TIMEOUT


@pytest.fixture(scope="module")
def own(start_hsds, tmp_path_factory):
    """A server whose processes may be harmed."""
    server = start_hsds()
    path = tmp_path_factory.mktemp("source") / "cells.h5"
    with h5py.File(path, "w") as file:
        write(file)
    import_file(admin_of(server, timeout=30), path, "/faults/cells.h5")
    yield server
    server.stop()


@pytest.fixture
def open_own(own, set_hsds):
    set_hsds(endpoint=own.endpoint, timeout=TIMEOUT, retries=2)
    return lambda: livn_backend_open(SOURCE, {})


@pytest.mark.parametrize("node", ["service node", "data node 1"])
def test_a_node_hangs_and_comes_back(own, open_own, node):
    pid = own.pids()[node]
    with open_own() as file:
        os.kill(pid, signal.SIGSTOP)
        try:
            says = f"no answer within {TIMEOUT:g} s"
            with raises_in_time(BackendConnectionError, f"{says}; the server hangs.*raise 'timeout'"):
                file.read_many([WHOLE])
            with raises_in_time(BackendConnectionError, says):
                open_own()
        finally:
            os.kill(pid, signal.SIGCONT)
        for _ in range(50):  # it first works off what nobody waits for any longer
            try:
                assert np.array_equal(file.read_many([WHOLE])[0], VALUES)
                break
            except BackendConnectionError:
                continue
        assert np.array_equal(file.read_many([WHOLE])[0], VALUES)


def test_the_server_is_killed_while_it_answers_and_started_again(own, set_hsds, proxy, start_hsds):
    between = proxy(own.endpoint)
    set_hsds(endpoint=between.endpoint, timeout=TIMEOUT, retries=2)
    file = livn_backend_open(SOURCE, {})
    _kill_at(between, own, request=3)
    with raises_in_time(BackendConnectionError, "cannot be reached|in the middle of an answer|no answer"):
        file.read_many([WHOLE])
    with raises_in_time(BackendConnectionError, "cannot be reached"):
        file["few"][:]
    own.stop()
    again = start_hsds(store=own.settings.store, port=urlsplit(own.endpoint).port)
    assert np.array_equal(file.read_many([WHOLE])[0], VALUES)
    os.kill(again.pids()["data node 1"], signal.SIGKILL)
    with raises_in_time(BackendError, f"no answer within {TIMEOUT:g} s|data nodes"):
        file.read_many([WHOLE])
    again.stop()
    with raises_in_time(BackendConnectionError, "cannot be reached .*; is the server running"):
        livn_backend_open(SOURCE, {})
    file.close()


def _kill_at(between: Proxy, server, request):
    """Kill all processes of a server when so many requests for values have come."""
    pids, seen = list(server.pids().values()), []

    def kill(line):
        seen.append(line)
        if len(seen) == request:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)

    between.fault = kill


def test_the_domain_is_deleted_while_it_is_open(publish, admin, on_hsds):
    from livn_ui.importing.administration import Administration

    with livn_backend_open(publish("/faults/deleted.h5", write), {}) as file:
        assert file["few"][:5].tolist() == [0, 1, 2, 3, 4]
        Administration(admin).delete("/faults/deleted.h5")
        with pytest.raises(BackendError, match="/x: it is gone; the domain was replaced or deleted"):
            file.read_many([WHOLE])
