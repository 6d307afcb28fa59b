"""Repacking keeps everything that is read, stores it as it is best read, and appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import livn_core
from livn_core import (
    BackendError,
    Edges,
    FormatError,
    InvalidArgumentError,
    System,
    content_hash,
    fix,
    open_neuroh5,
    repack,
    write_neuroh5,
    write_system,
)
from livn_core.repacking import PURPOSES, _contents, _left_out, _repack
from livn_core.system._sidecars import Sidecars
from livn_core.system._whole import open_whole
from livn_core.testing import CASES, Content, assert_same, read_content
from livn_core.writing._atomic import place

h5py = pytest.importorskip("h5py")

EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"
REFERENCE = Path(__file__).parents[1] / "reference"
EDGES = "Projections/B/A/Edges"


def _edges(posts, start, pre=(0, 10)):
    """Three edges onto each of some cells."""
    rng = np.random.default_rng(len(posts))
    posts = np.array(posts)
    size = 3 * posts.size
    attributes = {"W": {"w": rng.random(size).astype("f4"), "long": np.arange(size, dtype="i2")}}
    return Edges(posts + start, np.arange(posts.size + 1) * 3, rng.integers(*pre, size), attributes)


def _names(folder):
    return sorted(one.name for one in folder.iterdir())


def _content(path):
    with open_neuroh5(path) as file:
        return read_content(file)


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("name", ["a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"])
def test_what_neuroh5_wrote(name, purpose, tmp_path):
    done = repack(REFERENCE / f"{name}.h5", tmp_path / "copy.h5", purpose=purpose)
    assert_same(_content(tmp_path / "copy.h5"), _content(REFERENCE / f"{name}.h5"))
    assert done.hash == content_hash(tmp_path / "copy.h5").value == content_hash(REFERENCE / f"{name}.h5").value
    assert done.after.n_bytes == (tmp_path / "copy.h5").stat().st_size < done.before.n_bytes
    assert done.left_out == ()


WITHOUT = {"empty-projections", "cells-without-values"}
"""Those with projections without edges, or attributes without cells: they count as absent."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_kit(case, tmp_path):
    outcome = case.write(tmp_path / "file.h5")
    if not isinstance(outcome, Content):
        with pytest.raises(FormatError):
            repack(tmp_path / "file.h5", tmp_path / "copy.h5")
        assert _names(tmp_path) == ["file.h5"]
        return
    done = repack(tmp_path / "file.h5", tmp_path / "copy.h5")
    if case.name in WITHOUT:
        assert done.left_out
    else:
        assert_same(_content(tmp_path / "copy.h5"), outcome)


def test_a_copy_within_its_source_and_indexes_are_not_what_is_left_out(tmp_path):
    source = shutil.copytree(EI1, tmp_path / "source")
    with System(source) as system:
        index = system.projection("EXC", "INH").build_index()
    assert index.parent == source
    assert repack(source, source / "copy").left_out == ()


def test_a_system_with_its_documents(tmp_path):
    source = shutil.copytree(EI1, tmp_path / "source")
    (source / "selection").mkdir()
    (source / "selection" / "e1.json").write_bytes(b"{not JSON")
    (source / "notes.txt").write_text("mine")
    done = repack(source, tmp_path / "made" / "copy")
    for name in ("graph.json", "mea.json", "selection/e1.json"):
        assert (done.path / name).read_bytes() == (source / name).read_bytes()
    assert sorted(path.name for path in done.path.glob("*.h5")) == ["cells.h5", "connections.h5"]
    assert done.left_out == (str(source / "notes.txt"),)
    assert _names(tmp_path / "made") == ["copy"]


def test_one_file_stays_one_file(tmp_path):
    write_system(tmp_path / "single", {"A": 10}, {("A", "A"): _edges([1, 2], 0)}, layout="single")
    repack(tmp_path / "single", tmp_path / "copy")
    assert _names(tmp_path / "copy") == ["graph.h5"]


