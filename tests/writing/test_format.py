"""What is in the file, dataset by dataset: the layout that neuroh5 reads."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from livn_core import CellAttribute, Edges
from livn_core.writing import write_neuroh5

EDGES = "Projections/B/A/Edges"


def onto(rows, **attributes):
    """Edges as ``{post gid: pre gids}``."""
    sources = np.array([gid for row in rows.values() for gid in row], np.int32)
    indptr = np.cumsum([0, *(len(row) for row in rows.values())])
    return Edges(np.array(list(rows)), indptr, sources, {"W": attributes} if attributes else {})


def test_types_are_those_of_neuroh5s_own_tools(tmp_path):
    pairs = {("A", "B"): onto({10: [0]}), ("B", "A"): onto({5: [11]})}
    path = write_neuroh5(tmp_path / "x.h5", {"B": (10, 4), "A": (0, 10)}, pairs)
    with h5py.File(path) as file:
        types = file["H5Types"]
        labels = types["Population labels"]
        assert isinstance(labels, h5py.Datatype)
        assert labels.dtype == np.dtype("<u2")
        assert labels.dtype.metadata["enum"] == {"B": 0, "A": 1}
        rows = types["Populations"]
        # neuroh5 reads by position into a C struct, so the order, the offsets and the size all matter.
        stored = rows.id.get_type()
        members = [(stored.get_member_name(i), stored.get_member_offset(i)) for i in range(stored.get_nmembers())]
        assert members == [(b"Start", 0), (b"Count", 8), (b"Population", 12)]
        assert [rows.dtype[name].str for name in rows.dtype.names] == ["<u8", "<u4", "<u2"]
        assert rows.dtype["Population"].metadata["enum"] == {"B": 0, "A": 1}
        assert [tuple(map(int, row)) for row in rows[:]] == [(10, 4, 0), (0, 10, 1)]
        valid = types["Valid population projections"]
        assert valid.dtype.names == ("Source", "Destination")
        assert valid.dtype["Source"].metadata["enum"] == {"B": 0, "A": 1}
        assert [tuple(map(int, row)) for row in valid[:]] == [(0, 1), (1, 0)]
        assert isinstance(types["Population range"], h5py.Datatype)
        assert isinstance(types["Population projections"], h5py.Datatype)


def test_types_equal_those_of_a_file_that_neuroh5_wrote(tmp_path, request):
    reference = request.path.parents[1] / "reference" / "a_two_pops.h5"
    edges = {(pre, post): onto({}) for pre in ("EXC", "INH") for post in ("EXC", "INH")}
    path = write_neuroh5(tmp_path / "x.h5", {"EXC": 20, "INH": 8}, edges)
    with h5py.File(path) as ours, h5py.File(reference) as theirs:
        assert sorted(ours["H5Types"]) == sorted(theirs["H5Types"])
        for name in theirs["H5Types"]:
            one, other = ours["H5Types"][name], theirs["H5Types"][name]
            kinds = [node.id if isinstance(node, h5py.Datatype) else node.id.get_type() for node in (one, other)]
            assert kinds[0].equal(kinds[1]), name
            if isinstance(other, h5py.Dataset):
                np.testing.assert_array_equal(one[:], other[:])


def test_edges_as_neuroh5_lays_them_out(tmp_path, raw):
    # The same edges as in the reference file that neuroh5 wrote in five blocks.
    degrees = {0: 2, 1: 0, 2: 3, 5: 1, 6: 0, 7: 0, 8: 4, 12: 0, 15: 2, 16: 1, 29: 3}
    rows = {10 + cell: list(range(degree)) for cell, degree in degrees.items()}
    path = write_neuroh5(tmp_path / "x.h5", {"A": 10, "B": 40}, {("A", "B"): onto(rows)})
    assert raw(path, EDGES) == {
        "Destination Block Index": [0, 5, 12, 15, 29],
        "Destination Block Pointer": [0, 3, 7, 8, 10, 12],
        "Destination Pointer": [0, 2, 2, 5, 6, 6, 6, 10, 10, 12, 13, 16],
        "Source Index": [0, 1, 0, 1, 2, 0, 0, 1, 2, 3, 0, 1, 0, 0, 1, 2],
    }
    with h5py.File(path) as file:
        dtypes = {name: node.dtype.str for name, node in file[EDGES].items()}
    assert dtypes == {
        "Destination Block Index": "<u4",
        "Destination Block Pointer": "<u8",
        "Destination Pointer": "<u8",
        "Source Index": "<u4",
    }


@pytest.mark.parametrize(
    ("limit", "starts"),
    [(100, [0]), (9, [0, 4]), (6, [0, 3, 6]), (3, [0, 1, 3, 4, 5, 6]), (1, [0, 1, 2, 3, 4, 5, 6])],
)
def test_a_long_run_is_cut_into_blocks(limit, starts, tmp_path, raw):
    rows = {10 + cell: [0] * degree for cell, degree in enumerate([3, 2, 1, 2, 3, 1, 4])}
    edges = {("A", "B"): onto(rows)}
    path = write_neuroh5(tmp_path / "x.h5", {"A": 10, "B": 40}, edges, max_block_edges=limit)
    found = raw(path, EDGES)
    assert found["Destination Block Index"] == starts
    assert found["Destination Block Pointer"] == [*starts, 8]
    pointer = found["Destination Pointer"]
    for first, last in zip(starts, [*starts[1:], 7], strict=True):
        assert pointer[last] - pointer[first] <= limit or last - first == 1


def test_cell_attributes(tmp_path, raw):
    ragged = CellAttribute(np.array([5, 7]), np.array([0, 0, 2]), np.array([1.5, 2.5], np.float32))
    cells = {"B": {"N": {"ragged": ragged, "dense": np.array([3, 2, 1], np.int8), "pairs": np.eye(3, 2, dtype="u2")}}}
    path = write_neuroh5(tmp_path / "x.h5", {"A": 5, "B": 3}, cells=cells)
    top = "Populations/B/N"
    assert raw(path, f"{top}/ragged") == {
        "Attribute Pointer": [0, 0, 2],
        "Attribute Value": [1.5, 2.5],
        "Cell Index": [0, 2],
    }
    assert raw(path, f"{top}/dense")["Attribute Pointer"] == [0, 1, 2, 3]
    assert raw(path, f"{top}/pairs")["Attribute Pointer"] == [0, 2, 4, 6]
    assert raw(path, f"{top}/pairs")["Attribute Value"] == [1, 0, 0, 1, 0, 0]
    with h5py.File(path) as file:
        kinds = {name: node.dtype.str for name, node in file[f"{top}/dense"].items()}
    assert kinds == {"Attribute Pointer": "<u8", "Attribute Value": "|i1", "Cell Index": "<u4"}


def test_cells_are_put_in_order_because_neuroh5_wants_the_same_order_in_all_attributes(tmp_path, raw):
    given = CellAttribute(np.array([9, 5, 7, 6]), np.array([0, 2, 3, 3, 6]), np.array([1, 2, 3, 4, 5, 6], np.uint8))
    path = write_neuroh5(tmp_path / "x.h5", {"A": 5, "B": 5}, cells={"B": {"N": {"v": given}}})
    assert raw(path, "Populations/B/N/v") == {
        "Attribute Pointer": [0, 1, 4, 4, 6],
        "Attribute Value": [3, 4, 5, 6, 1, 2],
        "Cell Index": [0, 1, 2, 4],
    }


def test_an_attribute_that_no_cell_has_is_left_out_because_neuroh5_takes_the_next_ones_values_for_it(tmp_path):
    nobody = CellAttribute(np.empty(0, np.int64), np.zeros(1, np.int64), np.empty(0, np.float32))
    path = write_neuroh5(tmp_path / "x.h5", {"A": 5}, cells={"A": {"N": {"v": nobody, "w": np.ones(5, "f4")}, "M": {}}})
    with h5py.File(path) as file:
        assert list(file["Populations/A"]) == ["N"]
        assert list(file["Populations/A/N"]) == ["w"]


def test_an_attribute_of_a_population_without_cells_has_three_empty_datasets_as_neuroh5_leaves_them(tmp_path, raw):
    path = write_neuroh5(tmp_path / "x.h5", {"A": 0, "B": 1}, cells={"A": {"N": {"v": np.empty(0, "f4")}}})
    assert raw(path, "Populations/A/N/v") == {"Attribute Pointer": [], "Attribute Value": [], "Cell Index": []}


def test_an_empty_dataset_is_chunked_because_hdf5_gives_a_contiguous_one_no_address_to_read_from(tmp_path, raw):
    nothing = CellAttribute(np.array([1, 3]), np.zeros(3, np.int64), np.empty(0, np.int8))
    path = write_neuroh5(tmp_path / "x.h5", {"A": 5}, cells={"A": {"N": {"v": nothing}}})
    top = "Populations/A/N/v"
    assert raw(path, top) == {"Attribute Pointer": [0, 0, 0], "Attribute Value": [], "Cell Index": [1, 3]}
    with h5py.File(path) as file:
        values = file[f"{top}/Attribute Value"]
        assert (values.dtype.str, values.maxshape, values.chunks is None) == ("|i1", (None,), False)


@pytest.mark.parametrize(
    ("populations", "rows"),
    [
        ({"A": 3, "NONE": 0, "B": 2}, [(0, 3, "A"), (3, 2, "B"), (3, 0, "NONE")]),
        ({"NONE": 0, "B": (0, 2), "LAST": 0}, [(0, 2, "B"), (0, 0, "NONE"), (2, 0, "LAST")]),
        (
            {"NONE": (5, 0), "NEITHER": 0, "B": (5, 2), "A": (0, 5)},
            [(5, 2, "B"), (0, 5, "A"), (5, 0, "NONE"), (5, 0, "NEITHER")],
        ),
    ],
)
def test_populations_without_cells_have_the_last_indices(populations, rows, tmp_path):
    # neuroh5 finds the population of a gid by its start, where the lowest index wins.
    path = write_neuroh5(tmp_path / "x.h5", populations)
    with h5py.File(path) as file:
        stored = file["H5Types/Populations"]
        names = {index: name for name, index in stored.dtype["Population"].metadata["enum"].items()}
        assert [(int(start), int(count), names[index]) for start, count, index in stored[:]] == rows
        assert [int(index) for _, _, index in stored[:]] == list(range(len(rows)))


def test_a_projection_without_edges_is_valid_but_not_there_because_neuroh5_cannot_read_it(tmp_path):
    path = write_neuroh5(tmp_path / "x.h5", {"A": 5}, {("A", "A"): onto({1: []})})
    with h5py.File(path) as file:
        assert "Projections" not in file
        assert file["H5Types/Valid population projections"].shape == (1,)


@pytest.mark.parametrize("pieces", [False, True])
@pytest.mark.parametrize("options", [{}, {"chunks": 50}, {"compression": 4}, {"compression": 1, "shuffle": True}])
def test_no_chunk_is_larger_than_a_fixed_extent(options, pieces, tmp_path, random_edges):
    edges = random_edges(0, 10, 300, 0, 10)
    cells = {"A": {"N": {"v": np.arange(10, dtype="f4")}}}
    given = {("A", "B"): iter([edges]) if pieces else edges}
    path = write_neuroh5(tmp_path / "x.h5", {"A": 10, "B": 300}, given, cells=cells, **options)
    seen = []

    def visit(name, node):
        if isinstance(node, h5py.Dataset) and node.chunks:
            seen.append(name)
            assert node.maxshape == (None,) or node.chunks <= node.shape, name
            assert node.compression == ("gzip" if "compression" in options else None)
            assert node.chunks[0] <= options.get("chunks", 65_536)

    with h5py.File(path) as file:
        file.visititems(visit)
    assert bool(seen) == bool(options or pieces)


def test_the_oldest_file_format_is_used_because_neuroh5_is_built_on_old_libraries(tmp_path):
    path = write_neuroh5(tmp_path / "x.h5", {"A": 5}, cells={"A": {"N": {"v": np.zeros(5, "f4")}}})
    # Superblock version 0, which every HDF5 library reads.
    assert path.read_bytes()[8] == 0
