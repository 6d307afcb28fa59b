"""The signed connectivity matrix."""

from __future__ import annotations

import random

import numpy as np
import pytest

from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError, TooLargeError, UnknownNameError
from livn_core.neuroh5 import Edges
from livn_core.system import System, _columns, _sparse
from livn_core.system._connectivity import dense
from livn_core.writing import write_system


@pytest.fixture
def system(gid_order, backend):
    with System(gid_order, backend=backend) as system:
        yield system


def test_strengths_are_those_of_pythons_generator_in_gid_order(system):
    rng = random.Random(5)
    at = {gid: index for index, gid in enumerate([0, 1, 2, 3, 4, 5, 10, 11, 12, 13])}
    expected = np.zeros((10, 10))
    for pre, post, sign in [(0, 2, 1), (13, 1, -1), (11, 1, -1), (13, 1, -1), (10, 4, -1),
                            (0, 10, 1), (0, 10, 1), (5, 10, 1), (3, 13, 1)]:  # fmt: skip
        expected[at[pre], at[post]] += sign * rng.random()
    matrix = system.connectivity_matrix(seed=5)
    assert matrix.dtype == np.float32
    assert np.array_equal(matrix, expected.astype(np.float32))


def test_sparse_is_the_same_matrix(system):
    sparse = pytest.importorskip("scipy.sparse")
    matrix = system.connectivity_matrix(sparse=True)
    assert isinstance(matrix, sparse.csc_array)
    assert (matrix.dtype, matrix.shape, matrix.nnz) == (np.float32, (10, 10), 7)
    assert matrix.has_canonical_format
    assert np.array_equal(matrix.toarray(), system.connectivity_matrix())


@pytest.mark.parametrize("at_once", [16, 1 << 16])
@pytest.mark.parametrize("ascending", [False, True])
def test_sparse_without_sorting_is_what_sorting_gives(
    tmp_path, graph, write_json, backend, monkeypatch, at_once, ascending
):
    """Edges of one pair, up to a dozen and more, are added up in the same order: the last bit is the same."""
    pytest.importorskip("scipy.sparse")
    monkeypatch.setattr(_columns, "_AT_ONCE", at_once)
    rng = np.random.default_rng(4)
    ranges = {"EXC": (0, 5), "INH": (5, 4)}

    def edges(pre, post):
        degree = rng.integers(0, 60, ranges[post][1])
        start, count = ranges[pre]
        drawn = rng.integers(start, start + count, degree.sum()).astype(np.int32)
        cells = np.split(drawn, np.cumsum(degree)[:-1])
        sources = np.concatenate([np.sort(own) if ascending else own for own in cells])
        gids = np.arange(ranges[post][1])[degree > 0] + ranges[post][0]
        return Edges(gids, np.concatenate(([0], np.cumsum(degree[degree > 0]))), sources, {})

    pairs = {(pre, post): edges(pre, post) for pre in ranges for post in ranges}
    write_system(tmp_path / "system", ranges, pairs)
    write_json(tmp_path / "system" / "graph.json", graph)
    weights = {"INH_EXC": 0.3, "EXC_INH": -1.7}
    with System(tmp_path / "system", backend=backend) as system:
        dealt = system.connectivity_matrix(weights, seed=9, sparse=True)
        sorted_ = system.connectivity_matrix(weights, seed=9, sparse=True, gids=system.gids)
    assert dealt.nnz < sum(map(len, pairs.values())) / 4
    for name in ("data", "indices", "indptr"):
        one, other = getattr(dealt, name), getattr(sorted_, name)
        assert np.array_equal(one, other), name
    assert dealt.has_canonical_format
    assert dealt.indices.dtype == sorted_.indices.dtype == np.int32
    dealt.has_canonical_format = False  # what was claimed is true
    dealt.sum_duplicates()
    assert dealt.nnz == sorted_.nnz


def test_sparse_indices_are_as_wide_as_they_must_be_whatever_the_gids(tmp_path, graph, write_json, backend):
    pytest.importorskip("scipy.sparse")
    first = 2**31 + 5
    edges = Edges(np.arange(first, first + 4), np.arange(5) * 2, np.array([first, first + 1] * 4), {})
    write_system(tmp_path / "system", {"EXC": (first, 4)}, {("EXC", "EXC"): edges})
    graph["connections"]["EXC"]["config"]["synapses"] = {"EXC": {"EXC": {"type": "excitatory"}}}
    write_json(tmp_path / "system" / "graph.json", graph)
    with System(tmp_path / "system", backend=backend) as system:
        matrix = system.connectivity_matrix(sparse=True)
        assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
        assert matrix.nnz == 8
        assert np.array_equal(matrix.toarray(), system.connectivity_matrix())


def test_a_population_without_cells_may_begin_beyond_int32(tmp_path, graph, write_json, backend):
    pytest.importorskip("scipy.sparse")
    h5py = pytest.importorskip("h5py")
    write_system(tmp_path / "system", {"EXC": (0, 2), "INH": (3_000_000_000, 0)}, {})
    with h5py.File(tmp_path / "system" / "connections.h5", "a") as file:
        edges = file.create_group("Projections/EXC/INH/Edges")
        kinds = {"Block Index": "u4", "Block Pointer": "u8", "Pointer": "u8"}
        for name, kind in {**{f"Destination {one}": kind for one, kind in kinds.items()}, "Source Index": "u4"}.items():
            edges[name] = np.empty(0, kind)
    write_json(tmp_path / "system" / "graph.json", graph)
    with System(tmp_path / "system", backend=backend) as system:
        projection = system.projection("INH", "EXC")
        assert projection.read().pre_gids.size == 0
        assert projection.to_scipy().shape == (0, 2)
        assert system.connectivity_matrix(sparse=True).nnz == 0


