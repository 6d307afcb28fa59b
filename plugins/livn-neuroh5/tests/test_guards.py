"""What neuroh5 would read wrongly or die of is found out before it is asked, and read all the same.

Each file here is a sound one with one thing changed. The stand-in answers for it as neuroh5 does for sound files, so
that a guard which is missing shows as a call.
"""

from __future__ import annotations

import os
import shutil
from functools import partial

import attrs
import h5py
import livn_pyfive
import numpy as np
import pytest
from livn_neuroh5.file import open_file

from livn_core import FormatError, Ranges

V = "/Populations/B/N/v/Attribute Value"
W = "/Populations/B/N/w/Attribute Value"
SOURCES = "/Projections/B/A/Edges/Source Index"
X = "/Projections/B/A/S/x"
OLDER = "/Projections/B/A/Source Index"
BULK = (V, W, SOURCES, X)
OF_NOBODY = "/Populations/NOBODY/N/v/Attribute Value"
FROM_NOBODY = "/Projections/B/NOBODY/Edges/Source Index"
ONTO_NOBODY = "/Projections/NOBODY/A/Edges/Source Index"
ALL = (*BULK, OLDER, OF_NOBODY, FROM_NOBODY, ONTO_NOBODY)
LABELS = {"A": 0, "B": 1}


def rows_type(order=("Start", "Count", "Population"), widths=("<u8", "<u4", "<u2"), labels=LABELS):
    kinds = dict(zip(("Start", "Count"), widths, strict=False))
    kinds["Population"] = h5py.enum_dtype(labels, basetype=np.dtype(widths[2])) if labels else np.dtype(widths[2])
    return np.dtype([(name, kinds.get(name, "<u4")) for name in order])


def put_types(file, kind=None, rows=((0, 4, 0), (4, 5, 1)), labels=LABELS, base="<u2", pairs=((0, 1),), pair="<u2"):
    types = file.create_group("H5Types")
    if labels:
        types["Population labels"] = h5py.enum_dtype(labels, basetype=np.dtype(base))
    values = np.zeros(len(rows), kind or rows_type())
    for at, (start, count, index) in enumerate(rows):
        values[at]["Start"], values[at]["Count"], values[at]["Population"] = start, count, index
    types.create_dataset("Populations", data=values, dtype=values.dtype)
    if pairs:
        kind = np.dtype([("Source", pair), ("Destination", pair)])
        types.create_dataset("Valid population projections", data=np.array(list(pairs), kind))


def put_cells(file, name, values=None, index=(0, 1, 2, 4), pointer=(0, 1, 1, 3, 4)):
    group = file.create_group(f"Populations/B/N/{name}")
    if index is not None:
        group["Cell Index"] = np.array(index, "<u4")
    if pointer is not None:
        group["Attribute Pointer"] = np.array(pointer, "<u8")
    group["Attribute Value"] = four("<f4") if values is None else values


def put_edges(file, blocks=(0, 3), block_pointer=(0, 2, 5), pointer=(0, 2, 2, 4, 5), sources=None, at="Edges"):
    edges = file.create_group(f"Projections/B/A/{at}".rstrip("/"))
    edges["Destination Block Index"] = np.array(blocks, "<u4")
    edges["Destination Block Pointer"] = np.array(block_pointer, "<u8")
    edges["Destination Pointer"] = np.array(pointer, "<u8")
    edges["Source Index"] = five("<u4") % 4 if sources is None else sources


def four(kind):
    return np.arange(4).astype(kind)


def five(kind):
    return np.arange(5).astype(kind)


def sound(file, types=put_types, cells=put_cells, edges=put_edges):
    types(file)
    cells(file, name="v")
    put_cells(file, "w", four("<i2"))
    edges(file)
    file[X] = five("<f4")


@attrs.frozen
class Case:
    """One thing changed: how, which datasets neuroh5 must not be asked for, and what the reason says."""

    name: str
    build: object
    refused: tuple
    says: str


def types_case(name, says, refused=BULK, **changes):
    return Case(name, lambda file: sound(file, types=partial(put_types, **changes)), refused, says)


def extra_population_case(name, says, refused, extra, row=()):
    labels = {**LABELS, extra: 2}
    rows = ((0, 4, 0), (4, 5, 1), *row)
    return types_case(name, says, refused, rows=rows, labels=labels, kind=rows_type(labels=labels))


def cells_case(name, says, refused=(V,), **changes):
    return Case(name, lambda file: sound(file, cells=partial(put_cells, **changes)), refused, says)


def sibling_case(name, says, **changes):
    return case(name, says, (V, W), partial(put_cells, name="u", **changes))


def edges_case(name, says, **changes):
    return Case(name, lambda file: sound(file, edges=partial(put_edges, **changes)), (SOURCES, X), says)