@pytest.fixture
def scattered(tmp_path):
    """Cells of B in pieces, out of order, with gaps, one of them in two pieces."""
    pieces = [_edges(posts, 10) for posts in ([30, 31, 35], [0, 2, 3], [2, 9, 10])]
    path = write_neuroh5(tmp_path / "scattered.h5", {"A": 10, "B": 40}, {("A", "B"): pieces}, max_block_edges=4)
    with h5py.File(path) as file:
        assert file[f"{EDGES}/Destination Block Index"].size > 5
    return path


@pytest.mark.parametrize("block_bytes", [1, 60, 2**25])
def test_one_block_of_cells_in_order(scattered, tmp_path, block_bytes, monkeypatch):
    monkeypatch.setattr(_contents, "BLOCK_BYTES", block_bytes)
    done = repack(scattered, tmp_path / "copy.h5")
    assert (done.before.blocks, done.after.blocks) == (9, 1)
    with h5py.File(tmp_path / "copy.h5") as file:
        assert file[f"{EDGES}/Destination Block Index"][:].tolist() == [0]
        pointer = file[f"{EDGES}/Destination Pointer"][:]
        assert file[f"{EDGES}/Destination Block Pointer"][:].tolist() == [0, pointer.size]
        assert np.flatnonzero(np.diff(pointer)).tolist() == [0, 2, 3, 9, 10, 30, 31, 35]
    assert_same(_content(tmp_path / "copy.h5"), _content(scattered))


def test_wide_gaps_are_kept(tmp_path):
    write_neuroh5(tmp_path / "wide.h5", {"A": 10, "B": 10**7}, {("A", "B"): _edges([5, 9_000_000], 10)})
    repack(tmp_path / "wide.h5", tmp_path / "copy.h5")
    with h5py.File(tmp_path / "copy.h5") as file:
        assert file[f"{EDGES}/Destination Block Index"][:].tolist() == [5, 9_000_000]
    assert (tmp_path / "copy.h5").stat().st_size < 10**5


LAYOUTS = {
    "local": (None, None, None, False),
    "remote": (2**18, "gzip", 4, True),
    "archive": (300_000, "gzip", 9, True),
}


@pytest.mark.parametrize("purpose", LAYOUTS)
def test_layout_of_each_purpose(purpose, tmp_path):
    edges = _edges(np.arange(100_000), 10)
    write_neuroh5(tmp_path / "large.h5", {"A": 10, "B": 100_000}, {("A", "B"): [edges]})
    repack(tmp_path / "large.h5", tmp_path / "copy.h5", purpose=purpose)
    with h5py.File(tmp_path / "copy.h5") as file:
        dataset = file[f"{EDGES}/Source Index"]
        chunk = dataset.chunks and dataset.chunks[0]
        assert (chunk, dataset.compression, dataset.compression_opts, dataset.shuffle) == LAYOUTS[purpose]
        assert dataset.maxshape == dataset.shape
        assert file[f"{EDGES}/Destination Block Index"].chunks is None
        every = []
        file.visititems(lambda _, found: every.append(found) if isinstance(found, h5py.Dataset) else None)
        assert all(one.chunks is None or one.maxshape[0] is None or one.chunks[0] <= one.shape[0] for one in every)


def test_what_nobody_reads_is_said(tmp_path):
    path = tmp_path / "file.h5"
    write_neuroh5(
        path,
        {"A": 4, "B": 4},
        {("A", "A"): _edges([1], 0, (0, 4))},
        cells={"A": {"N": {"v": np.arange(4, dtype="f4")}}},
    )
    with h5py.File(path, "r+") as file:
        file["notes/mine"] = [1]
        file["Populations/A/N/v/more"] = [1]
        file["Populations/A/N/half/Cell Index"] = np.array([1], "u4")
        file["Projections/A/A/W/group/deep"] = [1]
        file["H5Types/Layer tags"] = h5py.enum_dtype({"L": 0}, basetype="u1")
        for name in ("Destination Block Index", "Destination Block Pointer", "Destination Pointer", "Source Index"):
            file[f"Projections/B/A/Edges/{name}"] = np.zeros(0, file[f"Projections/A/A/Edges/{name}"].dtype)
    done = repack(path, tmp_path / "copy.h5")
    assert sorted(one.removeprefix(f"{path}: ") for one in done.left_out) == [
        "/H5Types/Layer tags",
        "/Populations/A/N/half/Cell Index",
        "/Populations/A/N/v/more",
        "/Projections/A/A/W/group/deep",
        "/notes/mine",
        "projection A -> B: has no edges",
    ]


