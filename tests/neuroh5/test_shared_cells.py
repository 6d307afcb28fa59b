"""Attributes of a namespace that belong to the same cells, or to almost the same, read together."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from livn_core import FormatError, LivnError, open_neuroh5
from livn_core.scratch import borrowed_arrays

NAMESPACE = "/Populations/B/Things"
ATTRIBUTES = {
    "a": ([0, 2, 1], [0, 1, 2, 4], [1.0, 2.0, 3.0, 4.0]),
    "b": ([0, 2, 1], [0, 1, 2, 4], [5.0, 6.0, 7.0, 8.0]),
    "c": ([0, 2, 3], [0, 1, 2, 4], [9.0, 8.0, 7.0, 6.0]),
    "d": ([0, 2, 1], [0, 1, 3, 4], [1.5, 2.5, 3.5, 4.5]),
    "e": ([0, 2, 1], None, [1, 2, 3, 4]),
    "f": ([0, 2, 1], None, [1, 2, 3]),
    "g": ([0, 1, 2], [0, 1, 2, 3], [3.0, 2.0, 1.0]),
    "h": ([0, 1, 2], [0, 1, 2, 3], [1, 2, 3]),
    "i": ([], [0], []),
}


@pytest.fixture
def path(tmp_path, layouts):
    with h5py.File(tmp_path / "cells.h5", "w") as file:
        layouts.write_types(file)
        for name, parts in ATTRIBUTES.items():
            layouts.write_attribute(file, f"{NAMESPACE}/{name}", *parts)
    return tmp_path / "cells.h5"


def described(attribute):
    return {gid: attribute[gid].tolist() for gid in attribute.gids.tolist()}


def test_together_they_are_what_each_is_alone(path, backend):
    with open_neuroh5(path, backend=backend) as file:
        together = file.cell_attributes("B", "Things")
        for name, (cells, pointer, values) in ATTRIBUTES.items():
            alone = file.cell_attributes("B", "Things", name)[name]
            expected = {
                6 + cell: values if pointer is None else values[pointer[at] : pointer[at + 1]]
                for at, cell in enumerate(cells)
            }
            for found in (together[name], alone):
                assert described(found) == expected
                assert found.gids.dtype == found.pointer.dtype == np.int64
                assert not found.gids.flags.writeable
                assert not found.pointer.flags.writeable


def test_a_wrong_cell_in_the_second_is_noticed(path, backend):
    with h5py.File(path, "r+") as file:
        file[f"{NAMESPACE}/b/Cell Index"][1] = 10
    with open_neuroh5(path, backend=backend) as file, pytest.raises(FormatError, match="b/Cell Index"):
        file.cell_attributes("B", "Things")


def test_values_go_where_they_shall_if_they_are_as_many(path, backend):
    """Four values each; those of ``e`` are twelve, since its cells share them, and those of ``g`` and ``h`` three."""
    names = sorted(ATTRIBUTES)
    table = np.full((4, len(names)), np.nan)
    with open_neuroh5(path, backend=backend) as file:
        found = file.cell_attributes_of(["B"], "Things", out={"B": tuple(table.T)})["B"]
        usual = file.cell_attributes("B", "Things")
    for name, column in zip(names, table.T, strict=True):
        assert described(found[name]) == described(usual[name])
        if len(found[name].values) == 4:
            assert found[name].values.dtype == np.float64
            assert np.array_equal(column, usual[name].values)
    assert [name for name in names if found[name].values.base is not None] == ["a", "b", "c", "d"]


def test_what_was_read_outlives_what_is_read_next(path, backend):
    """Memory in which an index was looked at is used again."""
    with open_neuroh5(path, backend=backend) as file:
        first = file.cell_attributes("B", "Things")
        before = {name: described(attribute) for name, attribute in first.items()}
        with borrowed_arrays([(4096, np.dtype(np.uint8))]) as (room,):
            room[:] = 255
        assert {name: described(attribute) for name, attribute in first.items()} == before


def test_indices_that_claim_more_than_memory_are_refused_as_the_first_would_be(path, backend):
    with h5py.File(path, "r+") as file:
        for name in "ab":
            del file[f"{NAMESPACE}/{name}/Cell Index"]
            file.create_dataset(f"{NAMESPACE}/{name}/Cell Index", (2**44,), np.uint32, chunks=(1000,))
    with open_neuroh5(path, backend=backend) as file, pytest.raises(LivnError, match="Cell Index"):
        file.cell_attributes("B", "Things", ["a", "b"])
