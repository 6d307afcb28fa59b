"""Attributes of cells, and morphologies."""

from __future__ import annotations

import h5py
import numpy as np

from livn_core.h5file import AnyArray
from livn_core.testing import _raw
from livn_core.testing._case import Outcome, case
from livn_core.testing._content import Attribute, Content

INTEGERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")


def every_dtype() -> dict[str, tuple[AnyArray, AnyArray]]:
    """``{name: (what is stored, what must come out)}``, three values each, extremes among them."""
    found: dict[str, tuple[AnyArray, AnyArray]] = {}
    for code in INTEGERS:
        info = np.iinfo(code)
        values = np.array([info.min, info.max, 1], code)
        found[code] = (values.astype(f"<{code}"), values)
    for code in ("f2", "f4", "f8"):
        values = np.array([np.finfo(code).max, -0.0, np.finfo(code).smallest_subnormal], code)
        found[code] = (values.astype(f"<{code}"), values)
    found["bool"] = (np.array([True, False, True]), np.array([1, 0, 1], np.int8))
    enum = h5py.enum_dtype({"soma": 1, "dendrite": 3, "axon": 2}, basetype=np.dtype("u1"))
    found["enum"] = (np.array([3, 1, 2], enum), np.array([3, 1, 2], np.uint8))
    return dict(sorted(found.items()))


@case
def cell_dtypes(file: h5py.File) -> Outcome:
    """Integers of 8 to 64 bits, floats of 16 to 64, bools and enums, each with its extremes."""
    ranges = _raw.simple_types(file, A=4)
    expected = {}
    for name, (stored, values) in every_dtype().items():
        _raw.attribute(file, f"A/All/{name}", [0, 3], [0, 1, 3], stored)
        expected["A", "All", name] = Attribute([0, 3], [0, 1, 3], values)
    return Content(ranges, expected)


@case
def big_endian(file: h5py.File) -> Outcome:
    """Stored in the other byte order, everything comes out in the machine's own."""
    ranges = _raw.simple_types(file, A=300)
    for code in ("f4", "f8", "i2", "u4", "i8"):
        group = file.create_group(f"Populations/A/Swapped/{code}")
        group.create_dataset("Cell Index", data=np.array([1, 258], ">u4"))
        group.create_dataset("Attribute Pointer", data=np.array([0, 1, 3], ">u8"))
        group.create_dataset("Attribute Value", data=np.array([1, 2, 258], f">{code}"))
    names = sorted(("f4", "f8", "i2", "u4", "i8"))
    return Content(
        ranges, {("A", "Swapped", n): Attribute([1, 258], [0, 1, 3], np.array([1, 2, 258], n)) for n in names}
    )


@case
def cell_index_unsorted(file: h5py.File) -> Outcome:
    """Cells may be stored in any order; they come out ascending, each with its own values."""
    ranges = _raw.simple_types(file, A=10, B=10)
    _raw.attribute(file, "B/N/v", [7, 0, 9, 2], [0, 2, 3, 3, 6], np.array([70, 71, 0, 20, 21, 22], "<u2"))
    expected = Attribute([10, 12, 17, 19], [0, 1, 4, 6, 6], np.array([0, 20, 21, 22, 70, 71], np.uint16))
    return Content(ranges, {("B", "N", "v"): expected})


@case
def cell_index_repeated(file: h5py.File) -> Outcome:
    """A cell that was appended to occurs again: its values are joined in file order."""
    ranges = _raw.simple_types(file, A=10)
    _raw.attribute(file, "A/N/v", [4, 2, 4, 4, 2], [0, 2, 3, 4, 4, 6], np.array([40, 41, 20, 42, 21, 22], "<f4"))
    expected = Attribute([2, 4], [0, 3, 6], np.array([20, 21, 22, 40, 41, 42], np.float32))
    return Content(ranges, {("A", "N", "v"): expected})


@case
def cell_index_differs_between_attributes(file: h5py.File) -> Outcome:
    """Attributes of one namespace may have different cells."""
    ranges = _raw.simple_types(file, A=6)
    _raw.attribute(file, "A/N/v", [0, 1], [0, 1, 3], np.array([1, 2, 3], "<f4"))
    _raw.attribute(file, "A/N/w", [5, 1, 4], [0, 1, 2, 3], np.array([50, 10, 40], "<i4"))
    return Content(
        ranges,
        {
            ("A", "N", "v"): Attribute([0, 1], [0, 1, 3], np.array([1, 2, 3], np.float32)),
            ("A", "N", "w"): Attribute([1, 4, 5], [0, 1, 2, 3], np.array([10, 40, 50], np.int32)),
        },
    )


