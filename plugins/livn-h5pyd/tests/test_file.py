"""An open domain: types levelled, links followed, paths found, closing final."""

from __future__ import annotations

import gc
import sys
import threading

import h5py
import numpy as np
import pytest
import requests

from livn_core.errors import ClosedFileError, FormatError, SourceNotFoundError
from livn_core.h5file import SupportsReadMany

LABELS = {"ZED": 0, "ALPHA": 7}
VALUES = {
    "bool": (np.array([True, False]), np.array([1, 0], np.int8)),
    "big": (np.array([1, -2], ">i4"), np.array([1, -2], np.int32)),
    "big float": (np.array([0.5, np.nan], ">f8"), np.array([0.5, np.nan])),
    "half": (np.array([0.5, -0.0], "f2"), np.array([0.5, -0.0], np.float16)),
    "f4": (np.array([np.nan, np.inf, -0.0], "f4"), np.array([np.nan, np.inf, -0.0], np.float32)),
    "i1": (np.array([-128, 127], "i1"), np.array([-128, 127], np.int8)),
    "u8": (np.array([2**64 - 1, 2**53 + 1], "u8"), np.array([2**64 - 1, 2**53 + 1], np.uint64)),
    "table": (np.arange(12, dtype=">u2").reshape(4, 3), np.arange(12, dtype=np.uint16).reshape(4, 3)),
    "nothing": (np.zeros(0, "f4"), np.zeros(0, np.float32)),
}


def write(file):
    for name, (values, _) in VALUES.items():
        file[f"values/{name}"] = values
    enum = h5py.enum_dtype(LABELS, basetype=">u2")
    rows = np.dtype([("Start", "u8"), ("Population", enum)])
    file["types/labels"], file["types/row"] = enum, rows
    file.create_dataset("types/rows", data=np.array([(2**40, 7), (5, 0)], rows))
    file.create_dataset("types/enums", data=np.array([7, 0], enum))
    file["single"] = np.float32(2.5)
    file["soft"] = h5py.SoftLink("/values/i1")
    file["values/relative"] = h5py.SoftLink("../types/enums")
    file["through"] = h5py.SoftLink("/types")
    file["dangling"] = h5py.SoftLink("/nowhere")
    file["circle"] = h5py.SoftLink("/circle")
    file["other"] = h5py.ExternalLink("other.h5", "/x")
    file["lost"] = h5py.ExternalLink("lost.h5", "/x")


@pytest.fixture(scope="module")
def source(publish):
    publish("/file/other.h5", lambda file: file.create_dataset("x", data=np.arange(3)))
    return publish("/file/cells.h5", write)


@pytest.fixture
def file(open_file, source):
    return open_file(source)


@pytest.mark.parametrize("name", VALUES)
def test_values_are_native_base_types(file, name):
    expected = VALUES[name][1]
    dataset = file[f"/values/{name}"]
    assert (dataset.shape, dataset.dtype) == (expected.shape, expected.dtype)
    values = dataset[:]
    assert (values.dtype, values.tobytes()) == (expected.dtype, expected.tobytes())
    assert values.flags.owndata
    assert values.flags.writeable
    assert dataset[1:2].tobytes() == expected[1:2].tobytes()
    assert dataset[-1:].tobytes() == expected[-1:].tobytes()
    assert dataset[::2].tobytes() == expected[::2].tobytes()
    assert dataset[1:1].shape == expected[1:1].shape
    assert dataset[1:10].tobytes() == expected[1:10].tobytes()


def test_enum_labels(file):
    labels = file["types/labels"]
    assert labels.dtype.metadata["enum"] == LABELS
    assert labels.dtype == np.dtype("u2")
    assert not hasattr(labels, "shape")
    assert all(type(name) is str and type(value) is int for name, value in labels.dtype.metadata["enum"].items())
    for found in (file["types/rows"], file["types/row"]):
        assert found.dtype.names == ("Start", "Population")
        assert found.dtype["Population"] == np.dtype("u2")
        assert found.dtype["Population"].metadata["enum"] == LABELS
    assert file["types/rows"][:].tolist() == [(2**40, 7), (5, 0)]
    assert file["types/enums"].dtype.metadata["enum"] == LABELS
    assert file["types/enums"][:].tolist() == [7, 0]


def test_a_single_value_cannot_be_sliced(file):
    assert file["single"].shape == ()
    with pytest.raises(TypeError, match="/single is a single value"):
        file["single"][:]


def test_paths(file):
    group = file["values"]
    assert sorted(group.keys()) == sorted([*VALUES, "relative"])
    assert group["i1"][:].tolist() == file["/values/i1"][:].tolist() == file["values//i1/"][:].tolist()
    assert group["/types/enums"][:].tolist() == [7, 0]
    assert "i1" in group
    assert "values/i1" in file
    assert file["//values//i1"][:].tolist() == file["/values/../values/./i1"][:].tolist()
    for path in ("nope", "nope/deeper", "values/nope", "values/i1/below", "types/labels/below"):
        assert path not in file
        with pytest.raises(KeyError, match=path):
            file[path]
    assert sorted(file["/"].keys()) == sorted(file.keys())


def test_links(file):
    assert file["soft"][:].tolist() == [-128, 127]
    assert file["values/relative"][:].tolist() == [7, 0]
    assert file["through/enums"][:].tolist() == [7, 0]
    assert file["other"][:].tolist() == [0, 1, 2]
    assert "dangling" not in file
    with pytest.raises(FormatError, match="/circle: more than 32 links"):
        file["circle"]
    with pytest.raises(SourceNotFoundError, match=r"domain /file/lost\.h5"):
        file["lost"]


def test_metadata_is_asked_for_once(file, monkeypatch):
    sent = []
    send = requests.Session.send
    monkeypatch.setattr(requests.Session, "send", lambda *a, **k: sent.append(a[1].path_url) or send(*a, **k))
    file["values/i1"][:]
    first = len(sent)
    file["values/i1"][:]
    assert sum("/value" in path for path in sent) == 2
    assert len(sent) == first + 1


def test_it_offers_read_many(file):
    assert isinstance(file, SupportsReadMany)


def test_closed_is_closed(file):
    dataset, group = file["values/i1"], file["values"]
    with file as same:
        assert same is file
    file.close()
    assert repr(file).startswith("<closed HsdsFile")
    for use in (lambda: file["values"], lambda: dataset[:], group.keys, lambda: file.read_many([])):
        with pytest.raises(ClosedFileError, match="the file is closed"):
            use()


def test_a_dropped_file_closes_its_connection(on_hsds, source):
    from livn_h5pyd import livn_backend_open

    file = livn_backend_open(source, {})
    connection = file._walker.find("/").id.db.plugin.http_conn
    assert not connection.isClosed()
    del file
    gc.collect()
    assert connection.isClosed()


def test_many_threads_see_the_same(open_file, source):
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(3):
            file, wrong, start = open_file(source), [], threading.Barrier(8)
            threads = [threading.Thread(target=_look, args=(file, start, wrong)) for _ in range(8)]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
            assert wrong == []
    finally:
        sys.setswitchinterval(interval)


def _look(file, start, wrong):
    start.wait()
    try:
        for name, (_, expected) in VALUES.items():
            if file[f"values/{name}"][:].tobytes() != expected.tobytes():
                wrong.append(name)
    except Exception as error:
        wrong.append(error)
