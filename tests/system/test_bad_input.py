"""Every mistake has a sentence of its own: what is wrong, what there is, what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from livn_core.backends import Backends
from livn_core.errors import (
    FormatError,
    InvalidArgumentError,
    InvalidTypeError,
    LivnError,
    NoBackendError,
    SystemNotFoundError,
    UnknownNameError,
)
from livn_core.neuroh5 import open_neuroh5
from livn_core.system import System
from livn_core.writing import write_system

REFERENCE = Path(__file__).parent.parent / "reference"


def test_missing_path(tmp_path, backend):
    with pytest.raises(SystemNotFoundError, match=r"absent: there is no system there \(") as caught:
        System(tmp_path / "absent", backend=backend).num_neurons  # noqa: B018
    assert any(f"with backend '{backend}'" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("options", ["hunter2", [("threads", 2)], 3])
def test_options_that_are_no_mapping(options, two_pops):
    for make in (System, lambda path, options: open_neuroh5(path / "graph.h5", options=options)):
        with pytest.raises(InvalidTypeError, match="options= takes a mapping of names to values, not ") as caught:
            make(two_pops, options=options)
        assert "hunter2" not in str(caught.value)


def test_path_that_is_no_system(tmp_path, backend):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "data").mkdir()
    with pytest.raises(
        SystemNotFoundError,
        match=r"this directory is no system: it has neither graph\.h5 nor cells\.h5; it holds data, notes",
    ):
        System(tmp_path, backend=backend).num_neurons  # noqa: B018


def test_path_of_a_file(two_pops, backend):
    with pytest.raises(
        SystemNotFoundError, match=r"a system is a directory, and this is a file; .* use open_neuroh5\(\)"
    ):
        System(two_pops / "graph.h5", backend=backend).num_neurons  # noqa: B018


@pytest.mark.parametrize("uri", [None, 3, True, ["EI1"]])
def test_what_is_no_path(uri):
    with pytest.raises(InvalidTypeError, match="a system is named by its path or address, not by"):
        System(uri)


def test_empty_path():
    with pytest.raises(InvalidArgumentError, match="'' is no path or address of a system"):
        System("")


@pytest.mark.parametrize("size", [0, 7, 100, 1000, 5000])
def test_truncated_file(two_pops, backend, size):
    file = two_pops / "graph.h5"
    file.write_bytes(file.read_bytes()[:size])
    with System(two_pops, backend=backend) as system, pytest.raises(LivnError, match=r"graph\.h5"):
        print(system.summary(), system.neuron_coordinates)


def test_no_backend_at_all(two_pops, monkeypatch):
    monkeypatch.setattr("livn_core.backends._registry._default", Backends(entries=()))
    with pytest.raises(NoBackendError, match=r"no backend is installed that could open .*graph\.h5 -> pip install"):
        System(two_pops).num_neurons  # noqa: B018


@pytest.fixture
def system(two_pops, backend):
    with System(two_pops, backend=backend) as system:
        yield system


@pytest.mark.parametrize(
    "ask",
    [
        lambda system: system.population_count("EXK"),
        lambda system: system.coordinate_array("EXK"),
        lambda system: list(system.coordinates("EXK")),
        lambda system: list(system.synapses("EXK")),
        lambda system: system.projection("EXK", "INH"),
        lambda system: system.projection("INH", "EXK"),
        lambda system: system.projection_array("EXK", "INH"),
        lambda system: list(system.projections("INH", "EXK")),
        lambda system: system.namespaces("EXK"),
        lambda system: system.cell_attributes("EXK", "Selection"),
        lambda system: system.trees("EXK"),
        lambda system: system.transform_coordinates(lambda rows, population: rows, ["EXK"]),
    ],
)
def test_unknown_population(system, ask):
    with pytest.raises(UnknownNameError, match="no population 'EXK'; there is EXC, INH; did you mean 'EXC'") as caught:
        ask(system)
    assert isinstance(caught.value, KeyError)


def test_unknown_projection(gid_order, backend):
    sentence = "no projection 'BC -> BC'; there is PYR -> PYR, BC -> PYR, PYR -> BC"
    with System(gid_order, backend=backend) as system, pytest.raises(KeyError, match=sentence):
        system.projection("BC", "BC")


def test_unknown_namespace_attribute_and_gid(system):
    with pytest.raises(KeyError, match=r"no namespace 'Selektion'; .*did you mean 'Selection'"):
        system.cell_attributes("EXC", "Selektion")
    with pytest.raises(KeyError, match="no attribute 'skore'; there is score"):
        system.cell_attributes("EXC", "Selection", "skore")
    with pytest.raises(KeyError, match="gid 20 is not in population EXC, which holds 0 to 19"):
        system.cell_attributes("EXC", "Selection", gids=[3, 20])
    with pytest.raises(KeyError, match="gid 3 is not in population INH, which holds 20 to 27"):
        system.projection("EXC", "INH").read([3])


def test_population_without_synapses(gid_order, backend):
    with (
        System(gid_order, backend=backend) as system,
        pytest.raises(KeyError, match="no namespace 'Synapse Attributes'"),
    ):
        list(system.synapses("PYR"))


def test_population_without_coordinates(tmp_path, backend):
    shutil.copy(REFERENCE / "b_nonalpha.h5", tmp_path / "graph.h5")
    with System(tmp_path, backend=backend) as system:
        assert system.population_ranges == {"ZED": (0, 5), "ALPHA": (5, 7), "MID": (12, 3)}
        with pytest.raises(
            UnknownNameError,
            match=r"population 'ZED' has no coordinates: they are read from X, Y and Z of the namespace 'Generated "
            r"Coordinates', but its namespaces are 'Coordinates'",
        ):
            system.neuron_coordinates  # noqa: B018


class _Some:
    def __init__(self, gids, pointer, values):
        self.gids, self.pointer, self.values = gids, pointer, np.array(values, np.float32)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (_Some([0, 2], [0, 1, 2], [1, 2]), r"/Populations/A/Generated Coordinates/Y Coordinate: 1 of 3 cells .* gid 1"),
        (
            _Some([0, 1, 2], [0, 1, 3, 4], [1, 2, 3, 4]),
            r"Y Coordinate: gid 1 has 2 values; a coordinate has to be exactly one",
        ),
    ],
)
def test_cell_without_one_coordinate_on_each_axis(tmp_path, backend, given, sentence):
    line = np.arange(3, dtype=np.float32)
    axes = {"X Coordinate": line, "Y Coordinate": given, "Z Coordinate": line}
    path = write_system(tmp_path / "odd", {"A": 3}, cells={"A": {"Generated Coordinates": axes}})
    with System(path, backend=backend) as system, pytest.raises(FormatError, match=sentence):
        system.coordinate_array("A")


def test_population_without_cells(tmp_path, backend):
    line = {f"{axis} Coordinate": np.zeros(2, np.float32) for axis in "XYZ"}
    path = write_system(tmp_path / "some", {"A": 2, "NONE": 0}, cells={"A": {"Generated Coordinates": line}})
    with System(path, backend=backend) as system:
        assert system.coordinate_array("NONE").shape == (0, 4)
        assert system.neuron_coordinates.shape == (2, 4)
        assert system.selection(0.5) == {"A": [0]}