@pytest.mark.parametrize("backend", ["pyfive", "h5py"])
@pytest.mark.parametrize("links", [1, 4])
def test_links_in_circles_come_to_an_end(tmp_path, links, backend, monkeypatch):
    pytest.importorskip(f"livn_{backend}")
    path = write_neuroh5(tmp_path / "file.h5", {"A": 4}, cells={"A": {"N": {"v": np.arange(4, dtype="f4")}}})
    with h5py.File(path, "r+") as file:
        file["notes/mine"] = [1]
        for number in range(links):
            file[f"notes/{number}"] = file["notes"]
    if links == 1:
        assert f"{path}: /notes/0/0/mine" in repack(path, tmp_path / "copy.h5", backend=backend).left_out
        return
    monkeypatch.setattr(_left_out, "MOST_NODES", 1000)
    with pytest.raises(FormatError, match=r"file.h5: /: leads to more than 1,000 .*; remove the links"):
        repack(path, tmp_path / "copy.h5", backend=backend)
    assert _names(tmp_path) == ["file.h5"]


def test_chunks_are_counted_along_every_axis(tmp_path):
    pytest.importorskip("livn_pyfive")
    path = write_neuroh5(tmp_path / "file.h5", {"A": 4}, cells={"A": {"N": {"v": np.arange(4, dtype="f4")}}})
    before = repack(path, tmp_path / "first.h5", backend="pyfive").before.chunks
    with h5py.File(path, "r+") as file:
        file.create_dataset("notes/flat", data=np.zeros((5, 9, 4)), chunks=(2, 3, 4))
        file.create_dataset("notes/empty", shape=(0, 9), dtype="u1", maxshape=(None, 9), chunks=(2, 3))
        file["notes/one"] = 1
    done = repack(path, tmp_path / "second.h5", backend="pyfive")
    assert done.before.chunks == before + 3 * 3 * 1 + 0 + 1


def test_files_of_many_datasets_are_looked_at_to_the_end(tmp_path):
    path = write_neuroh5(tmp_path / "file.h5", {"A": 4}, cells={"A": {"N": {"v": np.arange(4, dtype="f4")}}})
    with h5py.File(path, "r+") as file:
        for number in range(5000):
            file.create_dataset(f"notes/{number % 70}/{number}", shape=(), dtype="u1")
    assert len(repack(path, tmp_path / "copy.h5").left_out) == 5000


def test_valid_projections_without_edges_stay_valid(tmp_path):
    source = write_system(tmp_path / "source", {"A": 4, "B": 4}, {("A", "A"): _edges([1], 0, (0, 4)), ("A", "B"): []})
    repack(source, tmp_path / "copy")
    for name in ("cells.h5", "connections.h5"):
        with open_neuroh5(tmp_path / "copy" / name) as file:
            assert file.valid_projections == (("A", "A"), ("A", "B"))


def test_types_that_neuroh5_cannot_read_are_kept(tmp_path):
    write_neuroh5(tmp_path / "file.h5", {"A": 4}, cells={"A": {"N": {"v": np.arange(4, dtype="f4")}}})
    node = "Populations/A/N/v/Attribute Value"
    with h5py.File(tmp_path / "file.h5", "r+") as file:
        del file[node]
        file[node] = np.array([0.1, 0.2, 0.3, 0.4], "f8")
    repack(tmp_path / "file.h5", tmp_path / "copy.h5")
    with h5py.File(tmp_path / "copy.h5") as file:
        assert file[node].dtype == np.float64


@pytest.mark.parametrize("source", [EI1, EI1 / "cells.h5"])
def test_a_link_that_leads_nowhere_is_no_free_place(source, tmp_path, monkeypatch):
    monkeypatch.setattr("livn_core.repacking._repack.open_whole", None)  # before anything is read
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InvalidArgumentError, match=r"link is a symbolic link that leads nowhere; choose another path$"):
        repack(source, tmp_path / "link")


