"""Opening, closing, dropping, pickling, forking and sharing of a system."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from livn_core.errors import ClosedFileError, LivnError, SystemNotFoundError
from livn_core.system import ParallelSystem, System


def _open_files(directory):
    """Files below a directory that this process has open."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.exists()]
    return [link for link in links if str(link.readlink()).startswith(str(directory))]


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")


@needs_proc
def test_opens_on_first_use_each_file_once_and_closes(pair, backend):
    system = System(pair, backend=backend)
    assert system.name == "two_pops"
    assert _open_files(pair) == []
    assert system.populations == ["EXC", "INH"]
    assert len(_open_files(pair)) <= 1
    for _ in range(3):
        system.projection("EXC", "INH").read()
        list(system.projections("INH", "EXC"))
        system.coordinate_array("EXC")
        system.summary()
    assert len(_open_files(pair)) <= 2
    system.close()
    assert _open_files(pair) == []


def test_closed_system_keeps_what_was_read_and_says_so_about_the_rest(two_pops, backend):
    with System(two_pops, backend=backend) as system:
        table = system.neuron_coordinates
        projection = system.projection("EXC", "INH")
    assert system.closed
    system.close()
    assert system.neuron_coordinates is table
    with pytest.raises(ClosedFileError, match="two_pops' was closed; make a new System to read from it"):
        system.projection("EXC", "INH")
    with pytest.raises(ValueError, match="closed"):
        projection.read()
    assert repr(system).endswith("two_pops', closed)")


def test_system_closed_before_its_first_use_stays_closed(two_pops):
    system = System(two_pops)
    system.close()
    with pytest.raises(ClosedFileError):
        system.populations  # noqa: B018


@needs_proc
def test_dropped_system_closes_its_files_without_a_warning(two_pops, backend):
    system = System(two_pops, backend=backend)
    system.neuron_coordinates  # noqa: B018
    del system
    gc.collect()
    assert _open_files(two_pops) == []


def test_dropped_system_is_gone_at_once_with_all_that_it_read(pair, backend):
    """A table of coordinates may be large: it must not wait for the next garbage collection."""
    gc.collect()
    gc.disable()
    try:
        with System(pair, backend=backend) as system:
            table = weakref.ref(system.neuron_coordinates)
            system.projection("EXC", "INH").read()
            system.connectivity_matrix(sparse=True)
        gone = weakref.ref(system)
        del system
        assert gone() is None
        assert table() is None
    finally:
        gc.enable()


@needs_proc
def test_projection_outlives_its_system(two_pops, backend):
    projection = System(two_pops, backend=backend).projection("EXC", "INH")
    gc.collect()
    assert len(projection.read()) == 20
    del projection
    gc.collect()
    assert _open_files(two_pops) == []


def test_a_relative_path_means_the_directory_of_whoever_opens_it(two_pops, tmp_path, monkeypatch):
    monkeypatch.chdir(two_pops.parent)
    sent = [pickle.dumps(System(path)) for path in (two_pops.name, two_pops.absolute())]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    relative, absolute = map(pickle.loads, sent)
    with absolute:
        assert absolute.num_neurons == 28
    with pytest.raises(SystemNotFoundError, match=f"{two_pops.name}: there is no system there"):
        relative.num_neurons  # noqa: B018


def test_pickles_as_its_arguments(two_pops, backend, tmp_path):
    system = System(two_pops, backend=[backend], fallback=True)
    for original in (system, System(two_pops)):
        again = pickle.loads(pickle.dumps(original))
        assert again.summary()["num_edges"] == 142
        again.close()
    system.neuron_coordinates  # noqa: B018
    again = pickle.loads(pickle.dumps(system))
    assert "not opened yet" in repr(again)
    assert again.backend == backend
    again.close()
    system.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_process_opens_files_of_its_own(pair, backend):
    def in_child(system, parent_files, queue):
        edges = system.projection("EXC", "INH").read()
        queue.put((len(edges), system.files["cells"], os.getpid() not in parent_files))

    context = multiprocessing.get_context("fork")
    with System(pair, backend=backend) as system:
        whole = system.projection("EXC", "INH").read()
        queue = context.Queue()
        children = [context.Process(target=in_child, args=(system, [os.getpid()], queue)) for _ in range(2)]
        for child in children:
            child.start()
        answers = [queue.get(timeout=60) for _ in children]
        for child in children:
            child.join(60)
        assert answers == [(20, str(pair / "cells.h5"), True)] * 2
        assert np.array_equal(system.projection("EXC", "INH").read().pre_gids, whole.pre_gids)


def test_nothing_is_opened_once_another_thread_has_closed_the_system(pair, backend, monkeypatch):
    system = System(pair, backend=backend)
    system.populations  # noqa: B018
    files = system._files
    one_file = type(files)._is_one_file
    monkeypatch.setattr(type(files), "_is_one_file", lambda *args: system.close() or one_file(*args))
    with pytest.raises(ClosedFileError, match="was closed; make a new System"):
        files.connections  # noqa: B018
    assert files._connections is None


def test_threads_read_at_once(pair, backend):
    with System(pair, backend=backend) as system, ThreadPoolExecutor(8) as pool:
        start = threading.Barrier(8)

        def read(_):
            start.wait()
            return system.neuron_coordinates.sum(), len(system.projection("INH", "EXC").read()), system.num_neurons

        assert len(set(pool.map(read, range(8)))) == 1


def test_repr_tells_the_backend_and_reads_nothing(two_pops, backend):
    system = System(two_pops, backend=backend)
    assert repr(system) == f"System({str(two_pops)!r}, not opened yet)"
    system.populations  # noqa: B018
    assert repr(system) == (
        f"System({str(two_pops)!r}, 28 cells in 2 populations, backend {backend!r}, by the backend= argument)"
    )
    system.close()


def test_html_shows_populations_projections_and_backend(two_pops, backend):
    with System(two_pops, backend=backend) as system:
        html = system._repr_html_()
    assert f"two_pops: 28 cells, read through {backend}, by the backend= argument" in html
    assert "<td>INH</td><td>20</td><td>8</td>" in html
    assert "<td>EXC</td><td>INH</td><td>20</td>" in html


def test_html_of_what_cannot_be_read_is_its_error(tmp_path):
    assert "there is no system there" in System(tmp_path / "a<b")._repr_html_()
    assert "a<b" not in System(tmp_path / "a<b")._repr_html_()


def test_secrets_in_an_address_are_never_shown():
    system = System("nothing+s3://me:hunter2@host/systems/EI1/?token=hunter2")
    assert system.name == "EI1"
    with pytest.raises((LivnError, OSError)) as caught:
        system.populations  # noqa: B018
    assert "hunter2" not in repr(system)
    assert isinstance(caught.value, LivnError)


@pytest.mark.parametrize("uri", ["{}", "{}/", "{}//", "{}/./"])
def test_name_is_the_last_part_whatever_follows_it(two_pops, uri):
    assert System(uri.format(two_pops)).name == "two_pops"
    assert ParallelSystem().name == "ParallelSystem"


def test_name_of_the_working_directory(two_pops, monkeypatch):
    monkeypatch.chdir(two_pops)
    with System(".") as system:
        assert system.name == "two_pops"
        assert system.files == dict.fromkeys(("cells", "connections"), str(two_pops / "graph.h5"))
