"""What is asked of neuroh5, and where its answers go.

neuroh5 is stood in for here, so this is about the mapping between ranges of elements and cells alone: by what neuroh5
really read of the reference files (their JSON), and by an answer in its form from h5py for the kit's files.
"""

from __future__ import annotations

import shutil

import h5py
import livn_neuroh5
import numpy as np
import pytest
from livn_neuroh5.file import open_file

from livn_core import Availability, FormatError, Ranges, hookimpl, open_neuroh5
from livn_core.backends import Backends
from livn_core.neuroh5 import NeuroH5File
from livn_core.testing import (
    CASES,
    BackendTests,
    Content,
    assert_equals_neuroh5,
    assert_same,
    read_content,
    true_int8_edges,
)

NAMES = ["a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"]
REFUSED = {
    "cell-dtypes": {"bool", "enum", "f2", "f8", "i8", "u8"},
    "big-endian": {"f8", "i8"},
    "no-attribute-pointer": {"v"},
    "last-pointer-exact": {"Source Index"},
    "destination-split-over-blocks": {"Source Index", "id"},
    "edge-dtypes": {"bool", "enum", "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"},
    "older-layout": {"Source Index"},
    "start-beyond-32-bits": {"Source Index", "number"},
    "labels-only-in-the-rows": {"gid"},
}
"""What of the kit's files the metadata reader reads instead: the names of attributes, without their namespaces."""


class Plugin:
    """livn-neuroh5, with something else in neuroh5's place."""

    def __init__(self, library):
        self.library = library

    @hookimpl
    def livn_backend_available(self, source):
        return livn_neuroh5.livn_backend_available(source) if "://" in str(source) else Availability.yes()

    @hookimpl
    def livn_backend_open(self, source, options):
        livn_neuroh5.livn_backend_open(source, options) if options else None
        return open_file(source, self.library)


@pytest.fixture
def open_with():
    """Open a file through the read routine, with a stand-in."""

    def open_with(path, library):
        backends = Backends([])
        backends.register(Plugin(library), "stand-in")
        opened, selection = backends.open(str(path), "stand-in")
        return NeuroH5File(opened, str(path), selection), opened

    return open_with


def names_read_by_pyfive(routes):
    """Names of attributes and datasets that the metadata reader read."""
    read = [path.removesuffix("/Attribute Value") for path, route in routes.items() if route.reader == "pyfive"]
    return {path.rpartition("/")[2] for path in read}


@pytest.mark.parametrize("name", NAMES)
def test_reference_files_equal_what_neuroh5_read(name, reference, from_json, open_with):
    library = from_json(reference / f"{name}.json")
    file, opened = open_with(reference / f"{name}.h5", library)
    with file:
        assert_equals_neuroh5(file, library.answers, true_int8_edges(reference / f"{name}.h5"))
        assert opened.routes
    assert library.failures == 0
    # The namespace with the int8 attribute, which neuroh5 returns wrongly.
    whole = {"f32", "u8", "i8", "u16", "i16", "u32", "i32"} if name == "f_dtypes" else set()
    assert names_read_by_pyfive(opened.routes) == whole


class TestKit(BackendTests):
    """The kit's awkward files, through the mapping."""

    reads_local_files = False  # damage is for the real neuroh5 to survive

    @pytest.fixture
    def library(self, stand_in):
        yield stand_in
        assert stand_in.failures == 0

    @pytest.fixture
    def plugin(self, library):
        return Plugin(library)

    @pytest.fixture
    def publish(self, with_pairs, tmp_path_factory):
        return lambda path: str(with_pairs(path, tmp_path_factory.mktemp("published")))

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
    def test_who_read_what(self, case, source_of, open_, library):
        source, outcome = source_of(case)
        with open_(source) as file:
            if not isinstance(outcome, Content):
                with pytest.raises(FormatError):
                    read_content(file)
                return
            read_content(file)
            routes = file._store.file.routes
        assert names_read_by_pyfive(routes) == REFUSED.get(case.name, set())
        assert bool(library.cell_calls or library.edge_calls) == any(
            route.reader == "neuroh5" for route in routes.values()
        )


@pytest.fixture
def trees(reference, from_json):
    library = from_json(reference / "e_trees.json")
    with open_file(str(reference / "e_trees.h5"), library) as file:
        yield file, library


def test_attributes_of_a_namespace_are_one_call(trees):
    file, library = trees
    paths = [f"/Populations/GC/Trees/{name}/Attribute Value" for name in ("Radius", "X Coordinate", "Section")]
    file.read_many([Ranges.whole(path, file[path].shape[0]) for path in paths])
    assert library.cell_calls == [
        ("GC", "Trees", {"Radius", "X Coordinate", "Section"}, [0, 1, 2, 3, 4, 5]),
    ]


