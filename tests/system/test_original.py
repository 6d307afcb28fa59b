"""Beside the original livn: its protocol, its results where they are right, its environments on our systems."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from livn_core.errors import FormatError, LivnError, MissingPackageError
from livn_core.system import MEA, ParallelSystem, System
from livn_core.system._original import is_installed

pytestmark = pytest.mark.filterwarnings("ignore")  # the original and what it imports warn of their own accord
needs_livn = pytest.mark.skipif(not is_installed(), reason="the original livn is not installed")
without_livn = pytest.mark.skipif(is_installed(), reason="the original livn is installed")


@pytest.fixture
def system(two_pops, backend):
    with System(two_pops, backend=backend) as system:
        yield system


@pytest.fixture
def original(two_pops):
    pytest.importorskip("livn")
    from livn.system import System as Original

    return Original(str(two_pops))


def same(ours, theirs):
    """Equality of nested structures with arrays in them."""
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return np.array_equal(ours, theirs)


def test_importing_systems_imports_nothing_of_it():
    heavy = "{'livn', 'scipy', 'fsspec', 'pyfive', 'h5py', 'mpi4py'}"
    code = f"import sys, livn_core.system; sys.exit(any(name.split('.')[0] in {heavy} for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_livn
def test_protocol(system):
    from livn.types import System as Protocol

    assert isinstance(system, Protocol)
    assert isinstance(ParallelSystem(3), Protocol)


@needs_livn
def test_every_public_member_of_the_original_is_there(original, system):
    from livn.system import ParallelSystem as Theirs

    names = {name for name in {*dir(type(original)), *vars(original)} if not name.startswith("_")}
    assert names - {"GRAPH_FORMAT_VERSION"} <= set(dir(system))
    theirs = Theirs(2)
    assert {name for name in {*dir(Theirs), *vars(theirs)} if not name.startswith("_")} <= set(dir(ParallelSystem(2)))


def test_metadata_are_equal(system, original):
    for name in (
        "name",
        "populations",
        "population_ranges",
        "num_neurons",
        "connections_config",
        "weight_names",
        "files",
    ):
        assert getattr(system, name) == getattr(original, name), name
    assert system.synapse_projections() == original.synapse_projections()
    assert system.cells_meta_data.cell_attribute_info == original.cells_meta_data.cell_attribute_info
    assert system.summary()["num_edges"] == original.summary()["num_projections"]
    assert system.params_document() == original.params_document()
    assert system.selections() == original.selections()
    assert system.selection_document("e1") == original.selection_document("e1")
    assert system.local_directory("a", "b") == original.local_directory("a", "b")


def test_arrays_are_equal(system, original):
    assert same(system.neuron_coordinates, original.neuron_coordinates)
    assert same(system.gids, original.gids)
    assert np.array_equal(system.bounding_box[0], original.bounding_box[0])
    assert same(list(system.coordinates("INH")), list(original.coordinates("INH")))
    for pre, post in system.projection_names:
        assert same(list(system.projections(pre, post)), list(original.projections(pre, post)))
        assert same(system.projection_array(pre, post), original.projection_array(pre, post))
    for population in system.populations:
        assert same(list(system.synapses(population)), list(original.synapses(population)))


@pytest.mark.parametrize("arguments", [{}, {"seed": 7}, {"weights": {"EXC_INH": 3.0}}, {"gids": [27, 3, 20, 4]}])
def test_connectivity_is_equal(system, original, arguments):
    theirs = original.connectivity_matrix(**arguments)
    assert theirs.any()
    assert np.array_equal(system.connectivity_matrix(**arguments), theirs)


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        (14, {}),
        (0.3, {}),
        ({"EXC": 3, "INH": [21, 20]}, {}),
        ("e1", {}),
        (14, {"method": "random", "seed": 4}),
        (0.5, {"method": "patch"}),
        (6, {"method": "patch"}),
        (None, {"method": "patch", "bounds": [[0, 0], [50, 50]]}),
    ],
)
def test_selections_are_equal(system, original, spec, arguments):
    assert same(system.selection(spec, **arguments), original.selection(spec, **arguments))


@needs_livn
def test_parallel_systems_are_equal():
    from livn.system import ParallelSystem as Theirs

    for arguments in ((3,), ({"A": 2, "B": 3}, 20.0), (2, [[7, 0, 0, 0], [3, 1, 2, 3]])):
        ours, theirs = ParallelSystem(*arguments), Theirs(*arguments)
        for name in ("populations", "population_ranges", "num_neurons", "connections_config", "name", "files", "uri"):
            assert getattr(ours, name) == getattr(theirs, name), name
        for name in ("neuron_coordinates", "gids", "bounding_box", "center_point"):
            assert same(getattr(ours, name), getattr(theirs, name)), name
        assert same(ours.connectivity_matrix(), theirs.connectivity_matrix())


@needs_livn
def test_environment_runs_on_our_systems(system):
    from livn.backend.default import Env

    env = Env(system)
    assert env.system is system
    assert env.io.num_channels == 2
    assert env.io.output_radius == 200
    assert type(env.model).__module__.startswith("livn.models.")
    distances = MEA.from_json(system.load_file("mea.json")).distances(system.neuron_coordinates)
    assert np.allclose(env.io.distances(system.neuron_coordinates), distances)
    assert Env(ParallelSystem(3)).system.num_neurons == 3


@needs_livn
def test_model_that_is_named(system, two_pops, write_json):
    write_json(two_pops / "model.json", {"cls": "livn.models.rcsd.ReducedCalciumSomaDendrite", "kwargs": {}})
    assert type(system.default_model()).__name__ == "ReducedCalciumSomaDendrite"


@needs_livn
def test_no_electrodes_are_the_originals_io(system, two_pops):
    (two_pops / "mea.json").unlink()
    assert type(system.default_io()).__name__ == "IO"


@without_livn
def test_electrodes_without_the_original(system, two_pops):
    io = system.default_io()
    assert isinstance(io, MEA)
    assert (io.num_channels, io.channel_ids.tolist()) == (2, [0, 7])
    (two_pops / "mea.json").unlink()
    with pytest.raises(
        MissingPackageError, match=r"mea\.json: there is no such file, and without it an IO device needs .*pip"
    ):
        system.default_io()
    with pytest.raises(ImportError, match="pip install livn"):
        ParallelSystem(2).default_io()


@without_livn
def test_model_and_sections_without_the_original(system):
    with pytest.raises(
        ImportError, match=r"a cell model such as livn\.models\..* needs the original livn package -> pip"
    ):
        system.default_model()
    assert system.weight_names[0] == "EXC_EXC-dend-AMPA-weight"
    assert len(system.weight_names) == 8


def test_broken_electrodes_are_not_passed_over(system, two_pops):
    (two_pops / "mea.json").write_text('{"electrode_coordinates": [[0, 1]]}')
    with pytest.raises(FormatError, match=r"mea\.json: /: electrodes have to be rows of id, x, y, z"):
        system.default_io()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"cls": "os.system", "kwargs": {"command": "true"}}, r"names 'os\.system', but only classes under livn\. are"),
        ({"cls": "livnx.Evil"}, "but only classes under"),
        ({"cls": "livn"}, "/cls: has to be the dotted path of a class, not 'livn'"),
        ({"cls": "livn.__import__('os')"}, "/cls: has to be the dotted path of a class"),
        ({"cls": 3}, "/cls: has to be the dotted path of a class, not 3"),
        ({"cls": "livn.models.rcsd.X", "kwargs": [1]}, "/kwargs: has to be an object"),
        ([], "has to be an object with cls and kwargs"),
    ],
)  # fmt: skip
def test_model_that_is_refused(system, two_pops, write_json, document, sentence):
    write_json(two_pops / "model.json", document)
    with pytest.raises(FormatError, match=sentence) as caught:
        system.default_model()
    assert isinstance(caught.value, LivnError)
    with pytest.raises(FormatError, match=sentence):
        system.weight_names  # noqa: B018


@needs_livn
@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("livn.utils.download_directory", "which is no model class"),
        ("livn.utils.os.system", "does not exist"),
        ("livn.system.System", "which is no model class"),
        ("livn.io.MEA", "which is no model class"),
        ("livn.models.rcsd.Absent", "does not exist"),
        ("livn.nowhere.Absent", "does not exist"),
    ],
)
def test_what_is_no_model_is_not_called(system, two_pops, write_json, path, sentence):
    write_json(two_pops / "model.json", {"cls": path, "kwargs": {}})
    with pytest.raises(FormatError, match=sentence):
        system.default_model()


def test_allow_list_can_be_widened(system, two_pops, write_json, tmp_path, monkeypatch):
    (tmp_path / "my_lab_models.py").write_text(
        "class Cell:\n"
        "    def __init__(self, size): self.size = size\n"
        "    def stimulus_coordinates(self, rows, population=None): return rows\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    write_json(two_pops / "model.json", {"cls": "my_lab_models.Cell", "kwargs": {"size": 3}})
    with pytest.raises(FormatError, match="widen it with allow="):
        system.default_model()
    assert system.default_model(allow=["my_lab_models."]).size == 3
