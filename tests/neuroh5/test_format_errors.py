"""Every contradiction in a file is a FormatError that names the file, the place and what is wrong."""

from __future__ import annotations

import pickle
import re

import h5py
import numpy as np
import pytest

from livn_core import FormatError, InvalidArgumentError

PROJECTION = "Projections/B/A"

BAD_EDGES = {
    "no pointers": (([], [], [], [1]), "Edges: holds 1 edges, but nothing says which cells they arrive at"),
    "block pointer too short": (([0], [0], [0, 1], [1]), "Block Pointer: must have 2 elements for 1 blocks, but has 1"),
    "block pointer begins late": (([0], [1, 2], [0, 1], [1]), "Block Pointer: must lead from 0 to 2"),
    "block pointer ends early": (
        ([0], [0, 1], [0, 1, 2], [1, 1]),
        "Block Pointer: must lead from 0 to 3, but leads from 0 to 1",
    ),
    "block pointer too far": (
        ([0], [0, 9], [0, 1], [1]),
        "Block Pointer: must lead from 0 to 2, but leads from 0 to 9",
    ),
    "block pointer decreases": (
        ([0, 5, 7], [0, 2, 1, 4], [0, 1, 2, 3], [1, 1, 1]),
        "Block Pointer: must never decrease",
    ),
    "pointer begins late": (([0], [0, 2], [1, 2], [1, 1]), "Destination Pointer: must lead from 0 to 2"),
    "pointer ends early": (
        ([0], [0, 2], [0, 1], [1, 1]),
        "Destination Pointer: must lead from 0 to 2, the number of edges, not 0 to 1",
    ),
    "pointer too far": (([0], [0, 2], [0, 3], [1, 1]), "Destination Pointer: must lead from 0 to 2"),
    "pointer decreases": (
        ([0], [0, 4], [0, 2, 1, 3], [1, 1, 1]),
        "Pointer: must never decrease, but falls from 2 to 1 after element 1",
    ),
    "pointer beyond int64": (([0], [0, 2], [0, 2**64 - 1], [1]), "Destination Pointer: holds an integer beyond 2**63"),
    "cell outside": (
        ([9], [0, 3], [0, 1, 2], [1, 1]),
        "Block Index: cell 10 lies outside population B, which has 10 cells",
    ),
    "source outside": (
        ([0], [0, 2], [0, 2], [1, 6]),
        "Source Index: cell 6 lies outside population A, which has 6 cells",
    ),
}


@pytest.mark.parametrize("kind", BAD_EDGES)
def test_bad_edges(kind, written, layouts):
    arrays, problem = BAD_EDGES[kind]

    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_edges(file.create_group(f"{PROJECTION}/Edges"), *arrays)

    with pytest.raises(FormatError) as caught:
        written(write).projection("A", "B").read()
    assert caught.value.file.endswith(".h5")
    assert caught.value.node.startswith("/Projections/B/A/Edges")
    assert problem in str(caught.value)


def _edges_and(layouts, more):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_edges(file.create_group(f"{PROJECTION}/Edges"), [0], [0, 2], [0, 2], [1, 1])
        more(file)

    return write


def test_attribute_of_another_length(written, layouts):
    file = written(_edges_and(layouts, lambda file: file.create_dataset(f"{PROJECTION}/W/w", data=np.zeros(3))))
    file.projection("A", "B").read()
    with pytest.raises(FormatError, match="/Projections/B/A/W/w: has 3 values for 2 edges"):
        file.projection("A", "B").read(attributes=True)


@pytest.mark.parametrize("data", [np.zeros((2, 2)), np.array([b"a", b"b"]), np.zeros(2, np.complex128)])
def test_unsupported_attribute_fails_alone(data, written, layouts):
    def more(file: h5py.File) -> None:
        file[f"{PROJECTION}/W/bad"] = data
        file[f"{PROJECTION}/W/good"] = np.zeros(2)

    file = written(_edges_and(layouts, more))
    projection = file.projection("A", "B")
    assert projection.read(attributes="W/good").attributes["W"]["good"].tolist() == [0, 0]
    with pytest.raises(FormatError, match="/Projections/B/A/W/bad: "):
        projection.read(attributes="W/bad")


