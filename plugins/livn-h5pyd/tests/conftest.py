"""What the tests of livn-h5pyd share: a real HSDS with files in it, and servers that misbehave."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import pytest
from livn_h5pyd import HsdsConfig, livn_backend_open
from livn_h5pyd.config import ENV_VAR
from livn_h5pyd.testing import Proxy
from livn_ui.importing import import_file
from livn_ui.testing import admin, hsds, hsds_python, start_hsds

__all__ = ["admin", "hsds", "hsds_python", "start_hsds"]


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out of the tests."""
    for name in (ENV_VAR, "LIVN_H5_BACKEND", "HS_ENDPOINT", "HS_USERNAME", "HS_PASSWORD", "HS_BUCKET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def set_hsds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set ``LIVN_HSDS``."""

    def set_(**fields: object) -> None:
        monkeypatch.setenv(ENV_VAR, json.dumps(fields))

    return set_


@pytest.fixture
def on_hsds(hsds, set_hsds):
    """Point ``LIVN_HSDS`` at the shared server, without a login."""
    set_hsds(endpoint=hsds.endpoint, timeout=10, retries=1)


@pytest.fixture(scope="session")
def publish(admin: HsdsConfig, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Write a file and import it; returns its source."""

    def publish_(domain: str, write: Callable[[h5py.File], object]) -> str:
        path = tmp_path_factory.mktemp("source") / Path(domain).name
        with h5py.File(path, "w") as file:
            write(file)
        import_file(admin, path, domain)
        return f"hdf5:/{domain}"

    return publish_


@pytest.fixture(scope="session")
def import_all(admin: HsdsConfig) -> Callable[[dict[str, Path]], None]:
    """Import many files: most of an import's time is waiting for the server to write, so they go side by side."""

    def import_all_(files: dict[str, Path]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda one: import_file(admin, one[1], one[0]), files.items()))

    return import_all_


@pytest.fixture
def open_file(on_hsds) -> Iterator[Callable[..., object]]:
    """Open sources as the core does; they are closed when the test is over."""
    with ExitStack() as stack:
        yield lambda source, **options: stack.enter_context(livn_backend_open(source, options))


@pytest.fixture
def proxy() -> Iterator[Callable[..., Proxy]]:
    """Put a proxy before a server."""
    with ExitStack() as stack:
        yield lambda target, **settings: stack.enter_context(Proxy(target, **settings))


@contextmanager
def running(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """A web server on a free port of this machine; its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def file_server() -> Iterator[Callable[[Path], str]]:
    """Python's own file server over a folder: a companion server in all but name."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(running(functools.partial(Silent, directory=str(folder))))


@pytest.fixture
def answering() -> Iterator[Callable[..., str]]:
    """A server that says what a test wants: ``(status, content type, body)`` by path, or a function that says it."""
    with ExitStack() as stack:

        def start(answer: Callable[[str], tuple[int, str, bytes]], asked: list[object] | None = None) -> str:
            class Handler(Silent):
                def do_GET(self) -> None:
                    if asked is not None:
                        asked.append((self.path, dict(self.headers)))
                    status, kind, body = answer(self.path)
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            return stack.enter_context(running(Handler))

        yield start
