"""A real HSDS: started, looked at, killed, stopped."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
from livn_ui.hsds import HsdsServer, HsdsSettings, HsdsStartError, find_hsds
from livn_ui.hsds.lock import StoreLock
from livn_ui.hsds.log import Log
from livn_ui.hsds.readiness import data_node_is_ready
from livn_ui.ports import check_port_is_free

from livn_core.errors import BackendWarning, ConfigError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc, or at 127.0.0.2")


LOGIN = "admin"
TIMEOUT = 30


def login(server):
    return (LOGIN, server.password)


@on_linux
def test_every_node_listens_on_loopback_alone_and_answers(hsds, machine):
    assert requests.get(f"{hsds.endpoint}/about", timeout=TIMEOUT).json()["state"] == "READY"
    assert len(hsds.pids()) == 2
    for endpoint in (hsds.endpoint, *hsds.data_nodes):
        assert machine.accepts("127.0.0.1", endpoint)
        # All of 127/8 is this machine, so a server that listens everywhere would answer here.
        assert not machine.accepts("127.0.0.2", endpoint)


def test_two_servers_do_not_share_data_nodes(hsds, start_hsds, write, read):
    other = start_hsds(data_nodes=2)
    assert not set(other.data_nodes) & set(hsds.data_nodes)
    write(other.endpoint, login(other), "/mine.h5", np.arange(10))
    assert np.array_equal(read(other.endpoint, login(other), "/mine.h5"), np.arange(10))
    with pytest.raises(requests.HTTPError, match="404"):
        read(hsds.endpoint, login(hsds), "/mine.h5")
    other.stop()


def test_what_was_just_written_is_there_after_a_stop(start_hsds, write, read):
    server = start_hsds()
    values = np.random.default_rng(1).integers(0, 2**31, 4 * 2**20, np.int32)
    write(server.endpoint, login(server), "/big.h5", values)
    server.stop()
    assert server.pids() == {}
    again = start_hsds(store=server.settings.store)
    assert np.array_equal(read(again.endpoint, login(again), "/big.h5"), values)
    again.stop()


@on_linux
def test_stopping_leaves_nothing_behind_and_can_be_done_twice(start_hsds, machine):
    server = start_hsds()
    pids = list(server.pids().values())
    began = time.monotonic()
    server.stop()
    server.stop()
    assert time.monotonic() - began < 30
    assert not any(machine.is_running(pid) for pid in pids)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{server.endpoint}/about", timeout=2)


STARTER = """
import os, sys, time
from livn_ui.hsds import HsdsServer, HsdsSettings
server = HsdsServer(HsdsSettings(sys.argv[1], python=sys.argv[2])).start()
if sys.argv[3] == "keeps the pipes":
    for name in os.listdir("/proc/self/fd"):
        if os.path.exists(f"/proc/self/fd/{name}") and os.readlink(f"/proc/self/fd/{name}").startswith("pipe:"):
            os.dup(int(name))
brief = os.fork()
if not brief:
    sys.exit()  # in the orderly way, with everything that is registered for an exit
os.waitpid(brief, 0)
lasting = os.fork()
if lasting:
    print(server.endpoint, lasting, *server.pids().values(), flush=True)