def case(name, says, refused, change):
    """A sound file, of which something is changed afterwards."""

    def build(file):
        sound(file)
        change(file)

    return Case(name, build, refused, says)


def replace(path, values):
    def change(file):
        del file[path]
        file[path] = values

    return change


def add(path, values):
    def change(file):
        file[path] = values

    return change


def copy(old, new):
    """Put a group into a second place as well; what lies above it is made."""

    def change(file):
        file.copy(file[old], file.require_group(new.rpartition("/")[0]), new.rpartition("/")[2])

    return change


def pointer_as_group(file):
    group = file["Populations/B/N/w"]
    group.move("Attribute Pointer", "Old Pointer")
    group.create_group("Attribute Pointer")


def never_written(file):
    del file[V]
    file.create_dataset(V, (2**40,), "<f4", chunks=(2**16,))
    replace("Populations/B/N/v/Attribute Pointer", np.array([0, 1, 1, 3, 2**40], "<u8"))(file)


BOOLS = np.array([1, 0, 1, 1, 0], bool)
ENUM = h5py.enum_dtype({"a": 0, "b": 3}, basetype=np.dtype("u1"))
WIDE = np.array([0, 300, 300, 7], h5py.enum_dtype({"a": 0, "b": 300}, basetype=np.dtype("<u2")))
PAIRS = np.array([(1, 2.0)] * 4, np.dtype([("a", "<i4"), ("b", "<f4")]))
STRINGS = np.array([b"a"] * 5)
W_INDEX = "Populations/B/N/w/Cell Index"
BLOCK_POINTER = "Projections/B/A/Edges/Destination Block Pointer"
ORDER = "not Start, Count, Population"
WIDTHS = "64, 32 and 16 bits"
NOT_THERE = "a population that is not there: 'NOBODY'"
AMONG = "which begins among them"
LOST = "all its namespace"
OTHER_WAY = ("Count", "Start", "Population")
ONE_MORE = ("Start", "Count", "Population", "More")

