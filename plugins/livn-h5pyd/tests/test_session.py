"""The session: what it does not do by itself, and that it gives up."""

from __future__ import annotations

import json
import time

import pytest
from livn_h5pyd import livn_backend_sidecar, sidecars
from livn_h5pyd.session import bounded_session
from livn_h5pyd.testing import Say, Trickle

from livn_core.errors import BackendConnectionError, BackendError


@pytest.fixture
def through(answering, proxy):
    return proxy(answering(lambda path: (200, "application/json", json.dumps(path).encode())))


def test_a_redirect_is_not_followed(through):
    through.fault = lambda line: Say(301, more=f"Location: {through.endpoint}/other") if "/one" in line else None
    with bounded_session(2) as session:
        answer = session.get(f"{through.endpoint}/one", timeout=30)
    assert (answer.status_code, len(through.seen)) == (301, 1)


def test_a_login_of_netrc_is_not_sent(through, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password for-another-service\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with bounded_session(0) as session:
        session.get(through.endpoint, timeout=30)
        session.get(through.endpoint, timeout=30, headers={"Authorization": "Basic bWluZTptaW5l"})
        session.get(through.endpoint, timeout=30, auth=("mine", "mine"))
    heads = [one.head for one in through.seen]
    assert "Authorization" not in heads[0]
    assert all("Authorization: Basic bWluZTptaW5l" in head for head in heads[1:])


def test_without_a_time_out_there_is_one(through, monkeypatch):
    from livn_h5pyd import session as module

    monkeypatch.setattr(module, "_DEFAULT_SECONDS", 0.3)
    through.hold_up = lambda line: 60
    with bounded_session(3) as session, pytest.raises(OSError, match="timed out"):
        session.get(through.endpoint)


def test_a_companion_that_trickles(through, set_hsds):
    """The answer takes 15 s, and ten attempts would take 5 s."""
    set_hsds(endpoint="http://h:1", files_endpoint=through.endpoint, timeout=0.5, retries=9)
    through.fault = lambda line: Trickle(0.1)
    began = time.monotonic()
    with pytest.raises(BackendConnectionError, match=r"only \d+ bytes of an answer came within 0\.5 s"):
        livn_backend_sidecar("EI1", "graph.json", {})
    assert time.monotonic() - began < 4


def test_a_companion_that_sends_too_much(through, set_hsds, monkeypatch):
    monkeypatch.setattr(sidecars, "MOST_BYTES", 10)
    set_hsds(endpoint="http://h:1", files_endpoint=through.endpoint)
    with pytest.raises(BackendError, match="a file of more than 10 bytes"):
        livn_backend_sidecar("EI1", "graph.json", {})


def test_a_companion_that_breaks_off(through, set_hsds):
    from livn_h5pyd.testing import Cut

    through.fault = lambda line: Cut(3)
    set_hsds(endpoint="http://h:1", files_endpoint=through.endpoint)
    with pytest.raises(BackendConnectionError, match="the connection broke in the middle of an answer"):
        livn_backend_sidecar("EI1", "graph.json", {})
