"""Arguments that make no sense have an error of their own, and lead nowhere else in the file."""

from __future__ import annotations

import copy
import pickle
import sys

import h5py
import numpy as np
import pytest

from livn_core import (
    FormatError,
    InvalidArgumentError,
    InvalidTypeError,
    Ranges,
    TooLargeError,
    UnknownNameError,
    open_neuroh5,
)
from livn_core.errors import unknown_name


@pytest.fixture
def file(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_attribute(file, "Populations/A/NS/v", [0, 2], [0, 1, 3], [1.0, 2.0, 3.0])
        layouts.write_attribute(file, "Populations/B/NS/v", [0], [0, 1], [777.0])
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), [0], [0, 3], [0, 1, 3], [1, 2, 3])
        file["Projections/B/A/W/half"] = np.array([0.5, 1.5, 2.5], np.float16)

    return written(write)


@pytest.mark.parametrize(
    ("namespace", "names"),
    [("../B/NS", "v"), ("", "NS/v"), ("NS", "./v"), ("NS", "../NS/v"), (".", "NS"), ("NOPE", []), ("NS", "")],
)
def test_names_are_no_paths(namespace, names, file):
    with pytest.raises(KeyError):
        file.cell_attributes("A", namespace, names)


def test_no_names_is_none_of_them(file):
    assert file.cell_attributes("A", "NS", []) == {}


@pytest.mark.parametrize("names", [3, True, ["v", 3], [["v"]]])
def test_names_must_be_names(names, file):
    with pytest.raises(TypeError, match="attributes must be a name or several"):
        file.cell_attributes("A", "NS", names)


@pytest.mark.parametrize("attributes", [None, 1, [["W/half"]], [1]])
def test_edge_attributes_must_be_names(attributes, file):
    with pytest.raises(TypeError, match="attributes must be a name or several"):
        file.projection("A", "B").read(attributes=attributes)


def test_numpy_bools_are_bools(file):
    assert list(file.projection("A", "B").read(attributes=np.True_).attributes) == ["W"]
    assert list(file.projection("A", "B").read(attributes=np.False_).attributes) == []


@pytest.mark.parametrize("name", [3, ["A"], None])
def test_population_must_be_a_str(name, file):
    with pytest.raises(TypeError, match="a population is named by a str"):
        file.namespaces(name)
    with pytest.raises(TypeError, match="a namespace is named by a str"):
        file.cell_attributes("A", name)


@pytest.mark.parametrize("gids", [[True, 1], {0: 1}, b"\x00", [[0, 1]], [[0], [0, 1]], np.zeros((2, 2), int)])
def test_gids_must_be_a_flat_list(gids, file):
    with pytest.raises(TypeError, match="gids must be"):
        file.cell_attributes("A", "NS", gids=gids)


def test_gids_from_anything_that_can_be_iterated(file):
    for gids in ({0, 2}, range(3), (gid for gid in (2, 0)), np.array([2, 0], np.uint8)):
        assert file.cell_attributes("A", "NS", gids=gids)["v"].gids.tolist() == [0, 2]


@pytest.mark.parametrize(
    "make",
    [
        lambda: [np.uint64(2), np.int64(0)],
        lambda: [2, np.uint64(0), np.int8(2)],
        lambda: np.ma.array([0, 2], mask=[False, False]),
        lambda: pytest.importorskip("pandas").Series([2, 0], index=[7, 8]),
        lambda: pytest.importorskip("pandas").Series([2, 0], dtype="Int64"),
        lambda: pytest.importorskip("pyarrow").array([2, 0]),
        lambda: pytest.importorskip("pyarrow").chunked_array([[2], [0]]),
    ],
)
def test_gids_of_several_types_and_from_other_libraries(make, file):
    assert file.cell_attributes("A", "NS", gids=make())["v"].gids.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: np.ma.array([0, 2], mask=[False, True]), r"some are masked; leave those out with compressed\(\)"),
        (lambda: [np.uint64(2), 0.0], "1-dimensional float64"),
        (lambda: [np.int64(2), np.True_], "there is a bool among them"),
        (lambda: pytest.importorskip("pandas").Series([0, None], dtype="Int64"), "1-dimensional"),
        (lambda: pytest.importorskip("pandas").Series([True, False]), "1-dimensional bool"),
        (lambda: pytest.importorskip("pyarrow").array([0, None]), "1-dimensional float64"),
    ],
)
def test_gids_that_are_missing_or_no_integers(make, message, file):
    with pytest.raises(InvalidTypeError, match=f"gids must be .*{message}"):
        file.cell_attributes("A", "NS", gids=make())


