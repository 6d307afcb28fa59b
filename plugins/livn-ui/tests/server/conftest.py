"""Real servers by the command line, real signals, and HSDS by plain HTTP."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import attrs
import numpy as np
import pytest
import requests
from livn_ui.serving.record import ServerRecord, run_dir_of

from livn_core import predefined

STEP = 2**20
TIMEOUT = 30
OCTETS = "application/octet-stream"
READY = "Ctrl-C stops the server."


@pytest.fixture
def write():
    """Leave int32 values in a server's memory; with ``flush`` it has written them before it answers."""

    def write(endpoint, login, domain, values, *, flush=False):
        with requests.Session() as session:
            session.auth, session.params = login, {"domain": domain}
            root = ok(session.put(f"{endpoint}/", timeout=TIMEOUT)).json()["root"]
            layout = {"class": "H5D_CHUNKED", "dims": [min(values.size, 2**18)]}
            made = {
                "type": "H5T_STD_I32LE",
                "shape": [values.size],
                "creationProperties": {"layout": layout},
                "link": {"id": root, "name": "x"},
            }
            dataset = ok(session.post(f"{endpoint}/datasets", json=made, timeout=TIMEOUT)).json()["id"]
            for start in range(0, values.size, STEP):
                part = values[start : start + STEP].astype("<i4")
                where = {"select": f"[{start}:{start + part.size}]"}
                kind = {"Content-Type": OCTETS}
                value = f"{endpoint}/datasets/{dataset}/value"
                ok(session.put(value, params=where, data=part.tobytes(), headers=kind, timeout=TIMEOUT))
            if flush:
                ok(session.put(f"{endpoint}/", params={"flush": 1}, timeout=TIMEOUT))

    return write


@pytest.fixture
def read():
    """What is there; without a login, as anybody."""

    def read(endpoint, login, domain):
        with requests.Session() as session:
            session.auth, session.params = login, {"domain": domain}
            root = ok(session.get(f"{endpoint}/", timeout=TIMEOUT)).json()["root"]
            link = ok(session.get(f"{endpoint}/groups/{root}/links/x", timeout=TIMEOUT)).json()["link"]
            dataset = f"{endpoint}/datasets/{link['id']}"
            size = ok(session.get(dataset, timeout=TIMEOUT)).json()["shape"]["dims"][0]
            parts = []
            for start in range(0, size, STEP):
                where = {"select": f"[{start}:{min(start + STEP, size)}]"}
                kind = {"Accept": OCTETS}
                parts.append(ok(session.get(f"{dataset}/value", params=where, headers=kind, timeout=TIMEOUT)).content)
        return np.frombuffer(b"".join(parts), "<i4")

    return read


def ok(answer):
    answer.raise_for_status()
    return answer


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(condition, within=30.0):
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def accepts(host, endpoint):
    with socket.socket() as one:
        one.settimeout(5)
        return one.connect_ex((host, urlsplit(endpoint).port)) == 0


def is_free(port):
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def machine():
    """Processes and ports of this machine."""
    return SimpleNamespace(is_running=is_running, until=until, accepts=accepts, is_free=is_free)


@attrs.define
class Launched:
    """A ``livn ui server --launch`` of its own process group, as in a terminal."""

    root_dir: Path
    process: subprocess.Popen
    output: Path
    _pids: dict = attrs.field(factory=dict)

    @property
    def text(self):
        return self.output.read_text()

    @property
    def record(self):
        return ServerRecord.read(self.root_dir)

    def wait_until_ready(self):
        assert until(lambda: READY in self.text or self.process.poll() is not None, 60), self.text
        assert self.process.poll() is None, self.text
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in map(int, children):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            number = next((word.partition("=")[2] for word in words if word.startswith("--node_number=")), "service")
            self._pids[number] = pid
        return self

    @property
    def nodes(self):
        """Process ids: ``service`` and the numbers of data nodes."""
        return dict(self._pids)

    @property
    def ports(self):
        return [urlsplit(address).port for address in (self.record.endpoint, self.record.files_endpoint)]

    @property
    def data_nodes(self):
        return requests.get(f"{self.record.endpoint}/about", timeout=TIMEOUT).json()["dn_urls"]

    def send(self, name):
        os.kill(self.process.pid, getattr(signal, name))

    def wait(self):
        return self.process.wait(90)


@pytest.fixture(scope="session")
def launched(hsds_python):
    """Launch servers on free ports; whatever still runs at the end is killed, and its nodes end with it."""
    everything = []

    def launch(root_dir, *arguments, port=0, before=(), ready=True):
        output = root_dir.parent / f"output-{len(everything)}.txt"
        command = [*before, sys.executable, "-m", "livn_core", "ui", "server", f"root_dir={root_dir}", f"port={port}"]
        command += [f"hsds_python={hsds_python}", *arguments, "--launch"]
        with output.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
        one = Launched(root_dir, process, output)
        everything.append(one)
        return one.wait_until_ready() if ready else one

    yield launch
    for one in everything:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def make_root_dir(parent):
    root_dir = parent / "graphs"
    shutil.copytree(predefined("EI1"), root_dir / "EI1")
    (root_dir / "notes").mkdir()
    (root_dir / "sketch").mkdir()
    (root_dir / "sketch" / "graph.json").write_text(json.dumps({}))
    return root_dir


@pytest.fixture
def root_dir(tmp_path):
    """Two systems, and a directory that is none."""
    return make_root_dir(tmp_path)


@pytest.fixture(scope="module")
def serving(launched, tmp_path_factory):
    """The server that tests of a module share."""
    return launched(make_root_dir(tmp_path_factory.mktemp("serving")))


@pytest.fixture
def lock():
    """Where the lock of a served directory is."""
    return lambda root_dir: run_dir_of(root_dir) / "lock"
