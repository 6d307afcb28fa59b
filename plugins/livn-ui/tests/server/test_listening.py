"""What a host name comes to, and ports that are free on all of it."""

from __future__ import annotations

import socket

import pytest
from livn_ui import ports

from livn_core.errors import ConfigError


@pytest.fixture
def taken():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_localhost_is_both_loopbacks_where_there_are_two():
    found = ports.listening("localhost")
    assert found.addresses[0] == "127.0.0.1"
    assert set(found.addresses) <= {"127.0.0.1", "::1"}
    assert (found.here, found.elsewhere) == ("localhost", "localhost")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_everywhere_is_shown_by_names_that_can_be_used(host):
    found = ports.listening(host)
    assert "0.0.0.0" in found.addresses
    assert found.here == "127.0.0.1"
    assert found.elsewhere == socket.gethostname()


def test_an_address_of_version_6_is_put_into_brackets():
    assert ports.listening("::1").here == "[::1]"


def test_a_name_that_is_none_is_said_to_be_none():
    with pytest.raises(ConfigError, match=r"host 'no-such-host\.invalid': .*name or address of this machine"):
        ports.listening("no-such-host.invalid")
    with pytest.raises(ConfigError, match="choose another host"):
        ports.check_port_is_free("192.0.2.1", 5101)


def test_a_port_that_is_taken_on_any_address_is_taken(taken):
    for host in ("127.0.0.1", "localhost", "0.0.0.0"):
        with pytest.raises(ConfigError, match=rf"the server cannot listen on .*:{taken}: .*; choose another port="):
            ports.check_port_is_free(host, taken, "the server", "port=")


def test_free_ports_can_be_had():
    found = [ports.free_port(("127.0.0.1", "0.0.0.0")) for _ in range(5)]
    assert len(set(found)) > 1
    first = ports.free_port(count=2)
    for port in (*found, first, first + 1):
        ports.check_port_is_free("0.0.0.0", port)


def test_a_port_whose_neighbour_is_taken_is_no_first_of_two(taken, monkeypatch):
    monkeypatch.setattr(ports, "_UNASKED", range(taken - 1, taken))
    with pytest.raises(ConfigError, match=rf"no 2 free ports in a row from {taken - 1} to {taken} on 127\.0\.0\.1"):
        ports.free_port(count=2)
