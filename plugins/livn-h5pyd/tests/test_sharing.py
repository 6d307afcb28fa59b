"""What all files of a server share: one session, by all threads, and none with a forked process."""

from __future__ import annotations

import gc
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import numpy as np
import pytest
from livn_h5pyd import livn_backend_open, livn_backend_sidecar, reading, server
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.server import Lease, Slots, leased
from livn_h5pyd.testing import Hang

from livn_core.errors import BackendConnectionError, SourceNotFoundError
from livn_core.h5file import Ranges

SIZE = 2**18
VALUES = np.arange(SIZE, dtype=np.int32)
WHOLE = Ranges.whole("/x", SIZE)
ONE, OTHER = "hdf5://sharing/cells.h5", "hdf5://sharing/connections.h5"


@pytest.fixture(scope="module")
def published(publish):
    for name in ("cells", "connections"):
        publish(f"/sharing/{name}.h5", lambda file: file.create_dataset("x", data=VALUES, chunks=(2**16,)))


@pytest.fixture
def through(published, hsds, proxy, set_hsds):
    between = proxy(hsds.endpoint)
    set_hsds(endpoint=between.endpoint, timeout=30)
    return between


@pytest.fixture(autouse=True)
def in_small_pieces(monkeypatch):
    monkeypatch.setattr(reading, "PIECE_BYTES", 2**18)


def test_files_of_a_server_share_its_connections(through):
    with livn_backend_open(ONE, {}) as one:
        assert one["x"][:3].tolist() == [0, 1, 2]
        before = through.connections
        with livn_backend_open(OTHER, {}) as other:
            assert other["x"][:3].tolist() == [0, 1, 2]
        assert one["x"][:3].tolist() == [0, 1, 2]
        assert through.connections == before
        with livn_backend_open(OTHER, {"timeout": 7}) as other:  # asked for in another way
            assert through.connections > before
    assert through.open_connections(0) == 0


def test_a_missing_file_leaves_its_connection_to_the_next(through):
    with pytest.raises(SourceNotFoundError):
        livn_backend_open("hdf5://sharing/graph.h5", {})
    before = through.connections
    with livn_backend_open(ONE, {}):
        assert through.connections == before
    assert through.open_connections(0) == 0


def test_a_dropped_file_closes_them(through):
    file = livn_backend_open(ONE, {})
    assert through.open_connections(2) == 2  # one for the domain, one to ask who is there
    del file
    gc.collect()
    assert through.open_connections(0) == 0


def test_json_files_come_over_the_same_session(through, file_server, tmp_path, set_hsds):
    (tmp_path / "files" / "sharing").mkdir(parents=True)
    (tmp_path / "files" / "sharing" / "graph.json").write_text("{}")
    set_hsds(endpoint=through.endpoint, files_endpoint=file_server(tmp_path))
    with livn_backend_open(ONE, {}):
        config = HsdsConfig.from_environment()
        with leased(config) as shared:
            users = shared.users
            assert livn_backend_sidecar("sharing", "graph.json", {}) == b"{}"
            assert shared.users == users
    assert config not in server._REGISTER._servers


def test_32_threads_read_one_file_and_others(through):
    wrong, start = [], threading.Barrier(32)
    with livn_backend_open(ONE, {}) as shared:

        def read(number):
            start.wait()
            try:
                with livn_backend_open(OTHER, {}) as own:
                    for file in (shared, own, shared):
                        if not np.array_equal(file.read_many([WHOLE])[0], VALUES):
                            wrong.append(number)
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=read, args=(number,)) for number in range(32)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert wrong == []
    assert through.open_connections(0) == 0


def test_no_more_requests_are_under_way_than_the_server_takes(through):
    through.hold_up = lambda line: 0.02
    with livn_backend_open(ONE, {}) as file:
        threads = [threading.Thread(target=file.read_many, args=([WHOLE],)) for _ in range(12)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert 2 <= through.most_at_a_time() <= server.AT_A_TIME


def test_a_busy_server_is_asked_less_at_a_time():
    slots = Slots(HsdsConfig.from_mapping({"endpoint": "http://h:1", "timeout": 0.2}))
    for _ in range(10):
        slots.busy()
    with slots.taken(), slots.taken(), pytest.raises(BackendConnectionError, match="none of the requests under way"):
        slots.taken().__enter__()
    for _ in range(200):
        with slots.taken():
            pass
    with ExitStack() as stack:
        for _ in range(server.AT_A_TIME):
            stack.enter_context(slots.taken())
        with pytest.raises(BackendConnectionError, match="none of the requests under way"):
            slots.taken().__enter__()


def test_a_lease_is_given_back_once():
    config = HsdsConfig.from_mapping({"endpoint": "http://h:1"})
    one, other = Lease(config), Lease(config)
    assert one.server is other.server
    one.end()
    one.end()
    assert other.server.users == 1
    del other
    gc.collect()
    assert config not in server._REGISTER._servers


def test_ctrl_c_ends_a_read_at_once_and_leaves_the_file_usable(through):
    """A real signal, while all threads wait for a server that hangs."""
    with livn_backend_open(ONE, {"timeout": 60}) as file:
        assert file["x"].shape == (SIZE,)
        through.fault = lambda line: Hang()
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        began = time.monotonic()
        try:
            with pytest.raises(KeyboardInterrupt):
                file.read_many([WHOLE])
        finally:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        assert time.monotonic() - began < 10
        through.fault = lambda line: None
        assert np.array_equal(file.read_many([WHOLE])[0], VALUES)


def test_one_failure_calls_off_the_other_requests(through):
    """The first piece is refused while the others hang: nobody waits for those."""
    from livn_h5pyd.testing import Say

    with livn_backend_open(ONE, {"timeout": 60}) as file:
        assert file["x"].shape == (SIZE,)
        through.fault = lambda line: Say(500) if "[0:" in line else Hang()
        began = time.monotonic()
        with pytest.raises(OSError, match=r"the server failed \(status 500"):
            file.read_many([WHOLE])
        assert time.monotonic() - began < 10


FORK = """
import os, sys, threading
import numpy as np
from livn_core import open_neuroh5
from livn_h5pyd import livn_backend_open
from livn_core.h5file import Ranges

file = livn_backend_open({source!r}, {{}})
whole = Ranges.whole("/x", {size})
right = lambda: np.array_equal(file.read_many([whole])[0], np.arange({size}, dtype=np.int32))
assert right()
end = threading.Event()

def read_on():
    while not end.is_set():
        assert right()

threads = [threading.Thread(target=read_on) for _ in range(4)]
for one in threads: one.start()
children = []
for _ in range(3):
    child = os.fork()
    if child == 0:
        os._exit(0 if right() and right() else 1)
    children.append(child)
codes = [os.waitpid(child, 0)[1] for child in children]
end.set()
for one in threads: one.join()
assert right()
file.close()
print(codes)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no fork here")
def test_a_forked_process_reads_the_same_file_over_connections_of_its_own(through):
    code = FORK.format(source=ONE, size=SIZE)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[0, 0, 0]", "")