def test_attributes_of_different_cells_are_asked_for_one_by_one(tmp_path, stand_in):
    # neuroh5 gives those of a cell that lacks one of them wrong names.
    case = next(case for case in CASES if case.name == "cell-index-differs-between-attributes")
    case.write(tmp_path / "x.h5")
    with open_file(str(tmp_path / "x.h5"), stand_in) as file:
        (namespace,) = file["/Populations/A"].keys()
        paths = [f"/Populations/A/{namespace}/{name}/Attribute Value" for name in file[f"/Populations/A/{namespace}"]]
        file.read_many([Ranges.whole(path, file[path].shape[0]) for path in paths])
    assert len(paths) == 2
    assert [len(names) for _, _, names, _ in stand_in.cell_calls] == [1, 1]


@pytest.fixture
def multiblock(reference, from_json):
    library = from_json(reference / "c_multiblock.json")
    with open_file(str(reference / "c_multiblock.h5"), library) as file:
        yield file, library


SOURCES = "/Projections/B/A/Edges/Source Index"


def test_sources_and_attributes_of_edges_are_one_call(multiblock):
    file, library = multiblock
    spaces = sorted(set(file["/Projections/B/A"].keys()) - {"Edges"})
    attributes = [f"/Projections/B/A/{space}/{name}" for space in spaces for name in file[f"/Projections/B/A/{space}"]]
    file.read_many([Ranges.whole(path, 16) for path in [SOURCES, *attributes]])
    # Cells that are stored without edges are not asked for: neuroh5 would leave them out of its answer.
    assert library.edge_calls == [("A", "B", [10, 12, 15, 18, 25, 26, 39], spaces)]


def test_only_cells_of_which_something_is_wanted_are_asked_for(multiblock):
    file, library = multiblock
    starts, stops = np.array([12, 3, 5]), np.array([14, 4, 5])
    (found,) = file.read_many([Ranges(SOURCES, starts, stops)])
    with open_neuroh5(str(file._file.filename), backend="pyfive") as other:
        (expected,) = other._store.read([Ranges(SOURCES, starts, stops)])
    np.testing.assert_array_equal(found, expected)
    assert [gids for _, _, gids, _ in library.edge_calls] == [[12, 26, 39]]


def test_one_dataset_twice_is_two_arrays(multiblock):
    file, library = multiblock
    one, other = file.read_many([Ranges.whole(SOURCES, 16)] * 2)
    one[:] = 0
    assert other.any()
    assert len(library.edge_calls) == 1


def test_metadata_is_not_asked_of_neuroh5(multiblock):
    file, library = multiblock
    file.read_many([Ranges.whole("/Projections/B/A/Edges/Destination Pointer", 12)])
    assert file["/Projections/B/A/Edges/Source Index"][2:5].size == 3
    assert not library.edge_calls
    assert dict(file.routes) == {}


def test_ranges_outside_are_the_metadata_readers_error(multiblock):
    file, library = multiblock
    with pytest.raises(ValueError, match="outside the 16 elements"):
        file.read_many([Ranges.whole(SOURCES, 17)])
    with pytest.raises(ValueError, match="does not go into an array of bool"):
        file.read_many([Ranges(SOURCES, np.array([0]), np.array([1]), np.empty(1, bool))])
    with pytest.raises(KeyError):
        file.read_many([Ranges.whole("/Projections/B/A/Edges/Nothing", 1), Ranges.whole("/Projections/A/B/X/y", 1)])
    assert not library.edge_calls


def test_a_failing_call_is_made_once_and_never_again(multiblock):
    file, library = multiblock

    def fail(*_):
        raise RuntimeError("Assertion 'ierr >= 0' failed")

    library.edges = fail
    for _ in range(2):
        (found,) = file.read_many([Ranges.whole(SOURCES, 16)])
        assert found.size == 16
    assert library.failures == len(library.edge_calls) == 1
    assert file.notes == ("read with pyfive: /: neuroh5 failed: RuntimeError: Assertion 'ierr >= 0' failed",)
    assert file.routes[SOURCES].reader == "pyfive"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda answer: answer[:-1], "or others"),
        (lambda answer: [(gid + 1, item) for gid, item in answer], "or others"),
        (lambda answer: [(gid, (one[:-1], named)) for gid, (one, named) in answer], "another number of values"),
        (lambda answer: [(gid, (one.astype(np.int64), named)) for gid, (one, named) in answer], "another type"),
    ],
)
def test_a_wrong_answer_is_noticed(multiblock, spoil, says):
    file, library = multiblock
    right = library.edges

    def wrong(*arguments):
        answer, announced = right(*arguments)
        return spoil(answer), announced

    library.edges = wrong
    (found,) = file.read_many([Ranges.whole(SOURCES, 16)])
    with h5py.File(file._file.filename) as raw:
        np.testing.assert_array_equal(found, raw[SOURCES][:])
    assert says in file.notes[0]
    assert library.failures == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: {name: one for name, one in found.items() if name != "Radius"},
        lambda found: {**found, "Radius": found["Radius"][1:]},
        lambda found: {**found, "Radius": found["Radius"].astype(np.float64)},
    ],
)
def test_a_wrong_answer_about_cells_is_noticed(trees, spoil):
    file, library = trees
    right = library.cells
    library.cells = lambda *arguments: [(gid, spoil(found)) for gid, found in right(*arguments)]
    path = "/Populations/GC/Trees/Radius/Attribute Value"
    (found,) = file.read_many([Ranges.whole(path, file[path].shape[0])])
    with h5py.File(file._file.filename) as raw:
        np.testing.assert_array_equal(found, raw[path][:])
    assert "a cell" in file.notes[0]
    assert library.failures == 1


