"""``options={"progress": …}``: how far a long read has come, told in the reader's own thread."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from livn_h5pyd import livn_backend_open, livn_backend_sidecars, progress, reading

from livn_core import open_neuroh5
from livn_core.errors import ConfigError
from livn_core.h5file import Ranges

SIZE = 2**18
VALUES = np.arange(SIZE, dtype=np.int32)
WHOLE = Ranges.whole("/x", SIZE)


@pytest.fixture(scope="module")
def source(publish):
    return publish("/progress/cells.h5", lambda file: file.create_dataset("x", data=VALUES, chunks=(2**14,)))


@pytest.fixture(autouse=True)
def long(monkeypatch):
    """Let a read of a megabyte be a long one, in several pieces."""
    monkeypatch.setattr(progress, "LONG_BYTES", 2**19)
    monkeypatch.setattr(reading, "PIECE_BYTES", 2**17)


@pytest.fixture
def slowed(source, hsds, proxy):
    """The first piece comes at once, each of the others later."""
    between = proxy(hsds.endpoint)
    between.hold_up = lambda line: 0.3 if "/value" in line and "[0:" not in line else 0.0
    return between.endpoint


def test_it_grows_from_nothing_to_all(open_file, source, slowed):
    told, threads = [], set()

    def tell(done, total):
        told.append((done, total))
        threads.add(threading.current_thread())

    file = open_file(source, endpoint=slowed, progress=tell)
    file.read_many([WHOLE])
    assert (told[0], told[-1]) == ((0, SIZE * 4), (SIZE * 4, SIZE * 4))
    assert told == sorted(set(told))
    assert len(told) > 2
    assert threads == {threading.current_thread()}
    told.clear()
    file["x"][:]
    assert (told[0], told[-1]) == ((0, SIZE * 4), (SIZE * 4, SIZE * 4))


def test_a_short_read_is_not_worth_telling(open_file, source):
    told = []
    file = open_file(source, progress=lambda *arguments: told.append(arguments))
    file.read_many([Ranges("/x", np.array([5]), np.array([2**16]))])
    assert told == []


def test_what_it_raises_ends_the_read_and_leaves_the_file_usable(open_file, source, slowed):
    class Enough(Exception):
        pass

    told = []

    def tell(done, total):
        told.append(done)
        if done and len(told) < 10:
            raise Enough

    file = open_file(source, endpoint=slowed, progress=tell)
    with pytest.raises(Enough):
        file.read_many([WHOLE])
    assert 0 < told[-1] < SIZE * 4
    told.extend([0] * 10)
    assert np.array_equal(file.read_many([WHOLE])[0], VALUES)


def test_it_has_to_be_a_function(on_hsds):
    with pytest.raises(ConfigError, match="'progress' must be a function of two numbers, not True"):
        livn_backend_open("hdf5://progress/cells.h5", {"progress": True})


def test_json_files_do_not_mind(set_hsds, answering):
    set_hsds(endpoint="http://h:1", files_endpoint=answering(lambda path: (200, "application/json", b'{"files": []}')))
    assert livn_backend_sidecars("EI1", {"progress": print}) == []


def test_it_is_handed_on_by_the_core(on_hsds, source):
    with pytest.raises(ConfigError, match="'progress' must be a function"):
        open_neuroh5(source, options={"progress": 1})
