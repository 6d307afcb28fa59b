"""32 clients read at once: no error, and nothing piles up in the server.

It takes some seconds; ``LIVN_TEST_LOAD_SECONDS=60`` makes it a minute.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

CLIENTS = Path(__file__).parent / "clients.py"
SECONDS = float(os.environ.get("LIVN_TEST_LOAD_SECONDS", "8"))
PROCESSES, THREADS = 4, 8
SYSTEMS = ["EI1", "EI2", "ZED"]
MEGABYTE = 2**20

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def family(pid):
    """A process and all its descendants."""
    children = [
        int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
    ]
    return [pid, *(one for child in children for one in family(child))]


def handles(pids):
    return {pid: len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids}


def memory(pids):
    """Resident memory of each process, in bytes."""
    pages = {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids}
    return {pid: count * os.sysconf("SC_PAGESIZE") for pid, count in pages.items()}


@pytest.fixture
def load(served, environment):
    """Let all clients read for some time; returns how many systems they have read, and every error."""

    def load(seconds):
        setting = json.dumps({"endpoint": served.record.endpoint})
        paths = [str(served.graphs / name) for name in SYSTEMS]
        command = [sys.executable, str(CLIENTS), str(THREADS), str(seconds), *paths]
        started = [
            subprocess.Popen(command, env=environment(LIVN_HSDS=setting), stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        found = [json.loads(process.communicate(timeout=seconds + 120)[0]) for process in started]
        return sum(one["read"] for one in found), [error for one in found for error in one["errors"]]

    return load


def settled(pids, before):
    """Handles, once the connections of clients that have gone are closed."""
    end = time.monotonic() + 20
    while (found := handles(pids)) != before and time.monotonic() < end:
        time.sleep(0.5)
    return found


def test_many_clients(served, load):
    warm, errors = load(SECONDS / 4)
    assert not errors, errors[:5]
    assert warm >= PROCESSES * THREADS
    pids = family(served.process.pid)
    time.sleep(2)
    before, at_first = handles(pids), memory(pids)

    read, errors = load(SECONDS)
    assert not errors, (len(errors), errors[:5])
    assert read >= PROCESSES * THREADS
    assert family(served.process.pid) == pids
    after = settled(pids, before)
    assert all(after[pid] <= before[pid] + 2 for pid in pids), (before, after)
    growth = {pid: (now - at_first[pid]) / MEGABYTE for pid, now in memory(pids).items()}
    assert max(growth.values()) < 32, growth