CASES = [
    types_case("rows-in-another-order", ORDER, kind=rows_type(OTHER_WAY)),
    types_case("rows-with-another-field", ORDER, kind=rows_type(ONE_MORE)),
    types_case("rows-of-another-width", WIDTHS, kind=rows_type(widths=("<u8", "<u8", "<u2"))),
    types_case("rows-of-narrow-starts", WIDTHS, kind=rows_type(widths=("<u4", "<u4", "<u2"))),
    types_case("rows-of-wide-indices", WIDTHS, kind=rows_type(widths=("<u8", "<u4", "<u4"))),
    types_case("no-labels", "it is missing", labels=None),
    types_case("wide-labels", "not an enum of 16 bits", base="<u4"),
    types_case("narrow-labels", "not an enum of 16 bits", base="u1"),
    types_case("other-labels", "gives other names", labels={"A": 1, "B": 0}),
    types_case("more-labels", "gives other names", labels={"A": 0, "B": 1, "C": 2}),
    types_case("beyond-32-bits", "32 bits", rows=((0, 4, 0), (2**32 - 4, 5, 1))),
    types_case("no-pairs", "it is missing", (SOURCES, X), pairs=()),
    types_case("another-pair", "that this list lacks: A -> B", (SOURCES, X), pairs=((1, 0), (1, 1))),
    types_case("wide-pairs", "16 bits each", (SOURCES, X), pair="<u4"),
    extra_population_case("an-empty-population-at-the-first-cell", AMONG, (SOURCES, X), "C", ((0, 0, 2),)),
    extra_population_case("an-empty-population-among-the-cells", AMONG, (SOURCES, X), "C", ((6, 0, 2),)),
    extra_population_case("a-long-name", "cannot be told the name", BULK, "x" * 1024),
    case("cells-of-nobody", NOT_THERE, (OF_NOBODY,), copy("Populations/B/N", "Populations/NOBODY/N")),
    case("edges-from-nobody", NOT_THERE, (FROM_NOBODY,), copy("Projections/B/A", "Projections/B/NOBODY")),
    case("edges-onto-nobody", NOT_THERE, (ONTO_NOBODY,), copy("Projections/B/A", "Projections/NOBODY/A")),
    *(cells_case(f"cells-{kind}", "does not survive", values=four(kind)) for kind in ("<f8", "<i8", "<u8", "<f2")),
    cells_case("cells-bool", "values of an enum", values=BOOLS[:4]),
    cells_case("cells-enum", "values of an enum", values=np.array([0, 3, 3, 7], ENUM)),
    cells_case("cells-wide-enum", LOST, (V, W), values=WIDE),
    cells_case("cells-that-share-values", "returns nothing for a selection", pointer=None),
    cells_case("cells-outside", "outside its population", index=(0, 1, 2, 5)),
    cells_case("pointer-that-falls", "does not lead from 0 to 4", pointer=(0, 3, 1, 3, 4)),
    cells_case("pointer-beyond", "does not lead from 0 to 4", pointer=(0, 1, 1, 3, 9)),
    cells_case("pointer-that-begins-late", "does not lead from 0 to 4", pointer=(1, 1, 1, 3, 4)),
    cells_case("pointer-too-short", "neuroh5 wants 5", (V, W), pointer=(0, 1, 1, 4)),
    cells_case("pointer-too-long", "neuroh5 wants 5", (V, W), pointer=(0, 1, 1, 3, 4, 4)),
    cells_case("no-index", "it is missing", (V, W), index=None),
    sibling_case("beside-a-compound", LOST, values=PAIRS),
    sibling_case("beside-a-string", "something wrong with it", values=STRINGS[:4]),
    sibling_case("beside-a-wide-enum", LOST, values=WIDE),
    sibling_case("beside-one-without-index", "it is missing", index=None),
    sibling_case("beside-a-short-pointer", "neuroh5 wants 5", pointer=(0, 4)),
    case("beside-a-pointer-that-is-a-group", "it is no dataset", (V, W), pointer_as_group),
    case("cells-in-two-dimensions", "one dimension only", (V, W), replace(W_INDEX, np.zeros((2, 2), "<u4"))),
    case("cells-numbered-in-floats", "does not hold integers", (V, W), replace(W_INDEX, four("<f4"))),
    case("cells-beyond-63-bits", "beyond 2**63", (V, W), replace(W_INDEX, np.full(4, 2**64 - 1, "<u8"))),
    case("values-that-were-never-written", "chunks are missing", (V,), never_written),
    edges_case("exact-last-block-pointer", "does not lead from 0 to 5", block_pointer=(0, 2, 4)),
    edges_case("last-block-pointer-beyond", "does not lead from 0 to 5", block_pointer=(0, 2, 6)),
    edges_case("block-pointer-that-falls", "does not lead from 0 to 5", block_pointer=(0, 6, 5)),
    edges_case("empty-last-block", "never finishes", blocks=(0, 3), block_pointer=(0, 5, 5)),
    edges_case("too-few-block-pointers", "2 elements for 2 blocks", block_pointer=(0, 5)),
    edges_case("pointer-of-edges-that-falls", "does not lead from 0 to 5", pointer=(0, 4, 2, 4, 5)),
    edges_case("pointer-of-edges-beyond", "does not lead from 0 to 5", pointer=(0, 2, 2, 4, 9)),
    edges_case("post-cell-outside", "outside its population", blocks=(0, 4)),
    edges_case("cell-in-two-blocks", "the first one only", blocks=(0, 1)),
    edges_case("no-blocks", "no block of destinations", blocks=(), block_pointer=(0,), pointer=(0,)),
    edges_case("older-layout", "older layout", at=""),
    *(
        edges_case(f"sources-{kind}", "neuroh5 reads it as uint32", sources=five(kind) % 4)
        for kind in ("<i4", "<u8", "<i8", "<i2")
    ),
    case("no-block-pointer", "it is missing", (SOURCES, X), lambda file: file.pop(BLOCK_POINTER)),
    *(case(f"edges-{kind}", "does not survive", (X,), replace(X, five(kind))) for kind in ("<f8", "<i8", "<u8", "<f2")),
    case("edges-int8", "returns other values for int8", (X,), replace(X, five("i1"))),
    case("edges-bool", "reads an enum as other numbers", (X,), replace(X, BOOLS)),
    *(
        case(f"edges-beside-{kind}", "all attributes of a namespace", (X,), add("Projections/B/A/S/y", five(kind)))
        for kind in ("<f8", "<i8", "i1")
    ),
    case("edges-beside-a-string", "something wrong with it", (X,), add("Projections/B/A/S/y", STRINGS)),
    case("edges-beside-a-short-one", "it has 4 values for 5 edges", (X,), add("Projections/B/A/S/y", four("<f4"))),
    case("edges-beside-a-table", "one dimension only", (X,), add("Projections/B/A/S/y", np.zeros((5, 1), "<f4"))),
]


def read(file, paths):
    """Whole datasets, or the error, one by one."""
    found = {}
    for path in paths:
        try:
            if path in file:
                found[path] = file.read_many([Ranges.whole(path, min(file[path].shape[0], 5))])[0]
        except FormatError as error:
            found[path] = str(error)
    return found


def assert_read_alike(found, expected):
    assert list(found) == list(expected)
    for path, values in expected.items():
        if isinstance(values, str):
            assert found[path] == values
        else:
            assert found[path].dtype == values.dtype
            assert found[path].tobytes() == values.tobytes()


