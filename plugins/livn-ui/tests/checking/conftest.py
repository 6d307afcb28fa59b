"""A server where all is well, and servers that are not what they should be."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from livn_ui.checking import Report, check, find_target
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.hsds import HsdsServer
from livn_ui.importing import import_system
from livn_ui.testing import admin_of

import livn_core

EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one system."""
    directory = tmp_path_factory.mktemp("systems")
    shutil.copytree(EI1, directory / "EI1")
    return directory


@pytest.fixture(scope="module")
def server(start_hsds: Callable[..., HsdsServer], root: Path) -> Iterator[HsdsServer]:
    """HSDS with that system."""
    server = start_hsds(data_nodes=2)
    import_system(admin_of(server), root / "EI1")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def companion(root: Path) -> Iterator[Companion]:
    """The companion of that server."""
    with Companion(CompanionSettings(root)) as companion:
        yield companion


@pytest.fixture
def look(server: HsdsServer, companion: Companion, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    """Set ``LIVN_HSDS`` to the server where all is well, but for the fields that a test gives, and check.

    A server that answers is given the time that a busy machine may need.
    """

    def look(patience: float = 20, **fields: Any) -> Report:
        setting = {"endpoint": server.endpoint, "files_endpoint": companion.address, **fields}
        monkeypatch.setenv("LIVN_HSDS", json.dumps(setting))
        return check(find_target(), timeout=patience)

    return look


@pytest.fixture
def web_server() -> Iterator[Callable[..., str]]:
    """Start a server with these pages; one that begins with ``http`` leads on to that address. 404 for all else."""
    with ExitStack() as stack:
        yield lambda pages, kind="application/json": stack.enter_context(_web_server(pages, kind))


@contextmanager
def _web_server(pages: Mapping[str, bytes], kind: str) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, question, query = self.path.partition("?")
            body = pages.get(path, pages.get("*"))
            leads_on = body is not None and body.startswith(b"http")
            self.send_response(404 if body is None else 301 if leads_on else 200)
            self.send_header("Content-Type", kind)
            if leads_on:
                self.send_header("Location", f"{body.decode()}{question}{query}")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["silent", "dripping"])
def endless(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that takes connections and never finishes an answer: no byte comes, or one every now and then."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=_never_finish, args=(listener, stop, request.param == "dripping"))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


def _never_finish(listener: socket.socket, stop: threading.Event, drips: bool) -> None:
    held: list[socket.socket] = []
    while not stop.is_set():
        try:
            held.append(listener.accept()[0])
            if drips:
                held[-1].sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        except TimeoutError:
            pass
        for connection in [one for one in held if drips]:
            try:
                connection.sendall(b" ")
            except OSError:
                held.remove(connection)
                connection.close()
    for connection in held:
        connection.close()


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
