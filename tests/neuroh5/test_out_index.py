"""The index of out-edges: the same edges as without it, or none at all."""

from __future__ import annotations

import os
import shutil
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livn_core import BackendError, Edges, FormatError, InvalidArgumentError, LivnWarning, open_neuroh5
from livn_core.neuroh5 import _indexfile, _outindex
from livn_core.testing import CASES
from livn_core.testing._content import Content

pytest.importorskip("livn_pyfive")
N_CELLS, DEGREE = 40, 300


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))


def write(path, layouts, seed=0):
    rng = np.random.default_rng(seed)
    with h5py.File(path, "w") as file:
        layouts.write_types(file, {"A": (0, N_CELLS)})
        pointer = np.arange(N_CELLS + 1) * DEGREE
        sources = rng.integers(1, N_CELLS, N_CELLS * DEGREE)  # none from cell 0
        layouts.write_edges(file.create_group("Projections/A/A/Edges"), [0], [0, N_CELLS + 1], pointer, sources)
        file["Projections/A/A/S/id"] = np.arange(sources.size, dtype=np.uint32)
    return path


SETTLED_NS = _outindex._SETTLED_NS


@pytest.fixture
def path(tmp_path, layouts, monkeypatch):
    path = write(tmp_path / "edges.h5", layouts)
    os.utime(path, ns=(10**18, 10**18))
    # As if it had lain there for long: one that was just written is compared by its edges.
    monkeypatch.setattr(_outindex, "_SETTLED_NS", -(10**12))
    return path


@pytest.fixture
def index(path):
    """An index beside the file."""
    with opened(path) as file:
        return file.projection("A", "A").build_index()


def opened(path):
    return open_neuroh5(str(path), backend="pyfive")


def assert_same(found: Edges, expected: Edges):
    for name in ("post_gids", "indptr", "pre_gids"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)
    for namespace, named in expected.attributes.items():
        for name, values in named.items():
            assert np.array_equal(found.attributes[namespace][name], values)


def check(path, index):
    """The edges of some cells, with whatever index there is; returns them for further comparison."""
    with opened(path) as file:
        projection = file.projection("A", "A")
        expected = projection.out_edges([3, 17], True, index=False)
        assert len(expected)
        assert_same(projection.out_edges([17, 3, 3], True, index=index), expected)


@pytest.mark.parametrize("kept", [0, 2**26])
def test_every_awkward_file(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(_indexfile, "KEPT_BYTES", kept)
    compared = 0
    for case in CASES:
        outcome = case.write(tmp_path / f"{case.name}.h5")
        if isinstance(outcome, Content) and outcome.edges:
            with opened(tmp_path / f"{case.name}.h5") as file:
                compared += sum(compare(file.projection(*pair)) for pair in file.projections)
    assert compared > 30


def compare(projection):
    """Compare the edges from several choices of cells; returns how many."""
    projection.build_index()
    rng = np.random.default_rng(0)
    wanted = [rng.choice(projection.pre.gids, min(size, projection.pre.count), replace=False) for size in (0, 1, 3, 99)]
    for gids in wanted:
        expected = projection.out_edges(gids, True, index=False)
        assert_same(projection.out_edges(gids, True), expected)
        assert_same(projection.out_edges(gids, True, index=True), expected)
    return len(wanted)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, 9), st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=3)), max_size=5),
    st.sets(st.integers(0, 5)),
)
def test_any_blocks(tmp_path, layouts, blocks, wanted):
    blocks = [(min(first, 10 - len(cells)), cells) for first, cells in blocks]
    degrees = [len(cell) for _, cells in blocks for cell in cells]
    with h5py.File(tmp_path / "any.h5", "w") as file:
        layouts.write_types(file)
        pointer = np.concatenate(([0], np.cumsum(degrees)))
        sizes = np.concatenate(([0], np.cumsum([len(cells) for _, cells in blocks])))
        sources = [source for _, cells in blocks for cell in cells for source in cell]
        index = [first for first, _ in blocks]
        layouts.write_edges(file.create_group("Projections/B/A/Edges"), index, sizes, pointer, sources)
        file["Projections/B/A/S/id"] = np.arange(len(sources), dtype=np.uint16)
    with opened(tmp_path / "any.h5") as file:
        projection = file.projection("A", "B")
        projection.build_index()
        found = projection.out_edges(wanted, True, index=True)
        assert_same(found, projection.out_edges(wanted, True, index=False))


def test_it_is_found_by_the_next_process_and_used(path, index, monkeypatch):
    assert index == path.with_name("edges.h5.A,A.outedges")
    with opened(path) as file:
        projection = file.projection("A", "A")
        expected = projection.out_edges([3], index=False)
        monkeypatch.setattr(type(projection._edges), "stream", None)  # neither a pass nor a hash
        assert_same(projection.out_edges([3]), expected)


