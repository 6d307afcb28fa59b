"""A tree with systems, and with secrets wherever nobody may get; servers of it; and a client that sends bytes.

Clients of libraries tidy up paths before they send them, so hostile ones go through a bare socket.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import attrs
import pytest
from livn_ui.companion import Companion, CompanionSettings

SECRET = "canary-7f3a91"
GRAPHS = Path(__file__).parents[4] / "systems" / "graphs"


@attrs.frozen
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """Sends bytes, and takes answers apart."""

    def __init__(self, address: str) -> None:
        self.address = address
        host, _, port = address.removeprefix("http://").rpartition(":")
        self.place = (host.strip("[]"), int(port))

    def connect(self, **options) -> socket.socket:
        return socket.create_connection(self.place, timeout=20, **options)

    def send(self, data: bytes) -> bytes:
        """Everything that comes back before the server closes the connection; at most 20 s without a byte."""
        with self.connect() as one:
            with contextlib.suppress(ConnectionError):  # it has heard enough, and its answer may still be read
                one.sendall(data)
            return read_all(one)

    def ask(self, path: str | bytes, method: str = "GET", **headers: str) -> Answer:
        path = path.encode("utf-8", "surrogateescape") if isinstance(path, str) else path
        lines = [method.encode() + b" " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}".encode() for name, value in headers.items()]
        return parse(self.send(b"\r\n".join([*lines, b"", b""])))


def read_all(one: socket.socket) -> bytes:
    received = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := one.recv(1 << 16):
            received += piece
    return bytes(received)


def parse(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, status = first.split(" ")[:2]
    assert version == "HTTP/1.1"
    headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = unchunked(body)
    return Answer(int(status), headers, body, raw)


def unchunked(body: bytes) -> bytes:
    found = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        found, body = found + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return found


@pytest.fixture(scope="session")
def secret() -> str:
    """What no answer may hold."""
    return SECRET


@pytest.fixture(scope="session")
def client() -> Callable[[str], Client]:
    """Make a client of a server."""
    return Client


@pytest.fixture
def companion(tmp_path: Path) -> Iterator[Callable[..., Companion]]:
    """Start servers, of an empty directory if no other is named; they are stopped after the test."""
    with ExitStack() as stack:
        yield lambda root_dir=tmp_path, **settings: stack.enter_context(
            Companion(CompanionSettings(root_dir, **settings))
        )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served directory; whatever must not be seen holds the secret."""
    base = tmp_path_factory.mktemp("base")
    root = base / "root"
    shutil.copytree(GRAPHS / "EI1", root / "EI1")
    write(root / "EI1" / "selection" / "e1.json", '{"seen": true}')
    write(root / "EI1" / "params" / "deep" / "a b%20ü.json", "[1]")
    write(root / "Größe" / "graph.json", '{"long": "%s"}' % ("0123456789" * 1000))
    write(root / "no system" / "x.json", "{}")
    write(root / "empty" / "notes.txt", SECRET)
    (root / "broken").mkdir()
    (root / "broken" / "cells.h5").write_bytes((GRAPHS / "EI1" / "cells.h5").read_bytes()[:3000])
    secrets(base, root)
    links(base, root)
    return root


@pytest.fixture(scope="module")
def server(tree: Path) -> Iterator[Client]:
    """A client of a server of that tree, which hands out raw files."""
    with Companion(CompanionSettings(tree, serve_h5=True)) as one:
        yield Client(one.address)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def secrets(base: Path, root: Path) -> None:
    text = json.dumps({"secret": SECRET})
    for place in (
        base / "secret.json",
        base / "root2" / "EI1" / "graph.json",
        base / "root2" / "secret.json",
        root / "secret.json",
        root / ".hsds" / ".run" / "passwd.txt",
        root / ".hsds" / "secret.json",
        root / ".hsds" / "graph.json",
        root / "EI1" / ".secret.json",
        root / "EI1" / ".hidden" / "secret.json",
        root / "EI1" / "secret.txt",
        root / "EI1" / "secret.json.bak",
        root / "EI1" / "raw" / "secret.h5",
        root / "empty" / "secret.txt",
    ):
        write(place, text)


def links(base: Path, root: Path) -> None:
    system = root / "EI1"
    for name, target in {
        "out.json": "../../secret.json",
        "absolute.json": str(base / "secret.json"),
        "hidden.json": "../.hsds/secret.json",
        "passwd.json": "../.hsds/.run/passwd.txt",
        "sibling": "../../root2/EI1",
        "up": "..",
        "raw.json": "secret.txt",
        "out.h5": "../../root2/secret.json",
        "loop.json": "loop.json",
        "nowhere.json": "no/such.json",
        "inside.json": "selection/e1.json",
    }.items():
        (system / name).symlink_to(target)
    (root / "linked out").symlink_to("../root2/EI1")
    (root / "linked hidden").symlink_to(".hsds")
    (root / "linked in").symlink_to("EI1")
    (root / "linked up").symlink_to("..")
    (system / "folder.json").mkdir()
    os.mkfifo(system / "pipe.json")
    with socket.socket(socket.AF_UNIX) as one:
        here = Path.cwd()
        os.chdir(system)  # such names may be no longer than 107 bytes
        try:
            one.bind("socket.json")
        finally:
            os.chdir(here)