@case
def no_attribute_pointer(file: h5py.File) -> Outcome:
    """Without a pointer every cell has all of the values."""
    ranges = _raw.simple_types(file, A=6)
    _raw.attribute(file, "A/N/v", [4, 1], None, np.array([1.5, 2.5, 3.5], "<f4"))
    expected = Attribute([1, 4], [0, 3, 6], np.array([1.5, 2.5, 3.5, 1.5, 2.5, 3.5], np.float32))
    return Content(ranges, {("A", "N", "v"): expected})


@case
def cells_without_values(file: h5py.File) -> Outcome:
    """A cell may have no value, all may have none, and there may be no cell: each is legal."""
    ranges = _raw.simple_types(file, A=6)
    _raw.attribute(file, "A/N/all", [0, 1], [0, 0, 0], np.empty(0, "<f4"))
    _raw.attribute(file, "A/N/none", [], [], np.empty(0, "<f4"))
    _raw.attribute(file, "A/N/some", [0, 1, 4, 5], [0, 0, 2, 2, 3], np.array([1, 2, 3], "<i1"))
    return Content(
        ranges,
        {
            ("A", "N", "all"): Attribute([0, 1], [0, 0, 0], np.empty(0, np.float32)),
            ("A", "N", "none"): Attribute([], [0], np.empty(0, np.float32)),
            ("A", "N", "some"): Attribute([0, 1, 4, 5], [0, 0, 2, 2, 3], np.array([1, 2, 3], np.int8)),
        },
    )


@case
def hard_links(file: h5py.File) -> Outcome:
    """Attributes may share an index and a pointer by hard links, and a namespace may hold other things."""
    ranges = _raw.simple_types(file, A=6)
    first = _raw.attribute(file, "A/N/x", [5, 2], [0, 2, 3], np.array([50, 51, 20], "<f4"))
    second = file.create_group("Populations/A/N/y")
    for name in ("Cell Index", "Attribute Pointer"):
        second[name] = first[name]
    second["Attribute Value"] = np.array([-50, -51, -20], "<i2")
    file["Populations/A/N/Cell Index"] = first["Cell Index"]
    file.create_group("Populations/A/N/Notes").create_dataset("Text", data=np.arange(3))
    return Content(
        ranges,
        {
            ("A", "N", "x"): Attribute([2, 5], [0, 1, 3], np.array([20, 50, 51], np.float32)),
            ("A", "N", "y"): Attribute([2, 5], [0, 1, 3], np.array([-20, -50, -51], np.int16)),
        },
    )


POINTS: dict[str, tuple[str, str, list[float]]] = {
    "X Coordinate": ("x", "<f4", [30, 31, 32, 10, 11]),
    "Y Coordinate": ("y", "<f4", [0.5, 1.5, 2.5, 3.5, 4.5]),
    "Z Coordinate": ("z", "<f4", [-1, -2, -3, -4, -5]),
    "Radius": ("radius", "<f4", [5, 2, 1, 6, 3]),
    "Point Layer": ("layer", "i1", [-1, 0, 127, 3, 4]),
    "Parent Point": ("parent", "<i4", [-1, 0, 1, -1, 0]),
    "SWC Type": ("swc_type", "i1", [1, 3, 3, 1, 4]),
}


@case
def trees(file: h5py.File) -> Outcome:
    """Morphologies, the cells in no order, index and pointers shared by hard links as neuroh5 does it."""
    ranges = _raw.simple_types(file, B=2, A=5)
    index, pointer = [3, 1], [0, 3, 5]
    x = _raw.attribute(file, "A/Trees/X Coordinate", index, pointer, np.array(POINTS["X Coordinate"][2], "<f4"))
    file["Populations/A/Trees/Cell Index"] = x["Cell Index"]
    for name, (_field, dtype, values) in list(POINTS.items())[1:]:
        group = file.create_group(f"Populations/A/Trees/{name}")
        group["Cell Index"], group["Attribute Pointer"] = x["Cell Index"], x["Attribute Pointer"]
        group["Attribute Value"] = np.array(values, dtype)
    sections = np.array([2, 2, 1, 2, 2, 2, 3, 1, 2, 1, 2], "<u2")
    _raw.attribute(file, "A/Trees/Section", index, [0, 7, 11], sections)
    _raw.attribute(file, "A/Trees/Source Section", index, [0, 1, 1], np.array([0], "<u2"))
    _raw.attribute(file, "A/Trees/Destination Section", index, [0, 1, 1], np.array([1], "<u2"))
    rows = {3: (slice(3, 5), sections[7:], slice(1, 1)), 5: (slice(0, 3), sections[:7], slice(0, 1))}
    expected = {
        gid: {
            **{field: np.array(values[points], np.dtype(dtype)) for field, dtype, values in POINTS.values()},
            "sections": section,
            "src": np.array([0], np.uint16)[links],
            "dst": np.array([1], np.uint16)[links],
        }
        for gid, (points, section, links) in rows.items()
    }
    return Content(ranges, trees={"A": expected})