@pytest.mark.parametrize(
    ("name", "meant"), [("half", "'W/half'"), ("hlaf", "'W/half'"), ("W/hafl", "'W/half'"), ("w/half", "'W/half'")]
)
def test_an_attribute_without_its_namespace_is_suggested(name, meant, file):
    with pytest.raises(UnknownNameError, match=f"no edge attribute {name!r}; there is W/half; did you mean {meant}"):
        file.projection("A", "B").read(attributes=name)


def test_every_attribute_of_that_name_is_suggested():
    error = unknown_name("edge attribute", "weight", ["A/weight", "B/weight", "weights/other"], "here")
    assert str(error).endswith("; did you mean 'A/weight' or 'B/weight'?")
    assert "did you mean" not in str(unknown_name("edge attribute", "else", ["A/weight"], "here"))


@pytest.mark.parametrize("weight", [True, False, ["W/half"], ("W/half",), 3])
def test_weight_is_one_name(weight, file):
    pytest.importorskip("scipy")
    with pytest.raises(InvalidTypeError, match="weight must be the name of one edge attribute, 'Namespace/name', or"):
        file.projection("A", "B").to_scipy(weight=weight)


def test_attribute_is_a_mapping_from_gid(file):
    attribute = file.cell_attributes("A", "NS")["v"]
    assert list(attribute) == [0, 2]
    assert {gid: attribute[gid].tolist() for gid in attribute} == {0: [1.0], 2: [2.0, 3.0]}
    assert 2 in attribute
    assert 1 not in attribute
    assert True not in attribute
    with pytest.raises(TypeError, match="a gid must be an integer, not True"):
        attribute[True]


def test_copies_are_read_only_too(file):
    attribute = file.cell_attributes("A", "NS")["v"]
    for one in (copy.deepcopy(attribute), pickle.loads(pickle.dumps(attribute))):
        assert one.values.tolist() == attribute.values.tolist()
        with pytest.raises(ValueError, match="read-only"):
            one.values[0] = 0


def test_what_is_given_away_is_not_what_is_kept(file):
    projection = file.projection("A", "B")
    edges = projection.read()
    edges.post_gids.flags.writeable = True
    edges.post_gids[:] = 0
    assert projection.read().post_gids.tolist() == [6, 7]


def test_blocks_check_at_once_and_count_every_array(file):
    projection = file.projection("A", "B")
    with pytest.raises(InvalidArgumentError):
        projection.blocks(0)
    with pytest.raises(KeyError):
        projection.blocks(attributes="W/none")
    assert len(list(projection.blocks(2**70))) == 1
    for max_bytes in range(28, 80):
        for piece in projection.blocks(max_bytes):
            size = piece.post_gids.nbytes + piece.indptr.nbytes + piece.pre_gids.nbytes
            assert size <= max_bytes or piece.post_gids.size == 1


def test_edges_from_nobody(file):
    edges = file.projection("A", "B").out_edges([], attributes=True)
    assert len(edges) == 0
    assert edges.indptr.tolist() == [0]
    assert edges.attributes["W"]["half"].dtype == np.float16


def test_half_precision_weights_become_single(file):
    pytest.importorskip("scipy")
    matrix = file.projection("A", "B").to_scipy("W/half")
    assert matrix.dtype == np.float32
    assert matrix.toarray().sum() == 4.5
    with pytest.raises(KeyError):
        file.projection("A", "B").to_scipy("")


@pytest.mark.parametrize(
    ("package", "method"), [("scipy", "to_scipy"), ("pandas", "to_pandas"), ("pyarrow", "to_arrow")]
)
def test_library_that_is_not_installed(package, method, file, monkeypatch):
    for name in (package, f"{package}.sparse"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf"{method}\(\) needs {package}: pip install {package}"):
        getattr(file.projection("A", "B"), method)()


def test_an_empty_population_far_away_widens_nothing(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, {"A": (0, 6), "B": (6, 10), "FAR": (2**40, 0)})
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), [0], [0, 2], [0, 1], [1])

    assert written(write).projection("A", "B").read().pre_gids.dtype == np.int32


def test_gids_beyond_int32_are_wide(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, {"A": (2**33, 6), "B": (0, 10)})
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), [0], [0, 2], [0, 1], [1])

    projection = written(write).projection("A", "B")
    assert projection.read().pre_gids.dtype == np.int64
    assert projection.read().pre_gids.tolist() == [2**33 + 1]
    assert projection.out_degree().tolist() == [0, 1, 0, 0, 0, 0]
    assert projection.out_edges(2**33 + 1).post_gids.tolist() == [0]


def test_population_too_large_for_an_array(written, layouts, monkeypatch):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, {"A": (0, 6), "B": (6, 2**32 - 1)})
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), [0], [0, 2], [0, 1], [1])

    def no_memory(*_: object, **__: object) -> None:
        raise MemoryError  # on a machine with enough of it there would be none

    projection = written(write).projection("A", "B")
    assert projection.read().post_gids.tolist() == [6]
    monkeypatch.setattr("livn_core.neuroh5._projection.np.zeros", no_memory)
    with pytest.raises(TooLargeError, match="population B claims 4,294,967,295 cells, too many"):
        projection.in_degree()