def test_an_empty_target_is_called_empty(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for write in (repack, fix):
        with pytest.raises(InvalidArgumentError, match="the path to write to is empty; name one"):
            write(EI1, "")


def test_one_file_does_not_become_what_is_written_as_a_directory(tmp_path):
    for write in (repack, fix):
        with pytest.raises(
            InvalidArgumentError, match="onedir/: is written as a directory, but one file is to be made"
        ):
            write(EI1 / "cells.h5", f"{tmp_path}/onedir/")
    assert list(tmp_path.iterdir()) == []
    assert repack(EI1, f"{tmp_path}/onedir/").path == tmp_path / "onedir"


def test_nothing_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(InvalidArgumentError, match="exists already"):
        repack(EI1, tmp_path / "there")
    with pytest.raises(InvalidArgumentError, match="the purpose is one of local, remote, archive, not 'fun'"):
        repack(EI1, tmp_path / "copy", purpose="fun")


@pytest.mark.parametrize("source", ["connections.h5", ""])
def test_what_is_made_meanwhile_is_not_replaced(tmp_path, monkeypatch, source):
    write, target = _repack._write, tmp_path / "copy"

    def slowly(whole, copy, storage):
        write(whole, copy, storage)
        if source:
            target.write_text("mine")
        else:
            target.mkdir()

    monkeypatch.setattr(_repack, "_write", slowly)
    with pytest.raises(InvalidArgumentError, match="copy was made meanwhile, and is left as it is"):
        repack(EI1 / source, target)
    assert _names(tmp_path) == ["copy"]
    assert target.read_text() == "mine" if source else _names(target) == []


def test_a_file_that_is_made_at_the_last_moment_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    (tmp_path / "copy.h5").write_text("mine")
    (tmp_path / "beside.h5").write_text("ours")
    with pytest.raises(InvalidArgumentError, match="was made meanwhile"):
        place(tmp_path / "beside.h5", tmp_path / "copy.h5")
    assert (tmp_path / "copy.h5").read_text() == "mine"


def test_where_there_are_no_links(tmp_path, monkeypatch):
    def refuses(*_):
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuses)
    repack(EI1 / "connections.h5", tmp_path / "copy.h5")
    assert _names(tmp_path) == ["copy.h5"]


def test_names_that_lead_out_make_nothing_there(tmp_path, monkeypatch):
    (tmp_path / "made" / "beside").mkdir(parents=True)
    monkeypatch.setattr(Sidecars, "_names", lambda _: ["../../../out/there.json"])
    with pytest.raises(InvalidArgumentError, match=r"'../../../out/there.json' is no name of a file inside a system"):
        repack(EI1, tmp_path / "made" / "copy")
    assert _names(tmp_path / "made") == ["beside"]
    with (
        open_whole(EI1) as whole,
        pytest.raises(InvalidArgumentError, match="is no name of a file inside a system"),
    ):
        _repack._write(whole, tmp_path / "made" / "beside" / "copy", PURPOSES["local"])
    assert _names(tmp_path) == ["made"]


def test_a_copy_that_differs_never_appears(tmp_path, monkeypatch):
    write = _repack._write

    def spoilt(whole, copy, storage):
        write(whole, copy, storage)
        with h5py.File(copy / "connections.h5", "r+") as file:
            file["Projections/EXC/EXC/Edges/Source Index"][0] = (
                file["Projections/EXC/EXC/Edges/Source Index"][0] + 1
            ) % 8

    monkeypatch.setattr(_repack, "_write", spoilt)
    with pytest.raises(BackendError, match=r"the copy does not hold what .*EI1 holds, and was removed.*pre_gids"):
        repack(EI1, tmp_path / "copy")
    assert _names(tmp_path) == []


def test_the_copy_is_read_here_also_where_everything_else_comes_from_a_server(tmp_path, monkeypatch):
    with System(EI1, backend="pyfive") as system:
        monkeypatch.setenv("LIVN_HSDS", '{"endpoint": "http://127.0.0.1:1"}')
        assert repack(system, tmp_path / "copy").hash == content_hash(system).value