def test_a_matrix_of_cells_that_a_system_without_cells_lacks(tmp_path, backend):
    with (
        System(write_system(tmp_path / "system", {"EXC": (0, 0)}), backend=backend) as system,
        pytest.raises(UnknownNameError, match="there is no gid 0; there are no cells"),
    ):
        system.connectivity_matrix(gids=[0])


@pytest.mark.parametrize("cells", [2**31, 2**40])
def test_a_matrix_of_more_than_addresses(cells):
    """Numpy raises no ``MemoryError`` for these."""
    with pytest.raises(TooLargeError, match=r"the matrix of .* cells needs .* GiB"):
        dense(np.zeros(0, np.int64), np.zeros(0, np.float32), cells)
    with pytest.raises(TooLargeError, match=r"the matrix of .* edges does not fit into memory"):
        _sparse._room(cells**2, np.int64)


def test_coordinates_of_more_than_addresses(tmp_path, backend):
    system = System(write_system(tmp_path / "system", {"EXC": 3}), backend=backend)
    with system, pytest.raises(TooLargeError, match=r"cells.h5: not enough memory for the coordinates of .* cells"):
        system._coordinates._empty(2**61)


def test_a_matrix_of_more_than_memory(tmp_path, graph, write_json, backend):
    """400 TB are more than a process can address."""
    system = System(write_system(tmp_path / "system", {"EXC": 10_000_000, "INH": 1}), backend=backend)
    write_json(tmp_path / "system" / "graph.json", graph)
    with system, pytest.raises(TooLargeError, match=r"10,000,001 cells needs 372,529 GiB .* sparse=True"):
        system.connectivity_matrix()


def test_part_equals_the_same_part_of_the_whole_in_the_order_given(two_pops, backend):
    with System(two_pops, backend=backend) as system:
        whole = system.connectivity_matrix()
        order = [27, 3, 20, 0, 19, 5]
        assert whole[np.ix_(order, order)].any()
        assert np.array_equal(system.connectivity_matrix(gids=order), whole[np.ix_(order, order)])
        everyone = np.arange(27, -1, -1)
        assert np.array_equal(system.connectivity_matrix(gids=everyone), whole[::-1, ::-1])
        assert system.connectivity_matrix(gids=[]).shape == (0, 0)


def test_gaps_between_gids_are_no_rows(system):
    matrix = system.connectivity_matrix(gids=[13, 3, 1])
    assert [tuple(entry) for entry in np.argwhere(matrix)] == [(0, 2), (1, 0)]
    assert matrix[1, 0] > 0 > matrix[0, 2]


def test_sign_weight_and_seed(system):
    plain = system.connectivity_matrix()
    assert (plain[6:, :6] <= 0).all()
    assert (plain[:6] >= 0).all()
    doubled = system.connectivity_matrix(weights={"BC_PYR": 2.0, "BC_PYR-soma-AMPA-weight": 9.0})
    assert np.allclose(doubled[:6, 6:], 2 * plain[:6, 6:])
    assert np.array_equal(doubled[:, :6], plain[:, :6])
    assert np.array_equal(system.connectivity_matrix(seed=np.int64(123)), plain)
    assert not np.array_equal(system.connectivity_matrix(seed=124), plain)
    assert not np.array_equal(system.connectivity_matrix(seed=None), system.connectivity_matrix(seed=None))


def test_unconnected_system_is_all_zero(two_pops, graph, write_json):
    del graph["connections"]
    write_json(two_pops / "graph.json", graph)
    with System(two_pops) as system:
        assert not system.connectivity_matrix().any()
        assert system.connections_config == {"synapses": {}}


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"gids": [0, 6]}, UnknownNameError, "there is no gid 6; there are 10, 0 to 13"),
        ({"gids": [0, 0]}, InvalidArgumentError, "gids have to be unique"),
        ({"gids": [0.5]}, InvalidArgumentError, "gids have to be a list of whole numbers, not float64"),
        ({"gids": [True]}, InvalidArgumentError, "gids have to be a list of whole numbers, not bool"),
        (
            {"weights": {"PYR_PVR": 1.0}},
            UnknownNameError,
            r"weights: no projection \(post_pre\) 'PYR_PVR'; there is PYR_PYR, .*did you mean 'PYR_PYR'",
        ),
    ],
)
def test_bad_arguments(system, arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        system.connectivity_matrix(**arguments)


def test_graph_json_that_contradicts_the_files(two_pops, graph, write_json):
    synapses = graph["connections"]["EXC"]["config"]["synapses"]
    synapses["EXC"]["GHOST"] = {"type": "excitatory"}
    write_json(two_pops / "graph.json", graph)
    with (
        System(two_pops) as system,
        pytest.raises(FormatError, match="the population 'GHOST', which the HDF5 files lack"),
    ):
        system.connectivity_matrix()
    synapses["EXC"]["GHOST"] = synapses["EXC"].pop("INH")
    synapses["EXC"]["EXC"]["type"] = "exciting"
    del synapses["EXC"]["GHOST"]
    write_json(two_pops / "graph.json", graph)
    with (
        System(two_pops) as system,
        pytest.raises(FormatError, match="EXC/EXC/type: is 'exciting'; a synapse is excitatory or"),
    ):
        system.connectivity_matrix()


def test_without_graph_json_signs_are_unknown(two_pops):
    (two_pops / "graph.json").unlink()
    with (
        System(two_pops) as system,
        pytest.raises(SourceNotFoundError, match=r"has no file 'graph\.json'; it says how"),
    ):
        system.connectivity_matrix()
