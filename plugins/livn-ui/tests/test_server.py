"""A real HSDS: started, looked at, killed, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from livn_h5pyd.connection import open_database, root_group
from livn_h5pyd.failures import Target
from livn_h5pyd.opening import open_domain
from livn_ui.hsds import HsdsServer, HsdsSettings, HsdsStartError
from livn_ui.hsds.readiness import data_node_is_ready
from livn_ui.importing import import_file
from livn_ui.testing import admin_of

from livn_core.errors import ConfigError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, or at 127.0.0.2")


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def has_ended(pid, within=15.0):
    end = time.monotonic() + within
    while is_running(pid) and time.monotonic() < end:
        time.sleep(0.1)
    return not is_running(pid)


def accepts(host, endpoint):
    with socket.socket() as one:
        one.settimeout(5)
        return one.connect_ex((host, urlsplit(endpoint).port)) == 0


def write(server, domain, values):
    """Leave ``values`` in the server's memory, without asking it to write them."""
    database = open_database(admin_of(server, retries=20), domain, read_only=False, append=False)
    database.flush()
    dataset = root_group(database).create_dataset(
        "x", shape=values.shape, dtype=values.dtype, chunks=(min(values.size, 2**18),)
    )
    for start in range(0, values.size, 2**20):
        dataset[start : start + 2**20] = values[start : start + 2**20]
        database.flush()
    database.close()


def read(server, domain):
    with open_domain(Target(admin_of(server), domain)) as file:
        return file["x"][:]


@on_linux
def test_every_node_listens_on_loopback_alone_and_answers(hsds):
    assert requests.get(f"{hsds.endpoint}/about", timeout=5).json()["state"] == "READY"
    assert len(hsds.pids()) == 2
    for endpoint in (hsds.endpoint, *hsds.data_nodes):
        assert accepts("127.0.0.1", endpoint)
        # All of 127/8 is this machine, so a server that listens everywhere would answer here.
        assert not accepts("127.0.0.2", endpoint)


def test_two_servers_do_not_share_data_nodes(hsds, start_hsds):
    other = start_hsds(data_nodes=2)
    assert not set(other.data_nodes) & set(hsds.data_nodes)
    write(other, "/mine.h5", np.arange(10))
    assert np.array_equal(read(other, "/mine.h5"), np.arange(10))
    with pytest.raises(FileNotFoundError):
        read(hsds, "/mine.h5")
    other.stop()


def test_what_was_just_written_is_there_after_a_stop(start_hsds):
    server = start_hsds()
    values = np.random.default_rng(1).integers(0, 2**31, 16 * 2**20, np.int32)
    write(server, "/big.h5", values)
    server.stop()
    assert server.pids() == {}
    again = start_hsds(store=server.settings.store)
    assert np.array_equal(read(again, "/big.h5"), values)
    again.stop()


@on_linux
def test_stopping_leaves_nothing_behind_and_can_be_done_twice(start_hsds):
    server = start_hsds()
    pids = list(server.pids().values())
    began = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - began < 10
    assert not any(is_running(pid) for pid in pids)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.endpoint}/about", timeout=2)


@on_linux
def test_nodes_end_with_a_starter_that_is_killed(hsds_python, tmp_path):
    code = (
        "import sys, time\nfrom livn_ui.hsds import *\n"
        f"server = HsdsServer(HsdsSettings({str(tmp_path)!r}, python={hsds_python!r})).start()\n"
        "print(*server.pids().values(), flush=True)\ntime.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with starter:
        pids = [int(text) for text in starter.stdout.readline().split()]
        starter.kill()
    assert len(pids) == 2
    assert all(has_ended(pid) for pid in pids)


@on_linux
def test_a_node_that_has_died_is_noticed(start_hsds):
    server = start_hsds()
    server.check()
    os.kill(server.pids()["data node 1"], signal.SIGKILL)
    assert has_ended(server.pids()["data node 1"])
    assert requests.get(f"{server.endpoint}/about", timeout=5).json()["state"] == "READY"
    assert not data_node_is_ready(server.data_nodes[0])
    time.sleep(0.5)  # the system gives a process up only when the last of its threads is gone
    with pytest.raises(HsdsStartError, match="data node 1 ended with code -9"):
        server.check()
    server.stop()


def test_one_store_one_server(hsds, hsds_python):
    with pytest.raises(ConfigError, match=rf"another HSDS server \(process {os.getpid()}\) uses this store"):
        HsdsServer(HsdsSettings(hsds.settings.store, python=hsds_python)).start()
    assert requests.get(f"{hsds.endpoint}/about", timeout=5).ok


def test_a_taken_port_is_said_to_be_taken(hsds_python, tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        settings = HsdsSettings(tmp_path, python=hsds_python, port=port)
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
            HsdsServer(settings).start()
        assert settings.store.is_dir()


def test_a_python_without_hsds_is_told_how_to_get_it(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    with pytest.raises(ConfigError, match=r"bare/bin/python has no HSDS.*pip install 'hsds"):
        HsdsServer(HsdsSettings(tmp_path / "a", python=str(bare))).start()
    with pytest.raises(ConfigError, match=r"No such file.*pip install 'hsds"):
        HsdsServer(HsdsSettings(tmp_path / "b", python=str(tmp_path / "nowhere"))).start()
    assert not (tmp_path / "a").exists()


def test_settings_reach_the_server_whatever_the_environment_says(start_hsds, monkeypatch, example):
    monkeypatch.setenv("BUCKET_NAME", "elsewhere")
    monkeypatch.setenv("DEFAULT_PUBLIC", "1")
    server = start_hsds(public=False, bucket="other", origins="http://127.0.0.1:8000")
    import_file(admin_of(server), example, "/EI1/cells.h5")
    assert (server.settings.store / "other" / "EI1").is_dir()
    asked = requests.get(f"{server.endpoint}/", params={"domain": "/EI1/cells.h5"}, timeout=5)
    assert asked.status_code == 403
    for origin, allowed in (("http://127.0.0.1:8000", True), ("http://evil.example", False)):
        headers = requests.get(f"{server.endpoint}/about", headers={"Origin": origin}, timeout=5).headers
        assert ("Access-Control-Allow-Origin" in headers) is allowed
    server.stop()
