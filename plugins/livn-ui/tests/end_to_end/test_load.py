"""32 clients read at once: no error, and nothing piles up in the server.

It takes some seconds; ``LIVN_TEST_LOAD_SECONDS=60`` makes it a minute.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

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


def inner_connections(pid, ports):
    """Sockets between HSDS's own nodes, by their names in ``/proc/PID/fd``; these ports are its data nodes'."""
    lines = [
        line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()
    ]
    ends = {
        f"socket:[{line[9]}]": {int(end.rpartition(":")[2], 16) for end in line[1:3]}
        for line in lines[1:]
        if ":" in line[1]
    }
    return {name for name, found in ends.items() if found & ports}


def handles(pids, ports):
    """How many files and sockets each process has open: those of clients, and those between nodes."""
    found = {}
    for pid in pids:
        inner = inner_connections(pid, ports)
        links = []
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                links.append(os.readlink(entry))  # noqa: PTH115 - it names no path
        between = sum(link in inner for link in links)
        found[pid] = (len(links) - between, between)
    return found


def memory(pids):
    """Resident memory of each process, in bytes."""
    pages = {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids}
    return {pid: count * os.sysconf("SC_PAGESIZE") for pid, count in pages.items()}


@pytest.fixture
def load(served, environment):
    """Let all clients read for some time; returns how many systems they have read, and every error."""

    def load(seconds):
        setting = json.dumps({"endpoint": served.record.endpoint, "timeout": 30})  # the machine has other work, too
        paths = [str(served.graphs / name) for name in SYSTEMS]
        command = [sys.executable, str(CLIENTS), str(THREADS), str(seconds), *paths]
        started = [
            subprocess.Popen(command, env=environment(LIVN_HSDS=setting), stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        found = [json.loads(process.communicate(timeout=seconds + 120)[0]) for process in started]
        return sum(one["read"] for one in found), [error for one in found for error in one["errors"]]

    return load


def settled(pids, ports, before):
    """Handles, once the connections of clients that have gone are closed."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        found = handles(pids, ports)
        if all(found[pid][0] <= before[pid][0] for pid in pids):
            break
        time.sleep(0.5)
    return found


def test_many_clients(served, load):
    about = requests.get(f"{served.record.endpoint}/about", timeout=30).json()
    ports = {urlsplit(url).port for url in about["dn_urls"]}
    warm, errors = load(SECONDS / 4)
    assert not errors, errors[:5]
    assert warm >= PROCESSES * THREADS
    time.sleep(2)
    pids = family(served.process.pid)
    before, at_first = handles(pids, ports), memory(pids)

    read, errors = load(SECONDS)
    assert not errors, (len(errors), errors[:5])
    assert read >= PROCESSES * THREADS
    assert family(served.process.pid) == pids
    after = settled(pids, ports, before)
    print(f"{read} systems read; handles {before} -> {after}")
    # Each of HSDS's nodes keeps up to 100 connections to each data node, itself included; clients make thousands.
    assert all(after[pid][0] <= before[pid][0] + 2 for pid in pids), (before, after)
    assert all(between <= 200 * (len(ports) + 1) for _, between in after.values()), after
    growth = {pid: (now - at_first[pid]) / MEGABYTE for pid, now in memory(pids).items()}
    print(f"growth in MB: {growth}")
    # The service node keeps buffers: 20 MB more after the first minute, none after the third.
    assert max(growth.values()) < 64, growth
