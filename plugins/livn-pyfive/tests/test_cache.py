"""What is kept of a file between queries: never wrong, never too much, never out of date."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from livn_pyfive.cache import ChunkCache
from livn_pyfive.storage import LocalStorage

from livn_core.errors import ConfigError, FormatError
from livn_core.h5file import Ranges

SIZE = 400_000
VALUES = np.random.default_rng(0).integers(-(2**31), 2**31 - 1, SIZE).astype(np.int32)
NAMES = {
    "contiguous": {},
    "chunked": {"chunks": 1000},
    "gzip": {"chunks": 3000, "compression": "gzip", "shuffle": True},
    "big-endian": {"chunks": 3000, "compression": "gzip", "dtype": ">i4"},
    "contiguous big-endian": {"dtype": ">i4"},
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("cache") / "data.h5"
    with h5py.File(path, "w") as file:
        for name, storage in NAMES.items():
            file.create_dataset(name, data=VALUES, **storage)
        holes = file.create_dataset("holes", (SIZE,), "i4", chunks=1000, compression="gzip", fillvalue=7)
        holes[5000:6000] = VALUES[5000:6000]
    return path


def some_ranges(rng, count, longest):
    starts = rng.integers(0, SIZE - longest, count)
    return starts, starts + rng.integers(0, longest, count)


def pick(array, ranges):
    return np.concatenate([array[a:b] for a, b in zip(*ranges, strict=True)])


def count_bytes(monkeypatch):
    """A list to which every read of a local file adds its size."""
    sizes = []

    def counted(method):
        def read(self, offset, what):
            sizes.append(what if isinstance(what, int) else len(what))
            return method(self, offset, what)

        return read

    for name in ("_read", "read_into"):
        monkeypatch.setattr(LocalStorage, name, counted(getattr(LocalStorage, name)))
    return sizes


@pytest.mark.parametrize("cache_bytes", [0, 1, 50_000, 3_000_000, 2**27])
@pytest.mark.parametrize(("count", "longest"), [(1, 300), (2, 9000), (7, 30), (300, 200), (6000, 3)])
def test_reads_are_right_whatever_is_kept(path, open_file, cache_bytes, count, longest):
    file = open_file(path, cache_bytes=cache_bytes)
    rng = np.random.default_rng(count)
    holes = np.full(SIZE, 7, np.int32)
    holes[5000:6000] = VALUES[5000:6000]
    for _ in range(4):
        ranges = some_ranges(rng, count, longest)
        for name in (*NAMES, "holes"):
            expected = pick(holes if name == "holes" else VALUES, ranges)
            wide = np.empty(expected.size, np.int64)
            found, filled = file.read_many([Ranges(f"/{name}", *ranges), Ranges(f"/{name}", *ranges, out=wide)])
            assert found.dtype == np.int32
            assert found.flags.writeable
            assert np.array_equal(found, expected)
            assert filled is wide
            assert np.array_equal(wide, expected)
            assert file.cache.nbytes <= cache_bytes


@pytest.mark.parametrize("name", ["contiguous", "chunked", "gzip", "big-endian"])
def test_what_was_touched_is_read_once(path, open_file, monkeypatch, name):
    file = open_file(path)
    ranges = some_ranges(np.random.default_rng(1), 100, 50)
    request = Ranges(f"/{name}", *ranges)
    file.read_many([request])
    sizes = count_bytes(monkeypatch)
    first = file.read_many([request])[0]
    assert sizes == []
    first[:] = 0  # the user's own: the next one gets the values all the same
    assert np.array_equal(file.read_many([request])[0], pick(VALUES, ranges))


def test_reading_all_of_it_keeps_nothing(path, open_file):
    file = open_file(path)
    file.read_many([Ranges.whole(f"/{name}", SIZE) for name in NAMES])
    assert file.cache.nbytes == 0


def test_the_least_recently_used_goes_first():
    cache = ChunkCache(30)
    for number in range(3):
        cache.put("/a", {number: memoryview(bytes(10))})
    assert list(cache.get("/a", [0])) == [0]
    cache.put("/b", {0: memoryview(bytes(20))})
    assert sorted(cache.get("/a", range(3))) == [0]
    assert cache.nbytes == 30
    cache.put("/b", {0: memoryview(bytes(10)), 1: memoryview(bytes(31))})  # one smaller, and one that has no room
    assert cache.nbytes == 20
    assert list(cache.get("/b", range(2))) == [0]
    cache.clear()
    assert cache.nbytes == 0
    assert cache.get("/a", [0]) == {}


def test_threads_share_it_while_parts_come_and_go(path, open_file):
    file = open_file(path, cache_bytes=700_000)

    def read(seed):
        rng = np.random.default_rng(seed)
        name = list(NAMES)[seed % len(NAMES)]
        ranges = some_ranges(rng, 20, 40)
        return np.array_equal(file.read_many([Ranges(f"/{name}", *ranges)])[0], pick(VALUES, ranges))

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(200)))
    assert 0 < file.cache.nbytes <= 700_000


def _in_child(file, queue):
    empty = file.cache.nbytes == 0
    ranges = some_ranges(np.random.default_rng(1), 20, 40)
    queue.put(empty and np.array_equal(file.read_many([Ranges("/gzip", *ranges)])[0], pick(VALUES, ranges)))
    file.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_begins_with_an_empty_one(path, open_file):
    file = open_file(path)
    file.read_many([Ranges("/gzip", np.array([5]), np.array([9]))])
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(file, queue))
    with file.cache._lock:  # as if another thread were in the middle of a change
        child.start()
    assert queue.get() is True
    child.join()
    assert file.cache.nbytes > 0


@pytest.mark.parametrize("name", ["contiguous", "gzip"])
def test_nothing_is_given_of_a_file_that_was_changed(tmp_path, path, open_file, name):
    copy = tmp_path / "copy.h5"
    copy.write_bytes(path.read_bytes())
    file = open_file(copy)
    request = Ranges(f"/{name}", *some_ranges(np.random.default_rng(2), 50, 20))
    file.read_many([request])
    assert file.cache.nbytes > 0
    os.utime(copy, ns=(1, 1))
    with pytest.raises(FormatError, match="was changed while it was open"):
        file.read_many([request])


def test_a_closed_file_keeps_nothing(path, open_file):
    file = open_file(path)
    file.read_many([Ranges("/gzip", np.array([5]), np.array([9]))])
    file.close()
    assert file.cache.nbytes == 0


@pytest.mark.parametrize("value", [-1, True, 1.5, "64 MB", None])
def test_sizes_that_make_no_sense(path, open_file, value):
    with pytest.raises(ConfigError, match="cache_bytes must be a whole number of bytes"):
        open_file(path, cache_bytes=value)
