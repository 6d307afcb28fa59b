"""However ``livn ui server`` ends, it leaves no process, no port, no lock, and loses nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests
from livn_ui.hsds.lock import StoreLock
from livn_ui.serving.record import running_server

ADMIN = ("admin", "admin")
VALUES = np.random.default_rng(1).integers(0, 2**30, 3 * 2**20, np.int32)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def leaves_nothing(machine, lock):
    def leaves_nothing(one, nodes, ports):
        assert machine.until(lambda: not any(machine.is_running(pid) for pid in nodes.values()))
        assert all(machine.is_free(port) for port in ports)
        # The system gives up what a process held when the last of its threads is gone.
        assert machine.until(lambda: not StoreLock(lock(one.root_dir)).is_held())
        assert running_server(one.root_dir) is None

    return leaves_nothing


def stop_group(one):
    """What Ctrl-C does: the whole process group of the terminal gets it."""
    os.killpg(one.process.pid, signal.SIGINT)


def stop_all_at_once(one):
    """What systemd does: every process of the service gets it, data nodes first if it so happens."""
    for pid in (*one.nodes.values(), one.process.pid):
        os.kill(pid, signal.SIGTERM)


WAYS = {
    "Ctrl-C": (stop_group, {0}, "SIGINT: stopping"),
    "SIGTERM": (lambda one: one.send("SIGTERM"), {0}, "SIGTERM: stopping"),
    "SIGTERM to all": (stop_all_at_once, {0, 1}, "stopping"),
    "SIGKILL": (lambda one: one.send("SIGKILL"), {-signal.SIGKILL}, ""),
    "SIGKILL, and a start at once": (lambda one: one.send("SIGKILL"), {-signal.SIGKILL}, ""),
}


def test_what_was_written_is_there_at_the_next_start_however_it_ended(
    launched, root_dir, write, read, machine, leaves_nothing
):
    one = launched(root_dir)
    for number, (name, (stop, codes, says)) in enumerate(WAYS.items()):
        nodes, ports = one.nodes, one.ports
        assert set(nodes) == {"0", "1", "service"}
        write(one.record.endpoint, ADMIN, f"/EI1/{number}.h5", VALUES + number)
        stop(one)
        if not name.endswith("at once"):
            assert one.wait() in codes, (name, one.text)
            leaves_nothing(one, nodes, ports)
        assert says in one.text, name
        # Nodes that still write keep the lock, and a start waits for them.
        one = launched(root_dir)
        assert not any(machine.is_running(pid) for pid in nodes.values()), name
        assert np.array_equal(read(one.record.endpoint, None, f"/EI1/{number}.h5"), VALUES + number), name


def test_a_stop_during_the_start_leaves_nothing(launched, root_dir, machine, leaves_nothing):
    one = launched(root_dir, ready=False)
    lock_file = root_dir / ".hsds/.run/lock"
    assert machine.until(lambda: lock_file.exists() and lock_file.read_text())
    one.send("SIGHUP")  # what a terminal sends when it is closed
    assert one.wait() == 0
    assert "SIGHUP: stopping" in one.text
    assert "HSDS  " not in one.text
    leaves_nothing(one, {}, [])


def has_open(pid, name):
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            if entry.readlink().name == name:
                return True
    return False


def test_a_start_that_waits_for_nodes_of_a_killed_server_can_be_stopped(launched, root_dir, machine, leaves_nothing):
    one = launched(root_dir, "data_nodes=1")
    os.kill(one.nodes["0"], signal.SIGSTOP)  # it still writes, so to say
    one.send("SIGKILL")
    one.wait()
    second = launched(root_dir, ready=False)
    assert machine.until(lambda: has_open(second.process.pid, "lock"))
    second.send("SIGINT")
    code = machine.until(lambda: second.process.poll() is not None, 20) and second.process.returncode
    os.kill(one.nodes["0"], signal.SIGCONT)
    assert code == 1
    assert f"another HSDS server (process {one.process.pid}) uses this store" in second.text
    leaves_nothing(one, one.nodes, [])


@pytest.mark.parametrize("node", ["0", "service"])
def test_a_node_that_dies_ends_the_server(launched, root_dir, machine, leaves_nothing, node):
    one = launched(root_dir)
    nodes, ports = one.nodes, one.ports
    os.kill(nodes[node], signal.SIGKILL)
    killed = time.monotonic()
    assert machine.until(lambda: "ended with code -9: stopping" in one.text, 10)
    assert time.monotonic() - killed < 5
    assert one.wait() == 1
    name = "service node" if node == "service" else "data node 1"
    assert f"error: HSDS's {name} ended with code -9; end of {root_dir}/.hsds/.run/hsds.log" in one.text
    leaves_nothing(one, nodes, ports)


def test_what_nohup_ignores_stays_ignored(launched, root_dir):
    one = launched(root_dir, before=["nohup"])
    one.send("SIGHUP")
    one.send("SIGHUP")
    time.sleep(0.5)
    assert requests.get(f"{one.record.endpoint}/about", timeout=30).ok
    one.send("SIGTERM")
    assert one.wait() == 0


def test_a_stop_that_goes_wrong_is_no_success(launched, root_dir, leaves_nothing):
    one = launched(root_dir)
    os.kill(one.nodes["service"], signal.SIGSTOP)
    one.send("SIGTERM")
    assert one.wait() == 1
    assert "service node did not end in time and was killed" in one.text
    leaves_nothing(one, one.nodes, [])
