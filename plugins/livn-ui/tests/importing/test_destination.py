"""Which server an import goes to, where nobody has named one."""

from __future__ import annotations

import socket

import pytest
from livn_ui.importing import destination

from livn_core.errors import ConfigError


@pytest.fixture
def usual_port(monkeypatch):
    """The usual address, at a port that is this test's; nothing listens there yet."""
    monkeypatch.delenv("LIVN_HSDS", raising=False)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        monkeypatch.setattr(destination, "USUAL_ENDPOINT", f"http://127.0.0.1:{held.getsockname()[1]}")
        yield held


def test_without_any_server_it_says_how_to_start_one(usual_port, tmp_path):
    with pytest.raises(ConfigError, match=r"nothing answers at .*; start one with 'livn ui server root_dir="):
        destination.find_destination(tmp_path)


def test_a_server_at_the_usual_address_is_taken(usual_port, tmp_path):
    usual_port.listen()
    found = destination.find_destination(tmp_path)
    assert (found.config.endpoint, found.config.username) == (destination.USUAL_ENDPOINT, "admin")