@pytest.mark.parametrize("kept", [0, 2**26])
@pytest.mark.parametrize("gids", [[], [0]])
def test_cells_without_out_edges_take_no_pass(path, index, monkeypatch, gids, kept):
    monkeypatch.setattr(_indexfile, "KEPT_BYTES", kept)
    with opened(path) as file:
        projection = file.projection("A", "A")
        expected = projection.out_edges(gids, True, index=False)
        assert len(expected) == 0
        monkeypatch.setattr(type(projection._edges), "stream", None)
        monkeypatch.setattr(type(projection._edges), "read_from", None)
        for chosen in (None, True):
            found = projection.out_edges(gids, True, index=chosen)
            assert_same(found, expected)
            assert found.attributes["S"]["id"].dtype == expected.attributes["S"]["id"].dtype


def test_places_that_do_not_fit_into_one_number_with_their_cell(path, index, monkeypatch):
    monkeypatch.setattr(_outindex, "_KEY_BITS", 0)
    with opened(path) as file:
        projection = file.projection("A", "A")
        expected = projection.out_edges([3, 17], True, index=False)
        monkeypatch.setattr(type(projection._edges), "read_from", None)
        assert_same(projection.out_edges([3, 17], True, index=True), expected)


def test_without_one(path):
    check(path, None)
    with opened(path) as file, pytest.raises(InvalidArgumentError, match=r"no index of its out-edges.*systems index"):
        file.projection("A", "A").out_edges([3], index=True)


def test_a_copy_keeps_its_index(path, index, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    for one in (path, index):
        shutil.copyfile(one, other / one.name)
    check(other / path.name, True)
    repacked = other / "packed.h5"
    with h5py.File(path) as source, h5py.File(repacked, "w") as target:
        for name in ("H5Types", "Projections"):
            source.copy(name, target)
        packed = target["Projections/A/A/Edges"]
        sources = packed["Source Index"][:]
        del packed["Source Index"]
        packed.create_dataset("Source Index", data=sources, chunks=100, compression="gzip")
    shutil.copyfile(index, other / "packed.h5.A,A.outedges")
    check(repacked, True)


@pytest.mark.parametrize("settled", [True, False])
def test_one_of_other_edges_is_noticed(path, layouts, settled, monkeypatch):
    if not settled:
        monkeypatch.setattr(_outindex, "_SETTLED_NS", SETTLED_NS)
        os.utime(path)
    with opened(path) as file:
        file.projection("A", "A").build_index()
    state = path.stat()
    write(path, layouts, seed=1)
    assert path.stat().st_size == state.st_size
    if not settled:  # as if it was written twice before the clock went on
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    with pytest.warns(LivnWarning, match="is not used: it is of other edges"):
        check(path, None)
    with (
        opened(path) as file,
        pytest.warns(LivnWarning),
        pytest.raises(InvalidArgumentError, match="is not used: it is of other edges"),
    ):
        file.projection("A", "A").out_edges([3], index=True)


def test_a_file_that_was_given_an_old_time_is_not_taken_for_old(path, monkeypatch):
    monkeypatch.setattr(_outindex, "_SETTLED_NS", 10**12)  # longer than this test takes
    assert time.time_ns() - path.stat().st_mtime_ns > 10**12
    with opened(path) as file:
        found = file.projection("A", "A").build_index()
    assert _indexfile.IndexFile.open(found).facts.stamp is None


def test_another_file_of_the_same_size_and_time_is_noticed(path, index, layouts):
    """Archives and synchronisers put times back, and file systems give inodes again."""
    state = path.stat()
    path.unlink()
    write(path, layouts, seed=1)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert path.stat().st_size == state.st_size
    with pytest.warns(LivnWarning, match="is not used: it is of other edges"):
        check(path, None)


def test_it_is_said_once(path, index):
    index.write_bytes(b"nonsense")
    with opened(path) as file:
        projection = file.projection("A", "A")
        with pytest.warns(LivnWarning, match="it is no index"):
            projection.out_edges([3])
        projection.out_edges([3])
        index.unlink()
        projection.build_index()
        assert len(projection.out_edges([3], index=True))


@pytest.mark.parametrize("kept", [0, 2**26])
def test_damage_anywhere_is_noticed(path, index, kept, monkeypatch):
    """Whatever byte is flipped: either it does not matter for these cells, or the index is not used, and says so."""
    monkeypatch.setattr(_indexfile, "KEPT_BYTES", kept)
    whole = index.read_bytes()
    noticed = 0
    with opened(path) as file:
        expected = file.projection("A", "A").out_edges([3], index=False)
    places = [*range(0, 40), *range(40, len(whole), 997), len(whole) - 1]
    for place in places:
        spoilt = bytearray(whole)
        spoilt[place] ^= 0x41
        index.write_bytes(spoilt)
        with opened(path) as file, warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            assert_same(file.projection("A", "A").out_edges([3]), expected)
        noticed += any("is not used" in str(one.message) for one in said)
    assert noticed == len(places) if kept else noticed >= 40


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b"\0", lambda data: data[:9]])
def test_an_index_that_was_cut_off_or_goes_on(path, index, change):
    index.write_bytes(change(index.read_bytes()))
    with pytest.warns(LivnWarning, match="is not used"):
        check(path, None)