def test_the_sound_file_is_read_by_neuroh5(tmp_path, stand_in):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        sound(file)
    with open_file(str(tmp_path / "x.h5"), stand_in) as file:
        read(file, BULK)
        assert {path: route.reader for path, route in file.routes.items()} == dict.fromkeys(BULK, "neuroh5")
        assert file.notes == ()
    assert stand_in.failures == 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_guard(case, tmp_path, stand_in):
    path = tmp_path / "x.h5"
    with h5py.File(path, "w") as file:
        case.build(file)
    with open_file(str(path), stand_in) as file, livn_pyfive.livn_backend_open(str(path), {}) as other:
        paths = [one for one in ALL if one in file]
        assert_read_alike(read(file, paths), read(other, paths))
        refused = {one for one in paths if one in case.refused or one == OLDER}
        assert refused
        assert {one: route.reader for one, route in file.routes.items()} == {
            one: "pyfive" if one in refused else "neuroh5" for one in paths
        }
        for one in refused:
            assert case.says in file.routes[one].why
        assert any(case.says in note for note in file.notes)
    assert stand_in.failures == 0


def put_no_projections(file):
    sound(file)
    del file["Projections"]


def put_empty_projections(file):
    put_no_projections(file)
    file.create_group("Projections/B/A")


WITHOUT_EDGES = [put_no_projections, put_empty_projections]


@pytest.mark.parametrize("build", WITHOUT_EDGES, ids=lambda build: build.__name__)
def test_edges_that_are_not_there_are_not_asked_for(build, tmp_path, stand_in):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        build(file)
    with open_file(str(tmp_path / "x.h5"), stand_in) as file:
        read(file, BULK)
        for missing in (SOURCES, X, OLDER):
            with pytest.raises(KeyError, match="Projections"):
                file.read_many([Ranges.whole(missing, 1)])
        assert {path: route.reader for path, route in file.routes.items()} == dict.fromkeys((V, W), "neuroh5")
    assert stand_in.edge_calls == []


@pytest.mark.parametrize(("version", "says"), [(("v108", "v108"), ""), ("latest", "superblock has version 3")])
def test_forms_that_an_older_hdf5_cannot_read(version, says, tmp_path, stand_in):
    with h5py.File(tmp_path / "x.h5", "w", libver=version) as file:
        sound(file)
    with open_file(str(tmp_path / "x.h5"), stand_in) as file:
        read(file, BULK)
        assert all(says in route.why for route in file.routes.values())
        assert {route.reader for route in file.routes.values()} == {"pyfive" if says else "neuroh5"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("a b/ü%s \n\t'\"\\.h5", ""),
        ("ufs:x.h5", "has a colon"),
        ("a:b/x.h5", "has a colon"),
        (os.fsdecode(b"\xff.h5"), "no UTF-8"),
    ],
)
def test_paths(name, says, tmp_path, stand_in):
    with h5py.File(tmp_path / "sound.h5", "w") as file:
        sound(file)
    path = os.path.join(tmp_path, name)  # noqa: PTH118 - not every name is one that pathlib prints
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    shutil.copy(tmp_path / "sound.h5", path)
    with open_file(path, stand_in) as file:
        read(file, BULK)
        assert {route.reader for route in file.routes.values()} == {"pyfive" if says else "neuroh5"}
        assert all(says in route.why for route in file.routes.values())
    assert stand_in.failures == 0


def test_a_symbolic_link_is_followed(tmp_path, stand_in):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        sound(file)
    (tmp_path / "link.h5").symlink_to(tmp_path / "x.h5")
    with open_file(str(tmp_path / "link.h5"), stand_in) as file:
        read(file, BULK)
        assert {route.reader for route in file.routes.values()} == {"neuroh5"}


@pytest.mark.parametrize(
    ("problem", "read_by_neuroh5"), [("HDF5 does not open it", set()), (None, {SOURCES, X}), ("", set(BULK))]
)
def test_what_neuroh5s_own_hdf5_says(problem, read_by_neuroh5, tmp_path, stand_in):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        sound(file)
    stand_in.problem = lambda path, index, values: problem
    with open_file(str(tmp_path / "x.h5"), stand_in) as file:
        read(file, BULK)
        assert {one for one, route in file.routes.items() if route.reader == "neuroh5"} == read_by_neuroh5
        assert all("HDF5" in note for note in file.notes)
        assert bool(file.notes) == (problem != "")


def test_the_real_neuroh5_survives_all_of_them(compare_on_ranks, tmp_path):
    files = []
    for build in [*(case.build for case in CASES), *WITHOUT_EDGES]:
        files.append(tmp_path / f"{len(files)}.h5")
        with h5py.File(files[-1], "w") as file:
            build(file)
    compare_on_ranks(files)