def test_attributes_that_neuroh5_does_not_announce(reference, from_json):
    library = from_json(reference / "c_multiblock.json")
    (named,) = [one for pres in library.answers["graph_ns_attr_info"].values() for one in pres.values()]
    space = min(named)
    named[space].popitem()
    with open_file(str(reference / "c_multiblock.h5"), library) as file:
        path = f"/Projections/B/A/{space}/{min(file[f'/Projections/B/A/{space}'].keys())}"
        file.read_many([Ranges.whole(path, 16)])
        assert "it announced the attributes" in file.notes[0]


@pytest.mark.parametrize("reason", ["MPI is finalised", "neuroh5 cannot be imported"])
def test_without_neuroh5_everything_is_read_all_the_same(multiblock, reason):
    file, library = multiblock
    library.reason = reason
    assert file.read_many([Ranges.whole(SOURCES, 16)])[0].size == 16
    assert file.notes == (f"read with pyfive: /: {reason}",)
    assert not library.edge_calls


def test_memory_that_neuroh5_never_frees_has_a_limit(trees):
    file, library = trees
    library.may_lose = False
    path = "/Populations/GC/Trees/Radius/Attribute Value"
    assert file.read_many([Ranges.whole(path, 5)])[0].size == 5
    assert "never frees" in file.notes[0]
    assert not library.cell_calls


def test_a_selection_that_would_take_too_long(multiblock, monkeypatch):
    monkeypatch.setattr("livn_neuroh5.reading.MOST_COMPARISONS", 3)
    file, library = multiblock
    assert file.read_many([Ranges(SOURCES, np.array([0]), np.array([1]))])[0].size == 1
    assert file.routes[SOURCES].reader == "neuroh5"
    assert file.read_many([Ranges.whole(SOURCES, 16)])[0].size == 16
    assert "look for each of 7 cells by going through 11" in file.notes[0]
    assert len(library.edge_calls) == 1


def test_small_batches_give_the_same(reference, from_json, open_with, monkeypatch):
    monkeypatch.setattr("livn_neuroh5.batches.MOST_BYTES", 16)
    monkeypatch.setattr("livn_neuroh5.batches.MOST_RUNS", 2)
    for name in NAMES:
        library = from_json(reference / f"{name}.json")
        with (
            open_with(reference / f"{name}.h5", library)[0] as file,
            open_neuroh5(reference / f"{name}.h5", backend="pyfive") as other,
        ):
            assert_same(read_content(file), read_content(other))
        assert library.failures == 0
        assert len(library.cell_calls) + len(library.edge_calls) > 3


def test_a_file_that_is_replaced_while_it_is_open(reference, from_json, tmp_path):
    path = tmp_path / "x.h5"
    shutil.copy(reference / "c_multiblock.h5", path)
    library = from_json(reference / "c_multiblock.json")
    with open_file(str(path), library) as file:
        other = tmp_path / "other.h5"
        shutil.copy(reference / "a_two_pops.h5", other)
        other.replace(path)
        # What was opened is still there under no name, and neuroh5 would open what has its name now.
        assert file.read_many([Ranges.whole(SOURCES, 16)])[0].size == 16
        assert "is no longer the file that was opened" in file.notes[0]
        assert not library.edge_calls


def test_a_file_that_is_replaced_during_the_call(reference, from_json, tmp_path):
    path = tmp_path / "x.h5"
    shutil.copy(reference / "c_multiblock.h5", path)
    library = from_json(reference / "c_multiblock.json")
    right = library.edges

    def replaced(*arguments):
        shutil.copy(reference / "c_multiblock.h5", tmp_path / "other.h5")
        (tmp_path / "other.h5").replace(path)
        return right(*arguments)

    library.edges = replaced
    with open_file(str(path), library) as file:
        file.read_many([Ranges.whole(SOURCES, 16)])
        assert file.routes[SOURCES].reader == "pyfive"


def test_a_relative_path_is_that_of_the_moment_of_opening(reference, from_json, tmp_path, monkeypatch):
    shutil.copy(reference / "c_multiblock.h5", tmp_path / "x.h5")
    library = from_json(reference / "c_multiblock.json")
    monkeypatch.chdir(tmp_path)
    with open_file("x.h5", library) as file:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        file.read_many([Ranges.whole(SOURCES, 16)])
        assert file.routes[SOURCES].reader == "neuroh5"


def test_a_closed_file(multiblock):
    file, library = multiblock
    file.close()
    for use in (lambda: file.read_many([Ranges.whole(SOURCES, 16)]), lambda: file[SOURCES], file.keys):
        with pytest.raises(ValueError, match="was closed"):
            use()
    assert not library.edge_calls
