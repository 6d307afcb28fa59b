"""Starting, stopping, and clients that are slow, silent, many, or speak something else than HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from livn_ui.companion import Companion, CompanionSettings, Limits
from livn_ui.companion.connections import Connection

from livn_core.errors import BackendError, ConfigError

SIZE = 48 << 20
looks_into_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
REQUEST = b"GET /files/S/cells.h5 HTTP/1.1\r\nHost: localhost\r\n\r\n"
CLOSING = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture
def large(tmp_path):
    """A system with a file that no socket takes at once."""
    path = tmp_path / "S" / "cells.h5"
    path.parent.mkdir()
    path.write_bytes(b"old!" * (SIZE // 4))
    return path


def test_it_answers_as_soon_as_it_has_started_and_no_longer_than_it_runs(tree, client):
    server = Companion(CompanionSettings(tree))
    for _ in range(2):
        with pytest.raises(BackendError, match="not running"):
            server.check()
        assert server.start() is server
        assert client(server.address).ask("/health").status == 200
        server.check()
        with pytest.raises(BackendError, match="running already"):
            server.start()
        server.stop()
        with pytest.raises(ConnectionRefusedError):
            client(server.address).connect()
        server.stop()


def handles():
    return len(list(Path("/proc/self/fd").iterdir()))


def settle(is_settled):
    """Give threads and tasks that are ending the time for it."""
    deadline = time.monotonic() + 20
    while not is_settled() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_settled()


@looks_into_proc
def test_nothing_is_left_behind(tree, client):
    threads, before = set(threading.enumerate()), handles()
    for _ in range(3):
        with Companion(CompanionSettings(tree, serve_h5=True)) as server:
            for path in "/systems/EI1", "/files/EI1/cells.h5", "/files/EI1/pipe.json", "/files/EI1/out.json":
                client(server.address).ask(path)
            unused = client(server.address).connect()
        unused.close()
    settle(lambda: set(threading.enumerate()) <= threads)
    assert handles() <= before


@looks_into_proc
def test_an_answer_that_nobody_waits_for_leaves_no_handle(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True).address)
    before = handles()
    for _ in range(20):
        with server.connect() as one:
            one.sendall(REQUEST)
            one.recv(1000)
    settle(lambda: handles() <= before)


def test_signals_stay_those_of_the_process(companion, tree):
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    companion(tree)
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_port_that_is_taken(tree, host):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"cannot listen on .*:{port}: .*in use.*files_port="):
            Companion(CompanionSettings(tree, host=host, port=port)).start()
    with Companion(CompanionSettings(tree, host=host, port=port)) as server:
        assert server.address == f"http://{host}:{port}"


def test_a_second_server_on_the_same_port(companion, tree):
    port = int(companion(tree).address.rpartition(":")[2])
    with pytest.raises(ConfigError, match=rf"cannot listen on .*:{port}: "):
        Companion(CompanionSettings(tree, port=port)).start()


def test_settings_that_cannot_be(tree, tmp_path):
    with pytest.raises(ConfigError, match=r"no\.such\.host\.invalid"):
        Companion(CompanionSettings(tree, host="no.such.host.invalid")).start()
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1"):
        Companion(CompanionSettings(tree, host="192.0.2.1")).start()
    with pytest.raises(ConfigError, match=r"root_dir: .*missing.*No such file"):
        Companion(CompanionSettings(tmp_path / "missing")).start()
    with pytest.raises(ConfigError, match="files_port: 65536"):
        CompanionSettings(tree, port=65536)
    with pytest.raises(ConfigError, match="idle: 0 s"):
        Limits(idle=0)


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_localhost_is_every_address_of_that_name(companion, tree, family, address):
    port = int(companion(tree, host="localhost").address.rpartition(":")[2])
    if address not in {found[0] for *_, found in socket.getaddrinfo("localhost", None)} or not is_there(
        family, address
    ):
        pytest.skip(f"localhost is not {address} here")
    socket.create_connection((address, port), timeout=20).close()


def test_small_packets_are_sent_at_once(companion, client, tree, monkeypatch):
    """Otherwise an answer, which is two packets, waits 40 ms for the client to confirm the first."""
    seen = []
    made = Connection.connection_made

    def look(self, transport):
        seen.append(transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        made(self, transport)

    monkeypatch.setattr(Connection, "connection_made", look)
    client(companion(tree).address).ask("/systems")
    assert seen
    assert all(seen)


def test_the_directory_stays_when_the_process_goes_elsewhere(companion, client, tree, tmp_path, monkeypatch):
    monkeypatch.chdir(tree.parent)
    server = client(companion(tree.name).address)
    monkeypatch.chdir(tmp_path)
    assert "EI1" in server.ask("/systems").json


def is_there(family, address):
    try:
        socket.create_server((address, 0), family=family).close()
    except OSError:
        return False
    return True


def test_a_slow_client_holds_up_nobody(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True).address)
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            stack.enter_context(server.connect()).sendall(REQUEST)
        for _ in range(32):
            stack.enter_context(server.connect()).sendall(b"GET /files/S/")
        for _ in range(20):
            assert server.ask("/systems").json == ["S"]
        assert len(server.ask("/files/S/cells.h5", Range="bytes=0-999999").body) == 1_000_000


@looks_into_proc
def test_a_client_that_does_not_read_costs_no_memory(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True).address)
    before = resident()
    with contextlib.ExitStack() as stack:
        for _ in range(32):
            stack.enter_context(server.connect()).sendall(REQUEST)
        time.sleep(1)
        # All of them together would be 1.5 GB.
        assert resident() - before < 150 << 20


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def test_stopping_with_clients_that_do_not_read(client, large):
    server = Companion(CompanionSettings(large.parents[1], serve_h5=True, limits=Limits(stop=0.5))).start()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(client(server.address).connect()) for _ in range(8)]
        for one in clients:
            one.sendall(REQUEST)
        for one in clients:
            one.recv(10)
        server.stop()
        assert not [thread for thread in threading.enumerate() if "livn-companion" in thread.name]
        for one in clients:
            assert len(drain(one)) < SIZE


def test_stopping_lets_answers_arrive(client, large):
    server = Companion(CompanionSettings(large.parents[1], serve_h5=True, limits=Limits(stop=20))).start()
    with client(server.address).connect() as one:
        one.sendall(REQUEST)
        first = one.recv(10)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        body = (first + drain(one)).partition(b"\r\n\r\n")[2]
        stopping.join()
    assert body == large.read_bytes()


def drain(one):
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := one.recv(1 << 20):
            received += piece
    return bytes(received)


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"G",
        b"GET /systems HTTP/1.1\r\nHost: localhost\r\nX-More: ",
        b"GET /systems HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /systems HTTP/1.1\r\nHost: localhost\r\n\r\nGET /systems HT",
        b"GET /systems HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc",
        b"POST /systems HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"GET /systems HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n",
    ],
)
def test_a_silent_connection_is_ended(companion, client, tree, said):
    server = client(companion(tree, limits=Limits(idle=0.3)).address)
    with server.connect() as one:
        one.sendall(said)
        drain(one)  # raises TimeoutError after 20 s


def test_a_connection_that_drips_is_ended(companion, client, tree):
    server = client(companion(tree, limits=Limits(idle=0.5)).address)
    with server.connect() as one, contextlib.suppress(ConnectionError):
        one.sendall(b"GET /systems HTTP/1.1\r\nHost: localhost\r\nX-Drip: ")
        for _ in range(200):
            one.sendall(b"x")
            time.sleep(0.1)
        pytest.fail("20 s of dripping were endured")


def test_a_client_that_does_not_read_is_ended(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True, limits=Limits(stalled=0.5)).address)
    with server.connect() as one:
        one.sendall(REQUEST)
        one.recv(10)
        time.sleep(2)
        assert len(drain(one)) < SIZE - (1 << 20)


def test_a_client_that_reads_slowly_gets_everything(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True, limits=Limits(stalled=1, idle=1)).address)
    received = bytearray()
    with server.connect() as one:
        one.sendall(CLOSING)
        while piece := one.recv(1 << 20):
            received += piece
            if len(received) < SIZE // 4:
                time.sleep(0.1)
    assert received.partition(b"\r\n\r\n")[2] == large.read_bytes()


def test_a_connection_serves_many_requests(companion, tree):
    host = companion(tree).address.removeprefix("http://")
    one = http.client.HTTPConnection(host, timeout=20)
    one.connect()
    first = one.sock
    for path, status in (("/systems", 200), ("/nothing", 404), ("/files/EI1/out.json", 404), ("/systems/EI1", 200)) * 5:
        one.request("GET", path)
        answer = one.getresponse()
        answer.read()
        assert answer.status == status
        assert one.sock is first
    one.close()


def test_many_clients_at_once(companion, tree):
    host = companion(tree, serve_h5=True).address.removeprefix("http://")
    wanted = {
        f"/files/EI1/{name}": (tree / "EI1" / name).read_bytes() for name in ("cells.h5", "graph.json", "mea.json")
    }

    def read_all_files(number):
        one = http.client.HTTPConnection(host, timeout=30)
        for _ in range(10):
            for path, content in wanted.items():
                one.request("GET", path)
                assert one.getresponse().read() == content
            one.request("GET", "/systems/EI1")
            assert json.loads(one.getresponse().read())["complete"]
        one.close()
        return number

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(read_all_files, range(32))) == list(range(32))


def test_a_file_that_is_replaced_meanwhile_is_sent_as_it_was(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True).address)
    with server.connect() as one:
        one.sendall(CLOSING)
        first = one.recv(10)
        (large.parent / "new").write_bytes(b"new!" * (SIZE // 4))
        (large.parent / "new").replace(large)
        received = first + drain(one)
    assert received.partition(b"\r\n\r\n")[2] == b"old!" * (SIZE // 4)


@pytest.mark.parametrize("change", ["overwritten", "cut off"])
def test_a_file_that_is_written_to_meanwhile_is_not_sent_to_its_end(companion, client, large, change, caplog):
    server = client(companion(large.parents[1], serve_h5=True).address)
    with server.connect() as one:
        one.sendall(REQUEST)
        first = one.recv(10)
        with large.open("r+b") as file:
            if change == "overwritten":
                file.seek(SIZE - 4)
                file.write(b"new!")
            else:
                file.truncate(SIZE // 2)
        body = (first + drain(one)).partition(b"\r\n\r\n")[2]
    assert len(body) < SIZE
    assert body == b"old!" * (len(body) // 4) + b"old!"[: len(body) % 4]
    assert "was changed while it was sent" in caplog.text


def test_hashes_of_large_files_come_later(companion, client, large):
    server = client(companion(large.parents[1], serve_h5=True).address)
    os.utime(large, (1e9, 1e9))
    deadline = time.monotonic() + 60
    found = server.ask("/systems/S").json
    assert found["h5"][0]["size"] == SIZE
    while not found["complete"]:
        assert found["h5"][0]["sha256"] is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
        found = server.ask("/systems/S").json
    assert found["h5"][0]["sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()


def test_stopping_does_not_wait_for_hashes(client, tmp_path):
    (tmp_path / "S").mkdir()
    with (tmp_path / "S" / "cells.h5").open("wb") as file:
        file.truncate(1 << 40)
    with Companion(CompanionSettings(tmp_path)) as server:
        assert client(server.address).ask("/systems/S").json["complete"] is False
    assert not [thread for thread in threading.enumerate() if "livn-companion" in thread.name]


BROKEN = [
    b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / x HTTP/1.1\r\nHost: a\r\n\r\n",
    b"G\x00T / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n: no name\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    b"GET /nothing HTTP/1.1\r\nHost: [::1\r\nOrigin: http://localhost\r\n\r\n",
    b"GET /nothing HTTP/1.1\r\nHost: a:b:c@d/e?f#g\r\n\r\n",
    b"GET /nothing HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
    b"A" * 500_000,
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 50,
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n",
    b"GET /files/EI1/cells.h5 HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nRange: \xff\r\nAccept-Encoding: \xff;q=\xff\r\nIf-None-Match: \xff\r\n\r\n",
    b"GET /files/EI1/cells.h5 HTTP/1.1\r\nHost: a\r\nRange: bytes=\xb2-\xb3\r\nIf-Range: \xff\r\n\r\n",
    b"GET /files/EI1/cells.h5 HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Mon, 99 Foo 99999 99:99:99 GMT\r\n\r\n",
    b"GET /files/EI1/cells.h5 HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Thu, 01 Jan 0001 00:00:00 +9999\r\n\r\n",
]


def mutated():
    """Valid requests with bytes changed, left out, doubled."""
    draw = random.Random(5)
    request = (
        b"GET /files/EI1/graph.json HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-9\r\nOrigin: http://localhost:1\r\n"
        b'If-None-Match: "x"\r\nAccept-Encoding: gzip;q=0.5\r\nContent-Length: 0\r\n\r\n'
    )
    for _ in range(250):
        data = bytearray(request)
        for _ in range(draw.randrange(1, 5)):
            place = draw.randrange(len(data))
            kind = draw.randrange(3)
            if kind == 0:
                data[place] = draw.randrange(256)
            elif kind == 1:
                del data[place : place + draw.randrange(1, 10)]
            else:
                data[place:place] = data[place : place + draw.randrange(1, 30)]
        yield bytes(data)


@pytest.fixture
def impatient(companion, client, tree):
    """A server that does not wait long for the rest of what is no request."""
    return client(companion(tree, serve_h5=True, limits=Limits(idle=0.2)).address)


def test_what_is_no_http_gets_an_answer_or_none(impatient, secret, caplog):
    requests = [*BROKEN, *mutated()]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(impatient.send, requests))
    for request, answer in zip(requests, answers, strict=True):
        assert secret.encode() not in answer
        assert b"HTTP/1.1 5" not in answer, request
        assert answer == b"" or answer.startswith(b"HTTP/1.1 "), request
    assert sum(answer.startswith(b"HTTP/1.1 400 ") for answer in answers) > 50
    assert impatient.ask("/health").json["status"] == "ok"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR], caplog.text


def test_what_is_no_http_gets_a_json_answer(impatient, client):
    raw = impatient.send(b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n")
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"content-type: application/json" in head.lower()
    assert b"nosniff" in head
    assert body.startswith(b'{"status": 400, "error": "')
