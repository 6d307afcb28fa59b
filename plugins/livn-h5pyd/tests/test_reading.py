"""``read_many`` over a real HSDS: ranges of every kind, large reads, several requests at a time."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from livn_h5pyd import reading, server, sidebyside

from livn_core.errors import BackendError, InvalidArgumentError
from livn_core.h5file import Ranges
from livn_core.ranges import element_index

SIZE = 200_000
LARGE = 32 * 2**20  # int32: 128 MiB, more than the server gives in one answer


@pytest.fixture(scope="module")
def values():
    return np.random.default_rng(0).integers(-(2**15), 2**15, SIZE).astype(np.int16)


@pytest.fixture(scope="module")
def source(publish, values):
    def write(file):
        file["small"] = values
        file["again"] = values[::-1].copy()
        file["empty"] = np.zeros(0, "f4")
        file["table"] = np.arange(60_000, dtype="i4").reshape(-1, 3)
        # Written from a broadcast array: 128 MiB on the server need not be 128 MiB here.
        file.create_dataset("large", shape=(LARGE,), dtype="i4", chunks=(2**20,))
        for start in range(0, LARGE, 2**20):
            file["large"][start : start + 2**20] = np.arange(start, start + 2**20, dtype="i4")

    return publish("/reading/cells.h5", write)


@pytest.fixture
def file(open_file, source):
    return open_file(source)


def ranges(path, *pairs, out=None):
    starts, stops = zip(*pairs, strict=True) if pairs else ((), ())
    return Ranges(path, np.array(starts, np.int64), np.array(stops, np.int64), out)


def test_nothing_is_asked_for(file):
    assert file.read_many([]) == []
    for request in (ranges("/small"), ranges("/small", (5, 5), (0, 0)), Ranges.whole("/empty", 0)):
        (found,) = file.read_many([request])
        assert found.shape == (0,)
        assert found.dtype == file[request.path].dtype


@pytest.mark.parametrize(
    "pairs",
    [
        [(0, SIZE)],
        [(10, 20)],
        [(10, 20), (20, 30)],
        [(20, 30), (10, 20)],
        [(0, 5), (SIZE - 5, SIZE), (100, 105)],
        [(10, 40), (20, 30), (20, 30)],
        [(5, 5), (7, 9), (9, 9), (3, 4)],
    ],
)
def test_ranges_come_in_request_order(file, values, pairs):
    (found,) = file.read_many([ranges("/small", *pairs)])
    assert found.dtype == np.int16
    assert found.tolist() == np.concatenate([values[a:b] for a, b in pairs]).tolist()
    assert found.flags.writeable


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, 2000)), max_size=12), st.booleans(), st.integers(1, 9))
def test_any_ranges(file, values, pairs, wider, gap):
    starts = np.array([start for start, _ in pairs], np.int64)
    stops = np.minimum(starts + [length for _, length in pairs], SIZE) if pairs else starts
    expected = values[element_index(starts, stops)]
    out = np.full(expected.size, -1, np.int64) if wider else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "GAP_BYTES", 10**gap)  # several requests, or one that reads the gaps as well
        patch.setattr(reading, "PIECE_BYTES", 4096)
        (found,) = file.read_many([Ranges("/small", starts, stops, out)])
    assert found.tolist() == expected.tolist()
    assert (found is out) if wider else (found.dtype == np.int16)


def test_several_datasets_and_one_of_them_twice(file, values):
    out = np.zeros(3)
    found = file.read_many([ranges("/small", (0, 3)), ranges("/again", (0, 3), out=out), ranges("/small", (7, 9))])
    assert [one.tolist() for one in found] == [values[:3].tolist(), values[:-4:-1].tolist(), values[7:9].tolist()]
    assert found[1] is out


def test_what_the_server_refuses_in_one_answer(file):
    (found,) = file.read_many([Ranges.whole("/large", LARGE)])
    assert np.array_equal(found, np.arange(LARGE, dtype=np.int32))
    assert np.array_equal(file["large"][:], found)


def test_requests_stay_below_the_servers_limit_and_go_side_by_side(file, monkeypatch):
    sizes, at_a_time, running, lock = [], [0], [0], threading.Lock()
    send = requests.Session.send

    def counting(session, request, **options):
        with lock:
            running[0] += 1
            at_a_time[0] = max(at_a_time[0], running[0])
        try:
            answer = send(session, request, **options)
        finally:
            with lock:
                running[0] -= 1
        if "/value" in request.path_url:
            sizes.append(int(answer.headers.get("Content-Length", 0)))
        return answer

    monkeypatch.setattr(requests.Session, "send", counting)
    file.read_many([Ranges.whole("/large", LARGE)])
    assert len(sizes) == LARGE * 4 // reading.PIECE_BYTES
    assert max(sizes) <= reading.PIECE_BYTES <= 32 * 2**20
    assert 2 <= at_a_time[0] <= server.LARGE_AT_A_TIME


def test_a_server_that_sends_less_at_a_time_is_asked_for_less(file, values, proxy, monkeypatch):
    """It says its limit when a domain is opened, and refuses requests of that size already."""
    dataset, asked = file["small"], []
    limits = dataset._plugin._stats["limits"]
    assert limits["max_request_size"] == 100 * 2**20
    monkeypatch.setitem(limits, "max_request_size", 100_000)
    monkeypatch.setattr(reading, "PIECE_BYTES", 2**30)
    send = requests.Session.send
    monkeypatch.setattr(requests.Session, "send", lambda *a, **k: asked.append(a[1].path_url) or send(*a, **k))
    assert np.array_equal(dataset[:], values)
    assert len(asked) == -(-SIZE * 2 // 99_998)


def test_near_ranges_share_a_request_and_far_ones_do_not(file, monkeypatch):
    asked = []
    send = requests.Session.send
    monkeypatch.setattr(requests.Session, "send", lambda *a, **k: asked.append(a[1].path_url) or send(*a, **k))
    file.read_many([ranges("/large", (0, 5), (1000, 1005), (20_000, 20_005), (LARGE - 5, LARGE))])
    assert sum("/value" in path for path in asked) == 2


def test_a_browser_has_no_threads(file, values, monkeypatch):
    monkeypatch.setattr(sidebyside, "IN_BROWSER", True)
    monkeypatch.setattr(reading, "PIECE_BYTES", 50_000)
    monkeypatch.setattr(sidebyside, "ThreadPoolExecutor", None)
    (found,) = file.read_many([Ranges.whole("/small", SIZE)])
    assert np.array_equal(found, values)


def test_rows_of_a_table_are_read_in_pieces_too(file, monkeypatch):
    monkeypatch.setattr(reading, "PIECE_BYTES", 1000)
    assert np.array_equal(file["table"][10:2000], np.arange(60_000).reshape(-1, 3)[10:2000])


@pytest.mark.parametrize("pair", [(SIZE - 1, SIZE + 1), (SIZE + 5, SIZE + 6)])
def test_a_range_beyond_the_end_is_an_error_not_fewer_values(file, pair):
    with pytest.raises(IndexError, match=f"/small: a range goes to {pair[1]}, but there are {SIZE} elements"):
        file.read_many([ranges("/small", pair)])


def test_other_bad_requests(file):
    with pytest.raises(KeyError, match="there is no /nowhere"):
        file.read_many([Ranges.whole("/nowhere", 3)])
    with pytest.raises(KeyError, match="/ is no dataset"):
        file.read_many([Ranges.whole("/", 3)])
    with pytest.raises(BackendError, match=r"/table: ranges are read from one dimension"):
        file.read_many([Ranges.whole("/table", 3)])
    with pytest.raises(InvalidArgumentError, match="out has shape"):
        Ranges("/small", np.array([0]), np.array([3]), np.zeros(2))


def test_reading_from_many_threads(file, values):
    wrong = []

    def look(seed):
        starts = np.sort(np.random.default_rng(seed).integers(0, SIZE - 50, 20))
        for _ in range(5):
            (found,) = file.read_many([Ranges("/small", starts, starts + 50)])
            if not np.array_equal(found, values[element_index(starts, starts + 50)]):
                wrong.append(seed)

    threads = [threading.Thread(target=look, args=(seed,)) for seed in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []
