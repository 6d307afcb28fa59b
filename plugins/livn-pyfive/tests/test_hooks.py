"""What the core asks this backend, and what it answers."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import warnings
import weakref
from importlib.metadata import entry_points

import h5py
import livn_pyfive
import numpy as np
import pytest
from livn_pyfive.options import parse_options
from livn_pyfive.sources import parse_source

from livn_core.backends import default_backends
from livn_core.errors import (
    BackendPermissionError,
    ConfigError,
    FormatError,
    InvalidArgumentError,
    SourceNotFoundError,
)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "a b.h5"
    with h5py.File(path, "w") as file:
        file["data"] = [1, 2, 3]
    return path


def test_the_core_finds_it():
    (entry,) = entry_points(group="livn.backends", name="pyfive")
    assert entry.load() is livn_pyfive
    assert default_backends().select("x.h5", backend="pyfive").backend.name == "pyfive"
    assert livn_pyfive.livn_backend_priority() == 10


def test_the_hooks_import_nothing_heavy():
    code = (
        "import sys, livn_pyfive\n"
        "for source in (None, 'x.h5', 'https://example.org/x.h5', 's3://bucket/x.h5', 'hdf5://x'):\n"
        "    livn_pyfive.livn_backend_available(source)\n"
        "print(sorted({'pyfive', 'fsspec', 'aiohttp', 's3fs', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("source", [None, "x.h5", "/x/y.h5", "file:///x.h5", "memory://x.h5", "C:\\x.h5"])
def test_what_it_takes(source):
    assert livn_pyfive.livn_backend_available(source)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("hdf5://EI1/cells.h5", "HSDS"),
        ("nonsense://x.h5", "neither pyfive nor fsspec knows nonsense://"),
    ],
)
def test_what_it_does_not_take(source, reason):
    answer = livn_pyfive.livn_backend_available(source)
    assert not answer
    assert reason in answer.reason


@pytest.mark.parametrize(
    ("source", "module", "remedy"),
    [
        ("https://example.org/x.h5", "aiohttp", "livn-pyfive[http]"),
        ("s3://bucket/x.h5", "s3fs", "livn-pyfive[s3]"),
        ("x.h5", "pyfive", "pip install pyfive"),
        ("s3://bucket/x.h5", "fsspec", "livn-pyfive[remote]"),
    ],
)
def test_what_is_missing_is_said(monkeypatch, source, module, remedy):
    from livn_pyfive import sources

    monkeypatch.setattr(sources, "_installed", set())
    monkeypatch.setattr(sources, "find_spec", lambda name: None if name == module else object())
    answer = livn_pyfive.livn_backend_available(source)
    assert not answer
    assert module in answer.reason
    assert remedy in answer.remedy


def test_local_spellings_of_one_file(small, open_file, monkeypatch):
    monkeypatch.chdir(small.parent)
    encoded = str(small).replace(" ", "%20")
    for source in (str(small), "a b.h5", f"file://{encoded}", f"file://localhost{encoded}"):
        assert open_file(source)["data"][:].tolist() == [1, 2, 3]
    assert parse_source("HTTPS://x/y.h5").scheme == "https"
    assert parse_source("simplecache::https://x/y.h5").scheme == "simplecache"
    assert parse_source("odd:name.h5").is_local


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("file::/tmp/x.h5", "is not the address of a file; write file:///the/path"),
        ("file://data/x.h5", "names a file of the machine 'data', not of this; write file:///the/path"),
        ("FILE://x.h5", "names a file of the machine 'x.h5', not of this"),
    ],
)
def test_addresses_of_no_file_here(tmp_path, open_file, monkeypatch, source, problem):
    (tmp_path / "data").mkdir()
    for name in "x.h5", "data/x.h5":
        h5py.File(tmp_path / name, "w").close()
    monkeypatch.chdir(tmp_path)
    for ask in open_file, lambda text: livn_pyfive.livn_backend_sidecar(text, "graph.json", {}):
        with pytest.raises(SourceNotFoundError, match=f"{source}: {problem}"):
            ask(source)


def test_what_is_not_there(tmp_path, small, open_file):
    for source in (tmp_path / "no.h5", small / "below.h5"):
        with pytest.raises(SourceNotFoundError, match="there is no such file"):
            open_file(source)
    with pytest.raises(FormatError, match="is a directory, not an HDF5 file"):
        open_file(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path, open_file):
    os.mkfifo(tmp_path / "pipe.h5")
    with pytest.raises(FormatError, match="is no regular file"):
        open_file(tmp_path / "pipe.h5")


def test_a_file_that_is_dropped_closes_quietly(small):
    before = weakref.WeakSet()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = livn_pyfive.livn_backend_open(str(small), {})
        before.add(file.storage)
        descriptor = file.storage._descriptor
        del file
        gc.collect()
    assert not before
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_what_may_not_be_read(small, open_file, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    # The superuser, as whom tests often run, may read everything.
    monkeypatch.setattr("livn_pyfive.storage.os.open", refuse)
    with pytest.raises(BackendPermissionError, match="may not be read"):
        open_file(small)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"thread": 2}, "no option thread; it has threads, cache_bytes, storage_options"),
        ({"threads": 0}, "threads must be a whole number from 1"),
        ({"threads": 1025}, "threads must be a whole number from 1 to 1024"),
        ({"threads": np.float64(2)}, "threads must be a whole number from 1"),
        ({"threads": np.True_}, "threads must be a whole number from 1"),
        ({"threads": np.array([1, 2])}, "threads must be a whole number from 1"),
        ({"cache_bytes": -1}, "cache_bytes must be a whole number of bytes, 0 or more"),
        ({"cache_bytes": True}, "cache_bytes must be a whole number of bytes, 0 or more"),
        ({"cache_bytes": None}, "cache_bytes must be a whole number of bytes, 0 or more"),
        ({"threads": True}, "threads must be a whole number from 1"),
        ({"threads": "2"}, "threads must be a whole number from 1"),
        ({"storage_options": "key"}, "storage_options must be a mapping"),
        ({"storage_options": {1: 2}}, "storage_options must be a mapping"),
    ],
)
def test_wrong_options_stop_everything(small, open_file, options, message):
    with pytest.raises(ConfigError, match=message):
        open_file(small, **options)
    with pytest.raises(ConfigError, match=message):
        livn_pyfive.livn_backend_sidecar(str(small.parent), "graph.json", options)
    with pytest.raises(ConfigError, match=message):
        livn_pyfive.livn_backend_sidecars(str(small.parent), options)


@pytest.mark.parametrize("kind", [int, np.int64, np.uint8, np.array])
def test_numbers_of_numpy_are_numbers(kind, small, open_file):
    found = parse_options({"threads": kind(2), "cache_bytes": kind(5)})
    assert (found.threads, found.cache_bytes) == (2, 5)
    assert {type(found.threads), type(found.cache_bytes)} == {int}
    open_file(small, threads=kind(2), cache_bytes=kind(5))


def test_options_never_show_a_secret(small, open_file):
    options = {"storage_options": {"secret": "hunter2"}, "threads": "hunter2"}
    with pytest.raises(ConfigError) as caught:
        open_file(small, **options)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(parse_options({"storage_options": {"secret": "hunter2"}}))


def test_sidecars_of_a_local_system_are_the_cores_business(tmp_path):
    assert livn_pyfive.livn_backend_sidecar(str(tmp_path), "graph.json", {}) is None
    assert livn_pyfive.livn_backend_sidecars(str(tmp_path), {}) is None


def test_sidecars_of_a_file_address(tmp_path):
    (tmp_path / "selection").mkdir()
    (tmp_path / "graph.json").write_bytes(b"{}")
    (tmp_path / "selection" / "e1.json").write_bytes(b"[1]")
    (tmp_path / ".hidden.json").write_bytes(b"{}")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.json").write_bytes(b"{}")
    system = f"file://{tmp_path}"
    assert livn_pyfive.livn_backend_sidecars(system, {}) == ["graph.json", "selection/e1.json"]
    assert livn_pyfive.livn_backend_sidecar(system, "selection/e1.json", {}) == b"[1]"
    with pytest.raises(SourceNotFoundError):
        livn_pyfive.livn_backend_sidecar(system, "mea.json", {})


@pytest.mark.parametrize("name", ["../x.json", "/etc/x.json", "a/../../x.json", "", "a\\..\\x.json", "c:x.json"])
def test_no_sidecar_leads_out_of_its_system(tmp_path, name):
    with pytest.raises(InvalidArgumentError, match="not the name of a file inside a system"):
        livn_pyfive.livn_backend_sidecar(f"file://{tmp_path}", name, {})
