"""One open file, many threads and processes."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import h5py
import numpy as np
import pytest
from livn_pyfive import livn_backend_open, pool
from livn_pyfive.options import parse_options

from livn_core.errors import ClosedFileError, FormatError
from livn_core.h5file import Ranges

SIZE = 300_000


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "shared.h5", "w") as file:
        for number in range(6):
            data = np.random.default_rng(number).integers(0, 99, SIZE)
            options = {"compression": "gzip", "shuffle": True} if number % 2 else {}
            file.create_dataset(f"group {number}/data", data=data, chunks=9000, **options)
    return tmp_path / "shared.h5"


def expected(number):
    return np.random.default_rng(number).integers(0, 99, SIZE)


def test_threads_share_a_file(path, open_file):
    file = open_file(path)
    names = [f"/group {number}/data" for number in range(6)]

    def read(seed):
        rng = np.random.default_rng(seed)
        number = int(rng.integers(6))
        starts = rng.integers(0, SIZE - 1000, 20)
        stops = starts + rng.integers(0, 1000, 20)
        part, whole = file.read_many([Ranges(names[number], starts, stops), Ranges.whole(names[number], SIZE)])
        right = expected(number)
        return np.array_equal(whole, right) and np.array_equal(
            part, np.concatenate([right[a:b] for a, b in zip(starts, stops, strict=True)])
        )

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(60)))


def test_closing_waits_for_nobody_and_hurts_nobody(path):
    """A read that is under way ends well, or says that the file was closed; it never reads another file."""
    for _ in range(10):
        file = livn_backend_open(str(path), {})
        begun, ends = threading.Event(), []

        def work(file=file, begun=begun, ends=ends):
            try:
                while True:
                    ends.append(np.array_equal(file["group 1/data"][:], expected(1)))
                    begun.set()
            except ClosedFileError:
                ends.append("closed")

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        begun.wait()
        file.close()
        for thread in threads:
            thread.join()
        assert set(ends) == {True, "closed"}


def _read_in_child(file, queue):
    whole = file.read_many([Ranges.whole(f"/group {number}/data", SIZE) for number in range(6)])
    queue.put(all(np.array_equal(values, expected(number)) for number, values in enumerate(whole)))
    file.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_reads_what_its_parent_opened(path, open_file):
    file = open_file(path)
    # The parent's threads exist, and the child does not get them.
    file.read_many([Ranges.whole(f"/group {number}/data", SIZE) for number in range(6)])
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_read_in_child, args=(file, queue))
    child.start()
    assert queue.get() is True
    child.join()
    assert np.array_equal(file["group 3/data"][:], expected(3))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
@pytest.mark.parametrize("closed_inside", [False, True])
def test_a_child_that_was_forked_while_its_thread_read_gives_the_file_back(path, open_file, closed_inside):
    storage = open_file(path).storage
    parent, released = os.getpid(), [False, False]
    try:
        with storage.use():
            child = os.fork()
            if not child and closed_inside:
                storage.close()
                released[0] = storage._descriptor < 0
        if not child:
            storage.close()
            released[1] = storage._descriptor < 0
    finally:
        if os.getpid() != parent:
            os._exit(0 if released == [False, True] else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert storage.read(0, 4) == b"\x89HDF"


def test_it_works_where_threads_cannot_be_started(path, open_file, monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(pool, "_pool", None)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert np.array_equal(open_file(path, threads=4)["group 5/data"][:], expected(5))


def test_what_a_thread_took_that_could_not_be_started_is_waited_for(monkeypatch):
    """The executor has queued the call when the start fails, and the thread of another caller takes it."""
    monkeypatch.setattr(pool, "_pool", None)
    meeting, taken, done = threading.Barrier(3), threading.Event(), []
    other = threading.Thread(target=pool.run_all, args=([partial(meeting.wait, 20)] * 2, 2))
    other.start()
    while meeting.n_waiting < 2:  # the only thread of the pool is busy with one of these
        time.sleep(0.001)

    def slow():
        taken.set()
        time.sleep(0.3)
        done.append("slow")

    def refuse(_):
        raise RuntimeError("can't start new thread")

    def meanwhile():
        meeting.wait(20)
        assert taken.wait(20)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    pool.run_all([meanwhile, slow], 2)
    assert done == ["slow"]
    other.join()


def test_the_first_error_is_the_one_that_is_raised():
    done = []

    def fail():
        raise ValueError("this one")

    with pytest.raises(ValueError, match="this one"):
        pool.run_all([fail, *[lambda: done.append(1)] * 50], 1)
    assert not done
    pool.run_all([lambda: done.append(1)] * 50, 3)
    assert len(done) == 50
    pool.run_all([])


def test_tasks_really_run_side_by_side():
    meeting = threading.Barrier(2, timeout=20)
    pool.run_all([meeting.wait, meeting.wait], 2)


def test_no_more_threads_are_used_than_documented():
    running, most, lock = 0, 0, threading.Lock()

    def task():
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    pool.run_all([task] * 64, parse_options({"threads": 1024}).threads)
    assert 1 < most <= 16


def test_a_file_that_was_changed_while_it_was_open(tmp_path, open_file):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["data"] = np.arange(1000)
    file = open_file(path)
    assert file["data"][:3].tolist() == [0, 1, 2]
    raw = bytearray(path.read_bytes())
    path.write_bytes(raw[:-8] + bytes(8))
    os.utime(path, (1, 1))  # some file systems count time in steps longer than this test
    with pytest.raises(FormatError, match="was changed while it was open; open it again"):
        file["data"][:3]
