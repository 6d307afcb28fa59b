"""One system, one backend: which files are opened, and through what."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext

import numpy as np
import pytest

from livn_core.backends import default_backends, use_backend
from livn_core.errors import (
    BackendConnectionError,
    BackendFallbackWarning,
    ConfigError,
    FormatError,
    SourceNotFoundError,
    UnknownBackendError,
)
from livn_core.hookspecs import hookimpl
from livn_core.neuroh5 import open_neuroh5
from livn_core.system import System


class Archive:
    """A backend of the top rank that reads through another one and remembers what it was asked."""

    def __init__(self, through, sidecars=None, broken=None):
        self.through, self.sidecars, self.broken = through, sidecars, broken
        self.opened = []

    @hookimpl
    def livn_backend_priority(self):
        return 1000

    @hookimpl
    def livn_backend_open(self, source, options):
        self.opened.append((source.rpartition("/")[2], dict(options)))
        if self.broken is not None:
            raise self.broken
        return default_backends().get(self.through).open(source)

    @hookimpl
    def livn_backend_sidecar(self, source, name):
        if self.sidecars is None:
            return None
        if name not in self.sidecars:
            raise FileNotFoundError(name)
        return self.sidecars[name]

    @hookimpl
    def livn_backend_sidecars(self, source):
        return None if self.sidecars is None else list(self.sidecars)


@pytest.fixture
def archive(backend):
    """Register an :class:`Archive` that reads through an installed backend."""

    def register(**arguments):
        plugin = Archive(backend, **arguments)
        default_backends().register(plugin, "archive")
        return plugin

    yield register
    default_backends().refresh()


def test_one_file_wins_over_the_pair(pair, archive):
    (pair / "graph.h5").write_bytes((pair / "cells.h5").read_bytes())
    plugin = archive()
    with System(pair) as system:
        assert system.projection_names == ()
        assert system.files["connections"].endswith("graph.h5")
    assert [name for name, _ in plugin.opened] == ["graph.h5"]


def test_pair_is_opened_through_the_backend_that_took_the_first_with_the_users_options(pair, archive, backend):
    plugin = archive()
    with System(pair, backend=["archive", backend], options={"depth": 3}) as system, use_backend(backend):
        assert system.populations == ["EXC", "INH"]
        assert system.projection("EXC", "INH").n_edges == 20
        assert system.backend == "archive"
        assert system.backend_selection.by == "argument"
    assert plugin.opened == [("graph.h5", {"depth": 3}), ("cells.h5", {"depth": 3}), ("connections.h5", {"depth": 3})]


def test_every_backend_gives_the_same(two_pops):
    names = [name for name in ("h5py", "pyfive") if name in default_backends().names]
    if len(names) < 2:
        pytest.skip("needs two backends that read local files")
    first, second = (System(two_pops, backend=name) for name in names)
    assert np.array_equal(first.neuron_coordinates, second.neuron_coordinates)
    assert np.array_equal(first.connectivity_matrix(), second.connectivity_matrix())
    assert first.cells_meta_data == second.cells_meta_data
    assert first.summary() == second.summary()
    first.close()
    second.close()


def test_failing_backend_is_not_passed_over(two_pops, archive):
    archive(broken=BackendConnectionError("server down"))
    with pytest.raises(BackendConnectionError, match="server down"):
        System(two_pops).populations  # noqa: B018


def test_fallback_reads_the_whole_system_through_the_next_backend(pair, archive, backend):
    plugin = archive(broken=BackendConnectionError("server down"), sidecars={})
    system = System(pair, backend=["archive", backend], fallback=True, options={"depth": 3})
    with pytest.warns(
        BackendFallbackWarning, match=f"backend 'archive' failed .*server down.*; reading with '{backend}'"
    ):
        assert system.populations == ["EXC", "INH"]
    assert system.projection("EXC", "INH").n_edges == 20
    assert system.connections_config["synapses"]["EXC"]["INH"]["type"] == "inhibitory"
    assert (system.backend, system.backend_selection.instead_of) == (backend, "archive")
    assert [row.status for row in system.backend_selection.candidates] == ["failed", "chosen"]
    assert plugin.opened == [("graph.h5", {"depth": 3})]
    system.close()


def test_fallback_that_fails_too_raises_the_first_error(tmp_path, archive, backend):
    archive(broken=BackendConnectionError("server down"))
    with pytest.raises(BackendConnectionError, match="server down") as caught:
        System(tmp_path, backend=["archive", backend], fallback=True).populations  # noqa: B018
    assert any(f"reading with '{backend}' instead failed too" in note for note in caught.value.__notes__)


def test_fallback_does_not_pass_over_a_wrong_setting(two_pops, archive):
    archive(broken=ConfigError("no endpoint"))
    with pytest.raises(ConfigError, match="no endpoint"):
        System(two_pops, fallback=True).populations  # noqa: B018


def test_file_that_the_backend_lacks_is_not_a_failure(pair, archive):
    archive()
    with System(pair, fallback=True) as system:
        assert system.projection("EXC", "INH").n_edges == 20
        assert system.backend == "archive"


@pytest.mark.parametrize("wrong", ["0", "abc", "-1", "1.5", "1025", "٣", "9" * 5000])
def test_wrong_number_of_threads_is_refused_before_anything_is_read(wrong, two_pops, backend, monkeypatch):
    monkeypatch.setenv("LIVN_THREADS", wrong)
    message = "LIVN_THREADS must be a whole number from 1 to 1024"
    with pytest.raises(ConfigError, match=message):
        System(two_pops, backend=backend, fallback=True).populations  # noqa: B018
    with pytest.raises(ConfigError, match=message):
        open_neuroh5(two_pops / "graph.h5", backend=backend)


@pytest.mark.parametrize("right", ["", "1", " 02 ", "1024"])
def test_right_number_of_threads(right, two_pops, backend, monkeypatch):
    monkeypatch.setenv("LIVN_THREADS", right)
    with System(two_pops, backend=backend) as system:
        assert system.num_neurons == 28


def test_unknown_backend(two_pops):
    with pytest.raises(UnknownBackendError, match="no backend 'pyfvie' is installed"):
        System(two_pops, backend="pyfvie").populations  # noqa: B018


def test_backend_that_keeps_sidecars_has_the_last_word(two_pops, archive, graph):
    graph["architecture"]["uuid"] = "served"
    archive(sidecars={"graph.json": json.dumps(graph).encode(), "selection/b.json": b'{"gids": {"EXC": [1]}}'})
    with System(two_pops) as system:
        assert system.graph.uuid == "served"
        assert system.selections() == ["b"]
        assert system.selection("b")["EXC"].tolist() == [1]
        assert system.load_file("mea.json", None) is None
        with pytest.raises(SourceNotFoundError, match=r"there is no stored selection 'e1'; there is b"):
            system.selection("e1")


def test_local_directory_is_read_for_a_backend_without_sidecars(two_pops, archive):
    archive(sidecars=None)
    with System(two_pops) as system:
        assert system.graph.uuid == "built-1"
        assert system.selections() == ["e1", "other"]


def test_cells_without_connections(pair, backend):
    (pair / "connections.h5").unlink()
    with System(pair, backend=backend) as system:
        assert system.neuron_coordinates.shape == (28, 4)
        with pytest.raises(
            SourceNotFoundError, match=r"connections\.h5: there is no such file beside cells\.h5, so there are no"
        ):
            system.projection("EXC", "INH")


@pytest.mark.parametrize("by", ["argument", "context", "environment", "priority"])
def test_note_of_the_second_file_says_why_the_backend_was_chosen(by, pair, backend, monkeypatch):
    why = {"argument": "the backend= argument", "context": r"use_backend\(\)", "environment": "LIVN_H5_BACKEND$"}
    (pair / "connections.h5").write_bytes(b"no HDF5")
    if by == "environment":
        monkeypatch.setenv("LIVN_H5_BACKEND", backend)
    else:
        monkeypatch.delenv("LIVN_H5_BACKEND", raising=False)
    with (
        use_backend(backend) if by == "context" else nullcontext(),
        System(pair, backend=backend if by == "argument" else None) as system,
        pytest.raises(FormatError) as caught,
    ):
        system.projection("EXC", "INH")
    (note,) = caught.value.__notes__
    assert re.search(f"connections.h5 .* chosen by {why.get(by, 'priority')}", note.partition(";")[0]), note


def test_files_that_disagree_about_the_cells(pair, gid_order, backend):
    (pair / "connections.h5").write_bytes((gid_order / "graph.h5").read_bytes())
    with (
        System(pair, backend=backend) as system,
        pytest.raises(FormatError, match=r"population 'PYR' is \(0, 6\).* lacks it"),
    ):
        system.projection("EXC", "INH")
