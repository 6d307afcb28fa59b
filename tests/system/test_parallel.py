"""Systems without files."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from livn_core.errors import InvalidArgumentError, InvalidTypeError, SourceNotFoundError, UnknownNameError
from livn_core.system import ParallelSystem, System, resolve


def test_populations_follow_each_other():
    system = ParallelSystem({"EXC": 3, "NONE": 0, "INH": np.int64(2)}, name="dish")
    assert system.population_ranges == {"EXC": (0, 3), "NONE": (3, 0), "INH": (3, 2)}
    assert (system.populations, system.num_neurons, system.name) == (["EXC", "NONE", "INH"], 5, "dish")
    assert (system.gids.dtype, system.gids.tolist()) == (np.int64, [0, 1, 2, 3, 4])
    assert system.coordinate_array("INH")[:, 0].tolist() == [3, 4]
    assert system.coordinate_array("NONE").shape == (0, 4)
    assert repr(system) == "ParallelSystem({'EXC': 3, 'NONE': 0, 'INH': 2})"


def test_number_is_that_many_excitatory_cells():
    assert ParallelSystem(3).population_ranges == {"EXC": (0, 3)}
    assert ParallelSystem().num_neurons == 1


@pytest.mark.parametrize(
    ("coordinates", "rows"),
    [
        (0.0, [[0, 0, 0, 0], [1, 0, 0, 0]]),
        (25, [[0, 0, 0, 0], [1, 25, 0, 0]]),
        ([[1, 2, 3], [4, 5, 6]], [[0, 1, 2, 3], [1, 4, 5, 6]]),
        ([[9, 1, 2, 3], [4, 4, 5, 6]], [[9, 1, 2, 3], [4, 4, 5, 6]]),
        (lambda n: np.full((n, 3), n), [[0, 2, 2, 2], [1, 2, 2, 2]]),
    ],
)
def test_coordinates(coordinates, rows):
    system = ParallelSystem(2, coordinates=coordinates)
    assert system.neuron_coordinates.dtype == np.float64
    assert system.neuron_coordinates.tolist() == rows
    assert system.gids.tolist() == [row[0] for row in rows]
    assert sorted(system.coordinates("EXC")) == sorted((row[0], tuple(row[1:])) for row in rows)


def test_box_has_room_to_spare():
    system = ParallelSystem(2, coordinates=[[0, 10, 20], [100, 30, 20]])
    assert system.bounding_box.tolist() == [[-100, -90, -80], [200, 130, 120]]
    assert system.center_point.tolist() == [50, 20, 20]


def test_nothing_is_connected():
    system = ParallelSystem({"A": 2, "B": 2}, coordinates=[[9, 0, 0, 0], [5, 0, 0, 0], [7, 0, 0, 0], [1, 0, 0, 0]])
    assert system.connections_config == {"synapses": {"A": {}, "B": {}}}
    assert (system.synapse_projections(), system.weight_names, system.projection_names) == ([], [], ())
    assert (list(system.projections("A", "B")), system.projection_array("A", "B"), list(system.synapses("A"))) == (
        [],
        [],
        [],
    )
    assert system.connectivity_matrix().tolist() == np.zeros((4, 4)).tolist()
    assert system.connectivity_matrix(gids=[9, 1]).shape == (2, 2)
    assert system.connectivity_matrix().dtype == np.float32
    assert system.summary() == {
        "num_neurons": 4, "num_projections": 0, "num_edges": 0, "population_counts": {"A": 2, "B": 2},
    }  # fmt: skip
    with pytest.raises(UnknownNameError, match="there is no gid 2"):
        system.connectivity_matrix(gids=[2])
    with pytest.raises(UnknownNameError, match="no population 'C'; there is A, B"):
        system.projections("A", "C")


def test_sparse_matrix_is_empty():
    pytest.importorskip("scipy")
    matrix = ParallelSystem(3).connectivity_matrix(sparse=True)
    assert (matrix.shape, matrix.nnz) == ((3, 3), 0)


def test_no_files():
    system = ParallelSystem(2)
    assert (system.files, system.uri, system.selections(), system.params_document()) == ({}, None, [], (None, None))
    assert system.load_file("mea.json", None) is None
    with pytest.raises(
        SourceNotFoundError, match=r"ParallelSystem\(\{'EXC': 2\}\) has no files, so it has no 'mea\.json'"
    ):
        system.load_file("mea.json")
    with pytest.raises(FileNotFoundError, match="so it has no stored selection 'e1'"):
        system.selection("e1")


def test_meta_data_are_known_without_files():
    meta = ParallelSystem({"A": 2}).cells_meta_data
    assert (meta.population_ranges, meta.cell_attribute_info, meta.cell_count()) == ({"A": (0, 2)}, {"A": {}}, 2)
    assert not meta.has("A", "Generated Coordinates")
    with pytest.raises(UnknownNameError, match="no population 'B'; there is A"):
        meta.population_count("B")


def test_pickles():
    system = pickle.loads(pickle.dumps(ParallelSystem({"A": 2}, coordinates=5.0)))
    assert system.neuron_coordinates.tolist() == [[0, 0, 0, 0], [1, 5, 0, 0]]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ((True,), InvalidTypeError, "the number of cells of 'EXC' has to be a whole number, not the bool True"),
        (({"A": np.False_},), InvalidTypeError, "of 'A' has to be a whole number, not the bool False"),
        ((2.0,), InvalidTypeError, "not float"),
        (("EI1",), InvalidTypeError, "not str"),
        ((-1,), InvalidArgumentError, "the number of cells of 'EXC' cannot be negative: -1"),
        ((0,), InvalidArgumentError, "a system needs at least one cell; 0 has none"),
        (({},), InvalidArgumentError, "a system needs at least one cell"),
        ((2, [[1, 2, 3]]), InvalidArgumentError, r"\(2, 3\) for x, y, z or \(2, 4\) .*, not \(1, 3\)"),
        ((2, "far"), InvalidTypeError, "coordinates have to be numbers, not <U3"),
        ((1, True), InvalidTypeError, "coordinates have to be numbers, not bool"),
        ((2, [[0, 1, 2, 3]] * 2), InvalidArgumentError, "have to be whole, not negative, and unique"),
        ((1, [[0.5, 1, 2, 3]]), InvalidArgumentError, "have to be whole, not negative, and unique"),
        ((1, [[float("nan"), 1, 2, 3]]), InvalidArgumentError, "have to be whole, not negative, and unique"),
    ],
)
def test_bad_arguments(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        ParallelSystem(*arguments)


def test_resolve(two_pops):
    assert resolve(3).population_ranges == {"EXC": (0, 3)}
    assert resolve(np.int16(3)).num_neurons == 3
    assert resolve({"A": 1, "B": 2}, comm=None).populations == ["A", "B"]
    with resolve(str(two_pops)) as by_name, resolve(two_pops) as by_path:
        assert isinstance(by_name, System)
        assert by_name.populations == by_path.populations == ["EXC", "INH"]
        assert resolve(by_name) is by_name


@pytest.mark.parametrize("spec", [True, np.False_])
def test_bool_is_no_system(spec):
    with pytest.raises(
        InvalidTypeError, match=f"a system is a number of cells, a path or a System, not the bool {spec}"
    ):
        resolve(spec)


@pytest.mark.parametrize("spec", [None, 2.5, object(), [1]])
def test_what_is_no_system(spec):
    with pytest.raises(InvalidTypeError, match="is no system; give a number of cells"):
        resolve(spec)