def test_population_of_which_no_address_reaches_the_end(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, {"A": (0, 6), "B": (6, 5)})
        rows = file["H5Types/Populations"][:]
        del file["H5Types/Populations"]
        wide = [(name, "<u8" if name == "Count" else rows.dtype[name]) for name in rows.dtype.names]
        rows = rows.astype(wide)
        rows["Count"][1] = 2**61
        file["H5Types/Populations"] = rows
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), [0], [0, 2], [0, 1], [1])

    projection = written(write).projection("A", "B")
    with pytest.raises(TooLargeError, match="population B claims 2,305,843,009,213,693,952 cells, too many"):
        projection.in_degree()


def test_values_without_a_pointer_are_not_spread_without_end(written, layouts):
    cells, values = 30_000, 20_000

    def write(file: h5py.File) -> None:
        layouts.write_types(file, {"A": (0, cells)})
        layouts.write_attribute(file, "Populations/A/NS/all", np.arange(cells), None, np.zeros(values, np.float32))

    file = written(write)
    with pytest.raises(TooLargeError, match=r"each of 30,000 cells has all its values, 600,000,000 in all"):
        file.cell_attributes("A", "NS")
    assert file.cell_attributes("A", "NS", gids=[7])["all"].values.size == values


def test_paths_and_communicators(backend, written, layouts, tmp_path):
    source = written(layouts.write_types).source
    with open_neuroh5(tmp_path / source, backend=backend) as file:
        assert file.source == source
    with pytest.raises(TypeError, match="comm must be a communicator"):
        open_neuroh5(source, backend=backend, comm=3)


def test_groups_that_are_no_projections(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), [0], [0, 2], [0, 1], [1])
        file["Projections/Meta/notes/made by"] = np.arange(3)
        file["Projections/B/version"] = np.arange(1)

    assert written(write).projections == (("A", "B"),)


def older(layouts, file: h5py.File, top: str, index: int, source: int) -> None:
    layouts.write_edges(file.create_group(f"Projections/{top}"), [index], [0, 2], [0, 1], [source])


SMALL_AND_LARGE = {"A": (0, 3), "B": (3, 10)}


@pytest.mark.parametrize(
    ("top", "index", "source", "expected"),
    [
        ("B/A", 9, 0, ("A", "B")),  # cell 9 is in B alone, so B receives
        ("A/B", 9, 0, ("A", "B")),
        ("A/B", 0, 9, ("B", "A")),
        ("B/A", 0, 9, ("B", "A")),
        ("B/A", 0, 0, ("A", "B")),  # both ways: as it is today
        ("A/B", 0, 0, ("B", "A")),
        ("A/A", 0, 2, ("A", "A")),
    ],
)
def test_older_layout(top, index, source, expected, written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, SMALL_AND_LARGE)
        older(layouts, file, top, index, source)

    file = written(write)
    assert file.projections == (expected,)
    edges = file.projection(*expected).read()
    start = {name: first for name, (first, _) in SMALL_AND_LARGE.items()}
    assert edges.post_gids.tolist() == [start[expected[1]] + index]
    assert edges.pre_gids.tolist() == [start[expected[0]] + source]


def test_older_layout_that_fits_both_ways_follows_the_rest_of_the_file(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, {"A": (0, 3), "B": (3, 10), "C": (13, 3)})
        older(layouts, file, "A/B", 9, 0)  # only the pre population can come first
        older(layouts, file, "A/C", 0, 0)

    assert written(write).projections == (("A", "B"), ("A", "C"))


def test_older_layout_that_fits_both_ways_follows_the_valid_projections(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, SMALL_AND_LARGE)
        older(layouts, file, "A/B", 0, 0)
        pairs = np.array([(0, 1)], [("Source", "<u2"), ("Destination", "<u2")])
        file["H5Types/Valid population projections"] = pairs

    file = written(write)
    assert file.valid_projections == (("A", "B"),)
    assert file.projections == (("A", "B"),)


def test_two_groups_for_one_projection(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file, SMALL_AND_LARGE)
        older(layouts, file, "A/B", 9, 0)
        older(layouts, file, "B/A", 9, 1)

    with pytest.raises(FormatError, match="is a second projection A -> B, beside /Projections/"):
        _ = written(write).projections


@pytest.mark.parametrize(("starts", "stops"), [([-1], [2]), ([3], [2]), ([0, 1], [1])])
def test_ranges_that_are_none(starts, stops):
    with pytest.raises(InvalidArgumentError, match="/x: "):
        Ranges("/x", np.array(starts), np.array(stops))
