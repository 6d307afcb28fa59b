"""Each defect that is planted in an HDF5 file is found at its place, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

h5py = pytest.importorskip("h5py")

CELLS, CONNECTIONS = "cells.h5", "connections.h5"
ROWS = "/H5Types/Populations"
LABELS = "/H5Types/Population labels"
PAIRS = "/H5Types/Valid population projections"
X = "/Populations/EXC/Generated Coordinates/X Coordinate"
KIND = "/Populations/EXC/Some/kind"
TREES = "/Populations/EXC/Trees"
EE = "/Projections/EXC/EXC"
IE = "/Projections/EXC/INH"
EI = "/Projections/INH/EXC"


def put(node, values, dtype=None):
    """Replace a dataset by another."""

    def edit(file):
        dataset = np.asarray(values, file[node].dtype if dtype is None and node in file else dtype)
        if node in file:
            del file[node]
        file[node] = dataset

    return edit


def change(node, at, value):
    """Change one element of a dataset."""

    def edit(file):
        file[node][at] = value

    return edit


def shorten(node, by=1):
    return lambda file: put(node, file[node][:-by])(file)


def drop(node):
    return lambda file: file.__delitem__(node)


def create(node):
    return lambda file: file.create_group(node)


def move(old, new):
    return lambda file: file.move(old, new)


def cast(node, dtype):
    return lambda file: put(node, file[node][:], dtype)(file)


def rows(function):
    """Rewrite the table of populations: ``[(start, count, index), …]``."""

    def edit(file):
        dtype = file[ROWS].dtype
        values = np.array(function([tuple(row.tolist()) for row in file[ROWS][:]]), dtype)
        del file[ROWS]
        file.create_dataset(ROWS, data=values, dtype=dtype)

    return edit


def pairs(function):
    def edit(file):
        dtype = file[PAIRS].dtype
        values = np.array(function([tuple(row.tolist()) for row in file[PAIRS][:]]), dtype)
        del file[PAIRS]
        file.create_dataset(PAIRS, data=values, dtype=dtype)

    return edit


def labels(committed):
    def edit(file):
        del file[LABELS]
        if committed:
            file[LABELS] = h5py.enum_dtype(committed, basetype=np.dtype("<u2"))

    return edit


def plain_rows(file):
    """Leave no label anywhere."""
    values = file[ROWS][:]
    del file[ROWS], file[LABELS]
    file[ROWS] = values.astype([("Start", "<u8"), ("Count", "<u4"), ("Population", "<u2")])


def field_of_floats(file):
    values = file[ROWS][:]
    del file[ROWS]
    file[ROWS] = values.astype([("Start", "<f8"), ("Count", "<u4"), ("Population", "<u2")])


def all_edges(group, function):
    """Rewrite block index, block pointer and pointer of a projection."""
    names = [f"{group}/Edges/Destination {name}" for name in ("Block Index", "Block Pointer", "Pointer")]

    def edit(file):
        for name, values in zip(names, function(*(file[name][:].tolist() for name in names)), strict=True):
            put(name, values)(file)

    return edit


def older(file):
    for name in list(file[f"{IE}/Edges"]):
        file.move(f"{IE}/Edges/{name}", f"{IE}/{name}")
    del file[f"{IE}/Edges"]


def a_second_time(file):
    """Put INH -> EXC in the place of EXC -> INH, in the older layout, whose indices say which is which."""
    del file[EI]
    for name in file[f"{IE}/Edges"]:
        file.copy(f"{IE}/Edges/{name}", f"{EI}/{name}")


def two_gids(file):
    put(f"{KIND}/Cell Index", [0, 2, 2, 6, 8, 10, 12, 14, 16, 18])(file)


def edges(name, group=EE):
    return f"{group}/Edges/{name}"


INDEX, BLOCKS, POINTER, SOURCE = (
    edges(name)
    for name in ("Destination Block Index", "Destination Block Pointer", "Destination Pointer", "Source Index")
)

# code, file, node, edit, codes of what follows from it
DEFECTS = [
    ("types-missing", CONNECTIONS, ROWS, drop(ROWS), {"graph-projection-absent"}),
    ("types-fields", CONNECTIONS, ROWS, field_of_floats, {"graph-projection-absent"}),
    ("labels-missing", CONNECTIONS, ROWS, plain_rows, {"graph-projection-absent"}),
    ("labels-not-committed", CELLS, LABELS, labels({}), ()),
    ("labels-disagree", CELLS, LABELS, labels({"EXC": 1, "INH": 0}), ()),
    ("population-unnamed", CELLS, ROWS, rows(lambda r: [*r, (28, 3, 7)]), ()),
    ("population-twice", CELLS, ROWS, rows(lambda r: [*r, (28, 3, 1)]), ()),
    ("population-range", CONNECTIONS, ROWS, rows(lambda r: [r[0], r[1], (2**63, 1, 1)][::2]),
     {"projection-unknown-population", "graph-projection-absent"}),
    ("populations-overlap", CONNECTIONS, ROWS, rows(lambda r: [r[0], (19, 8, 1)]), {"files-disagree"}),
    ("populations-gap", CONNECTIONS, ROWS, rows(lambda r: [r[0], (25, 8, 1)]), {"files-disagree"}),
    ("gid-beyond-32-bits", CONNECTIONS, ROWS, rows(lambda r: [r[0], (2**32, 8, 1)]),
     {"files-disagree", "populations-gap"}),
    ("population-empty", CONNECTIONS, ROWS, rows(lambda r: [(0, 20, 0), (20, 0, 1)]),
     {"files-disagree", "source-outside", "destination-outside"}),
    ("label-without-row", CELLS, ROWS, rows(lambda r: r[:1]),
     {"files-disagree", "group-without-population", "graph-population-unknown", "graph-synapse-population",
      "selection-population"}),
    ("files-disagree", CONNECTIONS, ROWS, rows(lambda r: [r[0], (20, 9, 1)]), ()),
    ("pairs-missing", CONNECTIONS, PAIRS, drop(PAIRS), ()),
    ("pair-missing", CONNECTIONS, PAIRS, pairs(lambda r: r[1:]), ()),
    ("pair-twice", CONNECTIONS, PAIRS, pairs(lambda r: [*r, r[0]]), ()),
    ("pair-unknown-population", CONNECTIONS, PAIRS, pairs(lambda r: [*r, (0, 9)]), ()),
    ("group-without-population", CELLS, "/Populations/PYR", create("/Populations/PYR"), ()),
    ("attribute-values-missing", CELLS, KIND, drop(f"{KIND}/Attribute Value"), ()),
    ("attribute-index-missing", CELLS, KIND, drop(f"{KIND}/Cell Index"), ()),
    ("attribute-pointer-missing", CELLS, KIND, drop(f"{KIND}/Attribute Pointer"), ()),
    ("attribute-pointer-length", CELLS, f"{KIND}/Attribute Pointer", shorten(f"{KIND}/Attribute Pointer"), ()),
    ("attribute-pointer-start", CELLS, f"{KIND}/Attribute Pointer", change(f"{KIND}/Attribute Pointer", 0, 1), ()),
    ("attribute-pointer-end", CELLS, f"{KIND}/Attribute Pointer", change(f"{KIND}/Attribute Pointer", -1, 31), ()),
    ("attribute-pointer-end", CELLS, f"{KIND}/Attribute Pointer", shorten(f"{KIND}/Attribute Value"), ()),
    ("attribute-pointer-falls", CELLS, f"{KIND}/Attribute Pointer", change(f"{KIND}/Attribute Pointer", 4, 2), ()),
    ("cell-outside", CELLS, f"{KIND}/Cell Index", change(f"{KIND}/Cell Index", 3, 20), ()),
    ("cell-twice", CELLS, f"{KIND}/Cell Index", two_gids, ()),
    ("not-integers", CELLS, f"{KIND}/Cell Index", cast(f"{KIND}/Cell Index", "<f4"), ()),
    ("not-one-dimensional", CELLS, f"{KIND}/Attribute Value",
     put(f"{KIND}/Attribute Value", np.zeros((10, 3)), "<f4"), ()),
    ("value-type-unsupported", CELLS, f"{KIND}/Attribute Value", put(f"{KIND}/Attribute Value", [b"a"] * 30, "S1"), ()),
    ("value-type-neuroh5", CELLS, f"{KIND}/Attribute Value", cast(f"{KIND}/Attribute Value", "<f8"), ()),
    ("index-width", CELLS, f"{KIND}/Cell Index", cast(f"{KIND}/Cell Index", "<i8"), ()),
    ("object-unknown", CELLS, "/notes", put("/notes", [1], "<i4"), ()),
    ("object-unknown", CELLS, "/H5Types/other", create("/H5Types/other"), ()),
    ("object-unknown", CELLS, f"{KIND}/more", put(f"{KIND}/more", [1], "<i4"), ()),
    ("coordinate-axis-missing", CELLS, X.rsplit("/", 1)[0], drop(X), ()),
    ("coordinates-missing", CELLS, "/Populations/INH", drop("/Populations/INH/Generated Coordinates"), ()),
    ("coordinates-incomplete", CELLS, X,
     lambda f: [shorten(f"{X}/{name}")(f) for name in ("Cell Index", "Attribute Pointer", "Attribute Value")], ()),
    ("coordinate-not-single", CELLS, X,
     put(f"{X}/Attribute Pointer", [0, 2, 2, *range(3, 21)]), ()),
    ("coordinate-not-finite", CELLS, f"{X}/Attribute Value", change(f"{X}/Attribute Value", 3, np.nan), ()),
    ("coordinate-not-finite", CELLS, f"{X}/Attribute Value", change(f"{X}/Attribute Value", 19, np.inf), ()),
    ("tree-column-missing", CELLS, TREES, drop(f"{TREES}/Radius"), ()),
    ("tree-cells-differ", CELLS, f"{TREES}/Radius",
     lambda f: [drop(f"{TREES}/Radius/Cell Index")(f), put(f"{TREES}/Radius/Cell Index", [1, 4, 8], "<u4")(f)], ()),
    ("tree-lengths-differ", CELLS, f"{TREES}/Radius",
     lambda f: [drop(f"{TREES}/Radius/Attribute Pointer")(f),
                put(f"{TREES}/Radius/Attribute Pointer", [0, 3, 8, 12], "<u8")(f)], ()),
    ("tree-parent-outside", CELLS, f"{TREES}/Parent Point", change(f"{TREES}/Parent Point/Attribute Value", 5, 4), ()),
    ("tree-sections-broken", CELLS, f"{TREES}/Section", change(f"{TREES}/Section/Attribute Value", 0, 9), ()),
    ("tree-sections-broken", CELLS, f"{TREES}/Section", change(f"{TREES}/Section/Attribute Value", 3, 5), ()),
    ("tree-link-outside", CELLS, f"{TREES}/Source Section",
     change(f"{TREES}/Source Section/Attribute Value", 1, 2), ()),
    ("tree-not-finite", CELLS, f"{TREES}/Radius/Attribute Value",
     change(f"{TREES}/Radius/Attribute Value", 2, np.nan), ()),
    ("node-unreadable", CONNECTIONS, "/Projections",
     lambda f: [f.__delitem__("Projections"), f.__setitem__("Projections", [1])], {"graph-projection-absent"}),
    ("data-unread", CELLS, "/Projections", lambda f: f.create_group(f"{EE}/Edges"), {"projection-dataset-missing"}),
    ("projection-unknown-population", CONNECTIONS, "/Projections/PYR/EXC", move(EE, "/Projections/PYR/EXC"),
     {"graph-projection-absent"}),
    ("projection-twice", CONNECTIONS, EI, a_second_time, {"projection-older-layout", "graph-projection-absent"}),
    ("projection-dataset-missing", CONNECTIONS, f"{EE}/Edges", drop(INDEX), ()),
    ("projection-older-layout", CONNECTIONS, IE, older, ()),
    ("projection-empty", CONNECTIONS, f"{EE}/Edges",
     lambda f: [put(node, values)(f) for node, values in
                ((INDEX, []), (BLOCKS, [0]), (POINTER, [0]), (SOURCE, []), (f"{EE}/Synapses/weight", []),
                 (f"{EE}/Synapses/id", []))], ()),
    ("edges-without-cells", CONNECTIONS, f"{EE}/Edges", put(INDEX, []), ()),
    ("destination-pointer-start", CONNECTIONS, POINTER, change(POINTER, 0, 1), ()),
    ("destination-pointer-end", CONNECTIONS, POINTER, lambda f: change(POINTER, -1, f[POINTER][-1] + 1)(f), ()),
    ("destination-pointer-falls", CONNECTIONS, POINTER, change(POINTER, 3, 0), ()),
    ("block-pointer-length", CONNECTIONS, BLOCKS, shorten(BLOCKS), ()),
    ("block-pointer-start", CONNECTIONS, BLOCKS, change(BLOCKS, 0, 1), ()),
    ("block-pointer-falls", CONNECTIONS, BLOCKS, change(BLOCKS, 1, 6), ()),
    ("block-pointer-end", CONNECTIONS, BLOCKS, change(BLOCKS, -1, 40), ()),
    ("block-pointer-exact", CONNECTIONS, BLOCKS, lambda f: change(BLOCKS, -1, f[POINTER].size - 1)(f), ()),
    ("destination-outside", CONNECTIONS, INDEX, change(INDEX, -1, 20), ()),
    ("destination-split", CONNECTIONS, INDEX, change(INDEX, -1, 6), ()),
    ("blocks-unordered", CONNECTIONS, INDEX, change(INDEX, 0, 15), ()),
    ("source-outside", CONNECTIONS, SOURCE, change(SOURCE, 4, 20), ()),
    ("not-integers", CONNECTIONS, SOURCE, cast(SOURCE, "<f4"), ()),
    ("index-width", CONNECTIONS, SOURCE, cast(SOURCE, "<u8"), ()),
    ("index-width", CONNECTIONS, BLOCKS, cast(BLOCKS, "<u4"), ()),
    ("edge-attribute-length", CONNECTIONS, f"{EE}/Synapses/weight", shorten(f"{EE}/Synapses/weight"), ()),
    ("edge-attribute-int8", CONNECTIONS, f"{EE}/Synapses/weight", cast(f"{EE}/Synapses/weight", "<i1"), ()),
    ("edge-value-not-finite", CONNECTIONS, f"{EE}/Synapses/weight", change(f"{EE}/Synapses/weight", 1, np.nan), ()),
    ("value-type-unsupported", CONNECTIONS, f"{EE}/Synapses/id",
     lambda f: put(f"{EE}/Synapses/id", [b"a"] * f[SOURCE].size, "S1")(f), ()),
    ("object-unknown", CONNECTIONS, f"{EE}/Edges/more", put(f"{EE}/Edges/more", [1], "<i4"), ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "file", "node", "edit", "also"), DEFECTS, ids=lambda one: one if isinstance(one, str) else ""
)
def test_planted(code, file, node, edit, also, system, assert_found):
    with h5py.File(system / file, "r+") as opened:
        edit(opened)
    assert_found(code, file, node, also)
