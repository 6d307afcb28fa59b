"""Cell attributes that are written piece by piece."""

from __future__ import annotations

from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from livn_core import CellAttribute, write_neuroh5
from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.writing._checks import Stream


def piece(gids, lengths, dtype=np.float32):
    pointer = np.append(0, np.cumsum(lengths))
    return CellAttribute(np.array(gids), pointer, (np.arange(pointer[-1]) + 10 * gids[0]).astype(dtype))


def write(path, pieces, count=20, **storage):
    return write_neuroh5(path, {"A": (100, count)}, cells={"A": {"N": {"a": iter(pieces)}}}, **storage)


PIECES = [
    piece([100, 102], [2, 0]),
    CellAttribute(np.zeros(0, np.int64), np.zeros(1, np.int64), np.zeros(0, np.float32)),
    piece([103], [5]),
    piece([110, 119], [0, 1]),
]


@pytest.mark.parametrize("storage", [{}, {"chunks": 3}, {"compression": 4, "shuffle": True}])
def test_pieces_are_the_whole(tmp_path, storage):
    whole = CellAttribute(
        np.concatenate([one.gids for one in PIECES]),
        np.append(0, np.cumsum(np.concatenate([np.diff(one.pointer) for one in PIECES]))),
        np.concatenate([one.values for one in PIECES]),
    )
    write_neuroh5(tmp_path / "whole.h5", {"A": (100, 20)}, cells={"A": {"N": {"a": whole}}}, **storage)
    write(tmp_path / "pieces.h5", PIECES, **storage)
    with h5py.File(tmp_path / "whole.h5") as one, h5py.File(tmp_path / "pieces.h5") as other:
        for name, dataset in one["Populations/A/N/a"].items():
            found = other["Populations/A/N/a"][name]
            assert found.dtype == dataset.dtype
            np.testing.assert_array_equal(found[:], dataset[:], err_msg=name)


def test_one_piece_at_a_time_is_in_memory(tmp_path):
    alive = []

    class Watched(np.ndarray):
        def __del__(self):
            alive.remove(id(self))

    def pieces():
        for first in range(100, 120):
            values = np.zeros(1000, np.float32).view(Watched)
            alive.append(id(values))
            assert len(alive) <= 2  # the one before may be alive while the next is made
            yield CellAttribute(np.array([first]), np.array([0, 1000]), values)
            del values

    write(tmp_path / "file.h5", pieces())


def test_an_attribute_that_no_cell_has_is_left_out(tmp_path):
    with h5py.File(write(tmp_path / "file.h5", [])) as file:
        assert "Populations" not in file


@pytest.mark.parametrize(
    ("pieces", "error", "message"),
    [
        ([piece([101], [1]), piece([101], [1])], InvalidArgumentError, "above those of the pieces before it"),
        ([piece([105], [1]), piece([101], [1])], InvalidArgumentError, "above those of the pieces before it"),
        (
            [piece([101], [1]), piece([102], [1], np.int32)],
            InvalidArgumentError,
            "every piece must have the same dtype",
        ),
        ([piece([120], [1])], InvalidArgumentError, "gid 120 is outside population 'A'"),
        (
            [SimpleNamespace(gids=[101], pointer=[0, 2], values=Stream(np.dtype("f4"), 2, [np.zeros(2, "f4")]))],
            InvalidTypeError,
            "the values of a piece must be an array",
        ),
        ([np.zeros(20)], InvalidTypeError, "pieces must have gids, pointer and values, not ndarray"),
        ([piece([101], [1], np.float64)], InvalidTypeError, "neuroh5 cannot read float64"),
    ],
)
def test_pieces_that_do_not_fit(tmp_path, pieces, error, message):
    with pytest.raises(error, match=message):
        write(tmp_path / "file.h5", pieces)
    assert not list(tmp_path.iterdir())