time.sleep(60)
"""


@on_linux
@pytest.mark.parametrize("forked", ["does not care", "keeps the pipes"])
def test_nodes_end_with_a_starter_that_forked_and_was_killed(hsds_python, tmp_path, machine, forked):
    command = [sys.executable, "-c", STARTER, str(tmp_path), hsds_python, forked]
    starter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with starter:
        endpoint, lasting, *pids = starter.stdout.readline().split()
        assert len(pids) == 2
        try:
            assert requests.get(f"{endpoint}/about", timeout=TIMEOUT).json()["state"] == "READY"
            starter.kill()
            starter.wait()
            assert machine.until(lambda: not any(machine.is_running(int(pid)) for pid in pids))
            assert machine.is_running(int(lasting))
            assert machine.until(lambda: not StoreLock(tmp_path / ".run" / "lock").is_held())
        finally:
            os.kill(int(lasting), signal.SIGKILL)


def is_noticed(server, says):
    try:
        server.check()
    except HsdsStartError as error:
        return says in str(error)
    return False


@on_linux
def test_a_node_that_has_died_is_noticed(start_hsds, machine):
    server = start_hsds()
    server.check()
    os.kill(server.pids()["data node 1"], signal.SIGKILL)
    assert machine.until(lambda: not machine.is_running(server.pids()["data node 1"]))
    assert requests.get(f"{server.endpoint}/about", timeout=TIMEOUT).json()["state"] == "READY"
    assert not data_node_is_ready(server.data_nodes[0])
    # The system gives a process up only when the last of its threads is gone.
    assert machine.until(lambda: is_noticed(server, "data node 1 ended with code -9"))
    server.stop()


def test_a_node_that_cannot_be_stopped_is_killed_and_that_is_said(start_hsds, machine):
    server = start_hsds()
    pid = server.pids()["data node 1"]
    os.kill(pid, signal.SIGSTOP)
    with pytest.warns(BackendWarning, match="data node 1 did not end in time and was killed: .* is lost"):
        server.stop(1)
    assert not machine.is_running(pid)
    assert not server.stopped_well


def test_one_store_one_server(hsds, hsds_python):
    with pytest.raises(ConfigError, match=rf"another HSDS server \(process {os.getpid()}\) uses this store"):
        HsdsServer(HsdsSettings(hsds.settings.store, python=hsds_python)).start()
    assert requests.get(f"{hsds.endpoint}/about", timeout=TIMEOUT).ok


def test_a_taken_port_is_said_to_be_taken(hsds_python, tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        settings = HsdsSettings(tmp_path, python=hsds_python, port=port)
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
            HsdsServer(settings).start()
        assert settings.store.is_dir()


def test_ports_are_taken_before_a_node_runs(hsds_python, tmp_path):
    server = HsdsServer(HsdsSettings(tmp_path, python=hsds_python))
    server.launch()
    try:
        for address in (server.endpoint, *server.data_nodes):
            with pytest.raises(ConfigError, match="cannot listen"):
                check_port_is_free("127.0.0.1", urlsplit(address).port)
        assert server.wait_until_ready().pids()
    finally:
        server.stop()
    for address in (server.endpoint, *server.data_nodes):
        check_port_is_free("127.0.0.1", urlsplit(address).port)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_nobody_but_its_owner_writes_where_the_settings_are(start_hsds, tmp_path):
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run").chmod(0o777)
    before = os.umask(0)
    try:
        server = start_hsds(store=tmp_path)
    finally:
        os.umask(before)
    server.stop()
    assert stat.S_IMODE(server.run_dir.stat().st_mode) == 0o755
    assert stat.S_IMODE(server.password_file.stat().st_mode) == 0o600


def test_a_python_without_hsds_is_told_how_to_get_it(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    with pytest.raises(ConfigError, match=r"bare/bin/python has no HSDS.*pip install 'hsds"):
        HsdsServer(HsdsSettings(tmp_path / "a", python=str(bare))).start()
    with pytest.raises(ConfigError, match=r"No such file.*pip install 'hsds"):
        HsdsServer(HsdsSettings(tmp_path / "b", python=str(tmp_path / "nowhere"))).start()
    assert not (tmp_path / "a").exists()


def test_an_hsds_that_is_too_old_is_refused(tmp_path):
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    (packages,) = bare.glob("lib/*/site-packages")
    (packages / "hsds").mkdir()
    (packages / "hsds" / "__init__.py").write_text("")
    (packages / "hsds-0.9.2.dist-info").mkdir()
    (packages / "hsds-0.9.2.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: hsds\nVersion: 0.9.2\n")
    with pytest.raises(ConfigError, match=r"has HSDS 0\.9\.2, .*1\.0\.2 or newer is needed.*pip install 'hsds"):
        find_hsds(str(bare))
    (packages / "hsds-0.9.2.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: hsds\nVersion: 1.1.dev0\n"
    )
    assert find_hsds(str(bare)).version == "1.1.dev0"


def test_what_is_no_python_is_told_so(tmp_path):
    with pytest.raises(ConfigError, match=r"hsds_python '/bin/false' is no Python that works: no message"):
        find_hsds("/bin/false")


def test_a_store_that_cannot_be_one_is_named(hsds_python, tmp_path):
    (tmp_path / "file").write_text("")
    for store in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError, match=rf"storage {store} cannot be used: .* in which you may write"):
            HsdsServer(HsdsSettings(store, python=hsds_python)).start()


def test_a_host_that_is_none_is_named(hsds_python, tmp_path):
    settings = HsdsSettings(tmp_path, python=hsds_python, host="no-such-host.invalid")
    with pytest.raises(ConfigError, match=r"host 'no-such-host\.invalid'"):
        HsdsServer(settings).start()
    assert not StoreLock(tmp_path / ".run" / "lock").is_held()


def test_an_error_quotes_this_start_and_no_former_one(hsds_python, tmp_path):
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "hsds.log").write_text("what happened last week\n")
    server = HsdsServer(HsdsSettings(tmp_path, python=hsds_python, start_timeout=0.01))
    with pytest.raises(HsdsStartError, match=r"not ready after 0\.01 s: no answer from http") as caught:
        server.start()
    assert "last week" not in str(caught.value)
    assert server.pids() == {}
    assert "last week" in server.log_file.read_text()


def test_a_log_is_cut_while_it_is_written(tmp_path):
    log = Log(tmp_path / "log", limit=1000)
    log.path.write_text("before\n")
    with log.open() as file:
        file.write(b"begun\n")
        assert log.tail() == "begun"
        file.write(b"x" * 1000 + b"\n")
        log.trim()
        file.write(b"after\n")
    assert log.path.read_text() == "after\n"
    assert log.tail() == "after"
    assert (tmp_path / "log.1").read_text().startswith("before\nbegun\nxxx")


def test_settings_reach_the_server_whatever_the_environment_says(start_hsds, monkeypatch, write):
    monkeypatch.setenv("BUCKET_NAME", "elsewhere")
    monkeypatch.setenv("DEFAULT_PUBLIC", "1")
    server = start_hsds(public=False, bucket="other", origins="http://127.0.0.1:8000")
    write(server.endpoint, login(server), "/new.h5", np.arange(10), flush=True)
    assert (server.settings.store / "other" / "new.h5").is_dir()
    asked = requests.get(f"{server.endpoint}/", params={"domain": "/new.h5"}, timeout=TIMEOUT)
    assert asked.status_code == 403
    for origin, allowed in (("http://127.0.0.1:8000", True), ("http://127.0.0.1:9000", False)):
        headers = requests.get(f"{server.endpoint}/about", headers={"Origin": origin}, timeout=TIMEOUT).headers
        assert ("Access-Control-Allow-Origin" in headers) is allowed
    server.stop()


def test_every_page_may_read_but_with_no_login_of_the_browser(start_hsds):
    server = start_hsds(origins="*")
    page = {"Origin": "http://any.example"}
    headers = requests.get(f"{server.endpoint}/about", headers=page, timeout=TIMEOUT).headers
    assert headers["Access-Control-Allow-Origin"] == "http://any.example"
    assert "Access-Control-Allow-Credentials" not in headers
    server.stop()


def test_no_user_reads_files_of_the_storage_through_a_linked_dataset(start_hsds):
    server = start_hsds(users={"admin": "admins word", "bob": "bobs word"})
    url, bob, asked = server.endpoint, ("bob", "bobs word"), {"domain": "/bobby/his.h5"}
    folder, place = {"folder": True, "owner": "bob"}, {"domain": "/bobby"}
    answer = requests.put(f"{url}/", params=place, json=folder, auth=login(server), timeout=TIMEOUT)
    answer.raise_for_status()
    root = requests.put(f"{url}/", params=asked, auth=bob, timeout=TIMEOUT).json()["root"]
    layout = {"class": "H5D_CONTIGUOUS_REF", "file_uri": ".run/passwd.txt", "offset": 0, "size": 16}
    made = {
        "type": "H5T_STD_U8LE",
        "shape": [16],
        "creationProperties": {"layout": layout},
        "link": {"id": root, "name": "x"},
    }
    dataset = requests.post(f"{url}/datasets", params=asked, json=made, auth=bob, timeout=TIMEOUT)
    assert dataset.status_code == 201
    got = requests.get(f"{url}/datasets/{dataset.json()['id']}/value", params=asked, auth=bob, timeout=TIMEOUT)
    assert got.status_code == 400
    assert "admins" not in got.text
    server.stop()