def test_edges_missing(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        file[f"{PROJECTION}/W/w"] = np.zeros(3)

    with pytest.raises(FormatError, match="/Projections/B/A/Edges/Source Index: there is no such dataset"):
        _ = written(write).projection("A", "B").n_edges


def test_projection_of_an_unknown_population(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        file.create_group("Projections/B/X/Edges")

    with pytest.raises(FormatError, match="/Projections/B/X: there is no population 'X'; there is A, B"):
        _ = written(write).projections


BAD_ATTRIBUTES = {
    "cell outside": (
        ([0, 6], [0, 1, 2], [1.0, 2.0]),
        "Cell Index: cell 6 lies outside population A, which has 6 cells",
    ),
    "pointer too short": (
        ([0, 1], [0, 2], [1.0, 2.0]),
        "Attribute Pointer: must have 3 elements for 2 cells, but has 2",
    ),
    "pointer ends early": (([0], [0, 1], [1.0, 2.0]), "Attribute Pointer: must lead from 0 to 2, the number of values"),
    "pointer begins late": (([0], [1, 2], [1.0, 2.0]), "Attribute Pointer: must lead from 0 to 2"),
    "pointer decreases": (([0, 1, 2], [0, 2, 1, 2], [1.0, 2.0]), "Attribute Pointer: must never decrease"),
    "values of nobody": (([], [], [1.0]), "Attribute Pointer: must have 1 elements for 0 cells, but has 0"),
}


@pytest.mark.parametrize("kind", BAD_ATTRIBUTES)
def test_bad_attributes(kind, written, layouts):
    arrays, problem = BAD_ATTRIBUTES[kind]

    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_attribute(file, "Populations/A/N/v", *arrays)

    with pytest.raises(FormatError, match=re.escape(problem)):
        written(write).cell_attributes("A", "N")


def test_attribute_names_that_do_not_exist(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_attribute(file, "Populations/A/Generated Coordinates/X Coordinate", [0], [0, 1], [1.0])

    file = written(write)
    with pytest.raises(KeyError, match="population A: no namespace 'Coordinates'; there is Generated Coordinates"):
        file.cell_attributes("A", "Coordinates")
    with pytest.raises(KeyError, match="no attribute 'X'; there is X Coordinate"):
        file.cell_attributes("A", "Generated Coordinates", "X")
    with pytest.raises(KeyError, match="population B: no namespace 'Generated Coordinates'; there is none at all"):
        file.cell_attributes("B", "Generated Coordinates")
    with pytest.raises(KeyError, match="gid 6 is not in population A"):
        file.cell_attributes("A", "Generated Coordinates", gids=[0, 6])


def test_one_value_for_each_cell(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_attribute(file, "Populations/A/N/one", [3, 1], [0, 1, 2], [3.0, 1.0])
        layouts.write_attribute(file, "Populations/A/N/some", [3, 1], [0, 2, 2], [3.0, 1.0])

    attributes = written(write).cell_attributes("A", "N")
    assert attributes["one"].to_numpy().tolist() == [1.0, 3.0]
    assert attributes["some"][3].tolist() == [3.0, 1.0]
    with pytest.raises(InvalidArgumentError, match="cell 1 has 0 values, not one"):
        attributes["some"].to_numpy()
    with pytest.raises(KeyError):
        attributes["one"][2]


BAD_TYPES = {
    "no rows": (lambda layouts, file: file.create_group("H5Types"), "/H5Types/Populations: is missing"),
    "no labels": (
        lambda layouts, file: layouts.write_types(file, labels=False),
        "nothing says which name belongs to which row",
    ),
    "wrong fields": (
        lambda layouts, file: file.create_dataset("H5Types/Populations", data=np.zeros(1, [("Start", "<u8")])),
        "has no field 'Count'",
    ),
    "overlap": (
        lambda layouts, file: layouts.write_types(file, {"A": (0, 6), "B": (5, 3)}),
        "populations A and B share gids from 5",
    ),
    "beyond int64": (
        lambda layouts, file: layouts.write_types(file, {"A": (2**64 - 1, 6)}),
        "population A claims 6 cells",
    ),
}


@pytest.mark.parametrize("kind", BAD_TYPES)
def test_bad_populations(kind, written, layouts):
    write, problem = BAD_TYPES[kind]
    with pytest.raises(FormatError, match=re.escape(problem)):
        _ = written(lambda file: write(layouts, file)).populations


@pytest.mark.parametrize(
    ("field", "kind"), [("Start", "<f8"), ("Count", "S3"), ("Population", "<f4"), ("Start", [("nested", "<u4")])]
)
def test_fields_must_be_integers(field, kind, written):
    def write(file: h5py.File) -> None:
        kinds = {"Start": "<u8", "Count": "<u4", "Population": "<u2"} | {field: kind}
        file["H5Types/Populations"] = np.zeros(1, list(kinds.items()))

    with pytest.raises(FormatError, match="/H5Types/Populations"):
        _ = written(write).populations


def test_valid_projections_must_name_populations(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        file["H5Types/Valid population projections"] = np.array([(0, 7)], [("Source", "<u2"), ("Destination", "<u2")])

    with pytest.raises(FormatError, match="names the population index 7, which has no name"):
        _ = written(write).valid_projections


def test_attribute_without_an_index(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        file["Populations/A/N/v/Attribute Value"] = np.zeros(3)

    with pytest.raises(FormatError, match="/Populations/A/N/v: has no dataset 'Cell Index'"):
        written(write).cell_attributes("A", "N")


def test_errors_can_be_pickled():
    error = FormatError("cells.h5", "H5Types", "is broken")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.file, again.node) == ("cells.h5: /H5Types: is broken", "cells.h5", "/H5Types")


def _rows(*rows):
    def write(file: h5py.File) -> None:
        enum = h5py.enum_dtype({"A": 0, "B": 1}, np.uint16)
        kind = [("Start", "<u8"), ("Count", "<u4"), ("Population", enum)]
        file["H5Types/Populations"] = np.array(list(rows), kind)

    return write


def test_row_without_a_name(written, layouts):
    with pytest.raises(FormatError, match="a row has population index 7, but the names are A=0, B=1"):
        _ = written(_rows((0, 3, 0), (3, 3, 7))).populations


def test_population_with_two_rows(written, layouts):
    with pytest.raises(FormatError, match="population A has two rows"):
        _ = written(_rows((0, 3, 0), (3, 3, 0))).populations


def test_empty_populations_do_not_overlap(written, layouts):
    file = written(_rows((3, 3, 1), (3, 0, 0)))
    assert file.population_ranges == {"A": (3, 0), "B": (3, 3)}


def test_larger_than_the_file_can_hold(written, layouts):
    def write(file: h5py.File) -> None:
        layouts.write_types(file)
        layouts.write_edges(file.create_group(f"{PROJECTION}/Edges"), [0], [0, 2], [0, 2], [1, 1])
        # A declared length without any chunk behind it: legal HDF5, and 8 TB once it is read.
        del file[f"{PROJECTION}/Edges/Destination Pointer"]
        file.create_dataset(f"{PROJECTION}/Edges/Destination Pointer", (10**12,), np.uint64, chunks=(1000,))

    with pytest.raises(FormatError, match="Destination Pointer"):
        written(write).projection("A", "B").read()