def test_one_that_is_replaced_by_a_spoilt_one_between_two_queries(path, index, monkeypatch):
    monkeypatch.setattr(_indexfile, "KEPT_BYTES", 0)
    with opened(path) as file:
        projection = file.projection("A", "A")
        expected = projection.out_edges([3])
        index.write_bytes(index.read_bytes().replace(b'"digest"', b'"DIGEST"'))
        with pytest.warns(LivnWarning, match="its header does not match its checksum"):
            assert_same(projection.out_edges([3]), expected)


@pytest.mark.filterwarnings("error")
def test_one_that_another_process_makes_anew_between_two_queries(path, index, monkeypatch):
    monkeypatch.setattr(_indexfile, "KEPT_BYTES", 0)
    before = index.read_bytes()
    with opened(path) as file, opened(path) as other:
        projection = file.projection("A", "A")
        expected = projection.out_edges([3], index=True)
        for ns in (10**30, -(10**30)):  # so that its header says something else each time
            monkeypatch.setattr(_outindex, "_SETTLED_NS", ns)
            other.projection("A", "A").build_index()
            assert index.read_bytes() != before
            before = index.read_bytes()
            assert_same(projection.out_edges([3], index=True), expected)


@pytest.mark.skipif(sys.platform == "win32", reason="what is open cannot be replaced there")
def test_one_that_is_replaced_while_it_is_opened(path, index, monkeypatch):
    parse = _indexfile.Facts.parse

    def replaced(text):
        index.unlink(missing_ok=True)
        return parse(text)

    monkeypatch.setattr(_indexfile.Facts, "parse", replaced)
    check(path, True)


@pytest.mark.filterwarnings("error")
def test_one_that_another_thread_makes_anew_while_the_old_one_fails(path, index, monkeypatch):
    positions = _indexfile.IndexFile.positions
    with opened(path) as file:
        projection = file.projection("A", "A")
        expected = projection.out_edges([3], index=True)

        def fails(*_):
            monkeypatch.setattr(_indexfile.IndexFile, "positions", positions)
            projection.build_index()
            raise OSError("the disk is gone")

        monkeypatch.setattr(_indexfile.IndexFile, "positions", fails)
        assert_same(projection.out_edges([3], index=True), expected)


@pytest.mark.skipif(sys.platform == "darwin", reason="there, no variable names the folder of caches")
def test_where_it_cannot_go(path, tmp_path):
    path.with_name("edges.h5.A,A.outedges").mkdir()
    (tmp_path / "cache").touch()
    with opened(path) as file, pytest.raises(BackendError) as caught:
        file.projection("A", "A").build_index()
    message = str(caught.value)
    assert message.startswith(f"{path}: its index cannot be written at {path}.A,A.outedges (Is a directory) nor at ")
    assert f" nor at {tmp_path / 'cache'}" in message
    assert "; XDG_CACHE_HOME may name another folder for caches" in message


def test_where_it_goes(path, tmp_path):
    with opened(path) as file:
        projection = file.projection("A", "A")
        cached = projection.build_index("cache")
        assert (tmp_path / "cache") in cached.parents
        beside = path.with_name("edges.h5.A,A.outedges")
        assert not beside.exists()
        beside.mkdir()  # so nothing can be written there
        assert projection.build_index() == cached
        with pytest.raises(BackendError, match="cannot be written"):
            projection.build_index("beside")
        with pytest.raises(InvalidArgumentError, match="'beside' or 'cache', not 'here'"):
            projection.build_index("here")
        beside.rmdir()
    check(path, True)
    assert [one.name for one in path.parent.glob(".*")] == []


def test_a_file_that_was_changed_while_it_was_open(path, index):
    with opened(path) as file:
        projection = file.projection("A", "A")
        projection.out_edges([3], index=True)
        os.utime(path)
        with pytest.raises(FormatError, match="was changed while it was open"):
            projection.out_edges([3], index=True)


def test_many_make_and_use_it_at_once(path):
    with opened(path) as file:
        expected = file.projection("A", "A").out_edges([3], index=False)

    def work(number):
        with opened(path) as file:
            projection = file.projection("A", "A")
            if number % 2:
                projection.build_index()
            assert_same(projection.out_edges([3]), expected)
        return True

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(40)))


def test_only_of_files_on_this_machine(path):
    pytest.importorskip("livn_h5py")
    with open_neuroh5(str(path), backend="h5py") as file:  # which does not say where its bytes come from
        projection = file.projection("A", "A")
        projection.out_edges([3])
        with pytest.raises(InvalidArgumentError, match="a file on this machine"):
            projection.build_index()
        with pytest.raises(InvalidArgumentError, match="a file on this machine"):
            projection.out_edges([3], index=True)


def test_names_make_no_way_out(tmp_path, layouts):
    with h5py.File(tmp_path / "odd.h5", "w") as file:
        layouts.write_types(file, {"A,B": (0, 2), "..": (2, 2)}, labels=True)
        layouts.write_edges(file.create_group("Projections/A,B/A,B/Edges"), [0], [0, 2], [0, 1], [1])
    with opened(tmp_path / "odd.h5") as file:
        found = file.projection("A,B", "A,B").build_index()
    assert found == tmp_path / "odd.h5.A%2CB,A%2CB.outedges"
    assert Path(found).is_file()
