"""What has one possible meaning is repaired in a copy; the source stays as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from livn_core import FormatError, content_hash, diff, fix, validate
from livn_core.testing import CASES, Content

h5py = pytest.importorskip("h5py")

EE = "Projections/EXC/EXC/Edges"
KIND = "Populations/EXC/Some/kind"


def put(node, values):
    def edit(file):
        dtype = file[node].dtype
        del file[node]
        file[node] = np.asarray(values, dtype)

    return edit


def change(node, at, value):
    return lambda file: file[node].__setitem__(at, value)


def widen(node, dtype):
    def edit(file):
        values = file[node][:]
        del file[node]
        file[node] = values.astype(dtype)

    return edit


REPAIRED = {
    "block-pointer-end": ("connections.h5", change(f"{EE}/Destination Block Pointer", -1, 40)),
    "block-pointer-exact": ("connections.h5", change(f"{EE}/Destination Block Pointer", -1, 6)),
    "pairs-missing": ("connections.h5", lambda file: file.__delitem__("H5Types/Valid population projections")),
    "labels-not-committed": ("cells.h5", lambda file: file.__delitem__("H5Types/Population labels")),
    "index-width": ("connections.h5", widen(f"{EE}/Source Index", "<i8")),
}
"""Repairs after which the content is what it was before the defect was planted."""

LABELLED = {"EXC": 0, "INH": 1, "GHOST": 2}


def a_label_without_row(file):
    """Let the types name a population that has no cells, and allow it to project."""
    enum = h5py.enum_dtype(LABELLED, basetype=np.dtype("<u2"))
    for name, fields in (("Populations", ["Population"]), ("Valid population projections", ["Source", "Destination"])):
        values = file[f"H5Types/{name}"][:]
        dtype = np.dtype([(field, enum if field in fields else values.dtype[field]) for field in values.dtype.names])
        values = np.concatenate([values, np.array([(2, 0)], values.dtype)]) if len(fields) == 2 else values
        del file[f"H5Types/{name}"]
        file.create_dataset(f"H5Types/{name}", data=values.astype(dtype), dtype=dtype)
    del file["H5Types/Population labels"]
    file["H5Types/Population labels"] = enum


REPAIRED["label-without-row"] = ("cells.h5", a_label_without_row)

CHANGED = {
    "destination-split": ("connections.h5", change(f"{EE}/Destination Block Index", -1, 6)),
    "blocks-unordered": ("connections.h5", change(f"{EE}/Destination Block Index", 0, 15)),
    "cell-twice": ("cells.h5", put(f"{KIND}/Cell Index", [0, 2, 2, 6, 8, 10, 12, 14, 16, 18])),
    "attribute-pointer-missing": ("cells.h5", lambda file: file.__delitem__(f"{KIND}/Attribute Pointer")),
}
"""Defects with which the content is another one, which the repair keeps."""


def _digests(folder):
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("code", [*REPAIRED, *CHANGED])
def test_repaired(code, system, sound, tmp_path):
    name, edit = {**REPAIRED, **CHANGED}[code]
    with h5py.File(system / name, "r+") as file:
        edit(file)
    before = _digests(system)
    done = fix(system, tmp_path / "copy")
    assert {one.code for one in done.fixed} == {code}
    assert list(done.remaining) == list(validate(tmp_path / "copy")) == []
    assert _digests(system) == before
    assert diff(tmp_path / "copy", sound if code in REPAIRED else system) == ()


def test_what_cannot_be_repaired_remains(system, edit_json, tmp_path):
    edit_json("mea.json", lambda content: content.update(input_radius=-1))
    with h5py.File(system / "connections.h5", "r+") as file:
        del file["H5Types/Valid population projections"]
    done = fix(system, tmp_path / "copy")
    assert [one.code for one in done.fixed] == ["pairs-missing"]
    assert [one.code for one in done.remaining] == ["mea-radius"]


def test_no_copy_where_reading_would_have_to_guess(system, tmp_path):
    with h5py.File(system / "connections.h5", "r+") as file:
        file[f"{EE}/Source Index"][0] = 20
    with pytest.raises(FormatError, match="cell 20 lies outside population EXC") as failed:
        fix(system, tmp_path / "copy")
    assert failed.value.__notes__ == ["livn: this cannot be repaired without guessing; no copy was written"]
    assert not (tmp_path / "copy").exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda trees: trees.__delitem__("Radius"), "Trees/Radius: is missing"),
        (lambda trees: trees.copy("Radius", "Colour"), "Trees/Colour: is no column of trees, and would be lost"),
        (
            lambda trees: [trees.__delitem__("Radius/Attribute Pointer"),
                           trees.__setitem__("Radius/Attribute Pointer", np.array([0, 3, 8, 12], "<u8"))],
            "Trees/Radius: does not belong to the same points as X Coordinate",
        ),
    ],
)  # fmt: skip
def test_no_copy_of_trees_that_do_not_fit_together(edit, says, system, tmp_path):
    with h5py.File(system / "cells.h5", "r+") as file:
        edit(file["Populations/EXC/Trees"])
    with pytest.raises(FormatError, match=says):
        fix(system, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_kit(case, tmp_path):
    outcome = case.write(tmp_path / "file.h5")
    if not isinstance(outcome, Content):
        pytest.skip("reading refuses it, and so does the repair")
    done = fix(tmp_path / "file.h5", tmp_path / "copy.h5")
    assert done.remaining.ok
    assert content_hash(tmp_path / "file.h5").value == content_hash(tmp_path / "copy.h5").value
    # What is left is about values and gids, which a repair does not touch.
    about_content = {
        "value-type-neuroh5",
        "edge-attribute-int8",
        "gid-beyond-32-bits",
        "population-empty",
        "populations-gap",
    }
    assert {one.code for one in done.remaining} <= about_content
