"""Whatever does not fit the format is refused in a sentence, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from livn_core import CellAttribute, Edges, InvalidArgumentError, InvalidTypeError, LivnError, UnknownNameError
from livn_core.writing import write_neuroh5, write_system

POPULATIONS = {"A": 4, "B": 4}


def edges(post=(4, 5), indptr=(0, 1, 2), pre=(0, 3), **attributes):
    named = {"W": {name: np.asarray(values) for name, values in attributes.items()}} if attributes else {}
    return Edges(np.array(post), np.array(indptr), np.array(pre), named)


def cell(gids=(4, 5), pointer=(0, 1, 2), values=(1.0, 2.0), dtype="f4"):
    return CellAttribute(np.array(gids), np.array(pointer), np.array(values, dtype))


AB = "projection 'A' -> 'B'"
ATTRIBUTE = "population 'B', attribute 'N'/'v'"

BAD_EDGES = {
    "post": (edges(post=(4, 8)), f"{AB}: gid 8 is outside population 'B', whose gids are 4 to 7"),
    "pre": (edges(pre=(0, 4)), f"{AB}: gid 4 is outside population 'A', whose gids are 0 to 3"),
    "negative": (edges(pre=(0, -1)), f"{AB}: gid -1 is outside population 'A'"),
    "float": (edges(pre=(0.0, 1.0)), f"{AB}: the gids must be whole numbers, not float64"),
    "short pointer": (edges(indptr=(0, 2)), f"{AB}: the pointer has 2 entries, but 2 cells need 3"),
    "falling": (edges(indptr=(0, 3, 2)), f"{AB}: the pointer must rise from 0 to the number of values, 2"),
    "beyond": (edges(indptr=(0, 1, 3)), f"{AB}: the pointer must rise from 0 to the number of values, 2"),
    "late": (edges(indptr=(1, 1, 2)), f"{AB}: the pointer must rise from 0 to the number of values, 2"),
    "length": (edges(w=np.zeros(3, "f4")), f"{AB}, attribute 'W'/'w': 3 values for 2 edges"),
    "dtype": (edges(w=np.zeros(2)), f"{AB}, attribute 'W'/'w': neuroh5 cannot read float64; convert the values to"),
    "bool": (edges(w=np.zeros(2, bool)), f"{AB}, attribute 'W'/'w': neuroh5 cannot read bool"),
    "namespace": (
        Edges(np.array([4]), np.array([0, 1]), np.array([0]), {"Edges": {"w": np.zeros(1, "f4")}}),
        f"{AB}: a namespace cannot be called 'Edges'",
    ),
    "nothing": (5, f"{AB}: give edges, or an iterable of edges, not int"),
    "pieces": ([5], f"{AB}: give edges, or an iterable of edges, not int"),
    "other attributes": (
        [edges(w=np.zeros(2, "f4")), edges(post=(6, 7))],
        f"{AB}: every piece must have the same attributes of the same dtype: first W/w float32, then none",
    ),
    "other dtypes": (
        [edges(w=np.zeros(2, "f4")), edges(post=(6, 7), w=np.zeros(2, "u1"))],
        "first W/w float32, then W/w uint8",
    ),
}

BAD_CELLS = {
    "outside": (cell(gids=(4, 9)), f"{ATTRIBUTE}: gid 9 is outside population 'B', whose gids are 4 to 7"),
    "twice": (cell(gids=(4, 4)), f"{ATTRIBUTE}: a gid occurs more than once"),
    "pointer": (cell(pointer=(0, 1)), f"{ATTRIBUTE}: the pointer has 2 entries, but 2 cells need 3"),
    "dtype": (cell(dtype="f8"), f"{ATTRIBUTE}: neuroh5 cannot read float64"),
    "dense": (
        np.zeros(3, "f4"),
        f"{ATTRIBUTE}: an array must have one row for each of the 4 cells, but has shape (3,)",
    ),
    "scalar": (1.0, f"{ATTRIBUTE}: an array must have one row for each of the 4 cells, but has shape ()"),
    "int64": (np.arange(4), f"{ATTRIBUTE}: neuroh5 cannot read int64"),
}


def refused(kind, message, write):
    with pytest.raises(kind, match=re.escape(message)) as caught:
        write()
    assert isinstance(caught.value, LivnError)


@pytest.mark.parametrize("name", BAD_EDGES)
def test_edges(name, tmp_path):
    given, message = BAD_EDGES[name]
    refused(
        (InvalidArgumentError, InvalidTypeError),
        message,
        lambda: write_neuroh5(tmp_path / "x.h5", POPULATIONS, {("A", "B"): given}),
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", BAD_CELLS)
def test_cells(name, tmp_path):
    given, message = BAD_CELLS[name]
    refused(
        (InvalidArgumentError, InvalidTypeError),
        message,
        lambda: write_system(tmp_path / "x", POPULATIONS, cells={"B": {"N": {"v": given}}}),
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("populations", "kind", "message"),
    [
        ({}, InvalidArgumentError, "a file holds 1 to 65536 populations, not 0"),
        ({"A": True}, InvalidTypeError, "population 'A': the count must be a whole number, not True"),
        ({"A": 1.5}, InvalidTypeError, "population 'A': the count must be a whole number, not 1.5"),
        ({"A": -1}, InvalidArgumentError, "population 'A': start 0 and count -1 do not fit the format"),
        ({"A": 2**32}, InvalidArgumentError, "population 'A': start 0 and count 4294967296 do not fit the format"),
        ({"A": (2**63 - 2, 5)}, InvalidArgumentError, "do not fit the format"),
        ({"A": (0, 1, 2)}, InvalidTypeError, "population 'A': give a count, or (start, count), not (0, 1, 2)"),
        ({"A": (0, 5), "B": (4, 1)}, InvalidArgumentError, "populations 'A' and 'B' share gid 4"),
        (
            {"A": (0, 5), "B": (4, 0)},
            InvalidArgumentError,
            "population 'B' has no cells, but its start 4 is a gid of 'A'",
        ),
        ({"A/B": 1}, InvalidArgumentError, "'A/B' cannot be the name of a population"),
        ({"": 1}, InvalidArgumentError, "'' cannot be the name of a population"),
        ({3: 1}, InvalidArgumentError, "3 cannot be the name of a population"),
    ],
)
def test_populations(populations, kind, message, tmp_path):
    refused(kind, message, lambda: write_neuroh5(tmp_path / "x.h5", populations))


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"chunks": 0}, InvalidArgumentError, "chunks must be at least 1 element, not 0"),
        ({"chunks": True}, InvalidTypeError, "chunks must be a whole number, not True"),
        ({"compression": 10}, InvalidArgumentError, "compression is gzip's level, 0 to 9, or None, not 10"),
        ({"compression": "gzip"}, InvalidTypeError, "compression must be a whole number, not 'gzip'"),
        ({"max_block_edges": 0}, InvalidArgumentError, "max_block_edges must be at least 1, not 0"),
        ({"layout": "both"}, InvalidArgumentError, "layout must be one of 'pair', 'single', not 'both'"),
        ({"documents": {"a.txt": {}}}, InvalidArgumentError, "'a.txt' cannot be a document"),
        ({"documents": {"../a.json": {}}}, InvalidArgumentError, "'../a.json' cannot be a document"),
        ({"documents": {"a.json": {1, 2}}}, InvalidArgumentError, "document 'a.json' cannot be written as JSON"),
        ({"documents": {"a.json": float("nan")}}, InvalidArgumentError, "document 'a.json' cannot be written as JSON"),
        ({"cells": {"Z": {}}}, UnknownNameError, "no population 'Z'; there is A, B"),
        ({"projections": {("A", "Z"): edges()}}, UnknownNameError, "no population 'Z'; there is A, B"),
        ({"projections": {"AB": edges()}}, InvalidArgumentError, "a projection is named by (pre, post), not 'AB'"),
        ({"cells": {"A": {"Trees": {}}}}, InvalidArgumentError, "morphologies are given as trees=, not as cells="),
    ],
)
def test_options(options, kind, message, tmp_path):
    refused(kind, message, lambda: write_system(tmp_path / "x", POPULATIONS, **options))
    assert list(tmp_path.iterdir()) == []


def test_an_error_half_way_leaves_what_was_there_untouched(tmp_path):
    path = write_system(tmp_path / "x", POPULATIONS, {("A", "B"): edges()}, documents={"graph.json": {"version": 1}})
    before = {one.name: one.read_bytes() for one in path.iterdir()}

    def pieces():
        yield edges(post=(6, 7))
        raise OSError("the source went away")

    with pytest.raises(OSError, match="the source went away"):
        write_system(path, POPULATIONS, {("A", "B"): pieces()}, documents={"graph.json": {}}, overwrite=True)
    assert {one.name: one.read_bytes() for one in path.iterdir()} == before
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("place", ["file/x", "file/x/y"])
def test_a_place_where_nothing_can_be_made(tmp_path, place):
    (tmp_path / "file").write_text("mine")
    problem = re.escape(f"{tmp_path / place} cannot be made ({tmp_path / 'file'} is no directory); choose another path")
    for write in (write_system, write_neuroh5):
        with pytest.raises(InvalidArgumentError, match=f"^{problem}$"):
            write(tmp_path / place, POPULATIONS)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


def test_a_place_where_nothing_may_be_written(tmp_path):
    (tmp_path / "locked").mkdir(0o500)
    if os.access(tmp_path / "locked", os.W_OK):
        pytest.skip("this user may write everywhere")
    problem = re.escape(f"x cannot be made (in {tmp_path / 'locked'}: Permission denied); choose another path")
    with pytest.raises(InvalidArgumentError, match=problem):
        write_system(tmp_path / "locked" / "x", POPULATIONS)


def test_a_directory_is_not_replaced_by_a_file(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(InvalidArgumentError, match="x: is a directory, and cannot be replaced by a file"):
        write_neuroh5(tmp_path / "x", POPULATIONS, overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("write", [write_system, write_neuroh5])
def test_a_link_that_leads_nowhere_is_replaced_where_that_is_asked_for(write, tmp_path):
    (tmp_path / "x").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InvalidArgumentError, match="x is a symbolic link that leads nowhere; choose another path, or"):
        write(tmp_path / "x", POPULATIONS)
    write(tmp_path / "x", POPULATIONS, overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    assert not (tmp_path / "x").is_symlink()


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_path_to_write_to_is_not_empty(overwrite, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for write in (write_system, write_neuroh5):
        with pytest.raises(InvalidArgumentError, match="the path to write to is empty; name one"):
            write("", POPULATIONS, overwrite=overwrite)
    with pytest.raises(InvalidArgumentError, match="x/: is written as a directory, but one file is to be made"):
        write_neuroh5("x/", POPULATIONS, overwrite=overwrite)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_asked_for(tmp_path):
    path = write_system(tmp_path / "x", POPULATIONS, {("A", "B"): edges()}, documents={"params/p.json": {}})
    with pytest.raises(InvalidArgumentError, match="exists already; choose another path, or pass overwrite=True"):
        write_system(path, POPULATIONS)
    (path / "notes.txt").write_text("mine")
    write_system(path, POPULATIONS, layout="single", overwrite=True)
    # A graph.h5 would hide the pair, and the pair would be stale beside a graph.h5.
    assert sorted(one.name for one in path.iterdir()) == ["graph.h5", "notes.txt", "params"]
    write_system(path, POPULATIONS, overwrite=True)
    assert sorted(one.name for one in path.iterdir()) == ["cells.h5", "connections.h5", "notes.txt", "params"]


def test_without_h5py_it_says_how_to_get_it(tmp_path):
    code = (
        "import sys; sys.modules['h5py'] = None\n"
        "from livn_core.writing import write_neuroh5\n"
        "try: write_neuroh5('x.h5', {'A': 1})\n"
        "except ImportError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert run.stdout.strip() == 'writing needs h5py: pip install "livn-core[write]"'
    assert list(tmp_path.iterdir()) == []


def test_importing_the_writer_does_not_import_h5py():
    code = "import sys, livn_core.writing; print('h5py' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
