"""Electrodes."""

from __future__ import annotations

import json
import pickle

import attrs
import numpy as np
import pytest

from livn_core.errors import FormatError
from livn_core.system import MEA

ROWS = [[0, 0, 0, 0], [7, 3, 4, 0]]


def test_electrodes():
    mea = MEA(ROWS, output_radius=100)
    assert (mea.num_channels, mea.channel_ids.tolist(), mea.channel_ids.dtype) == (2, [0, 7], np.int32)
    assert (mea.input_radius, mea.output_radius) == (250.0, 100.0)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        mea.input_radius = 1
    with pytest.raises(ValueError, match="read-only"):
        mea.electrode_coordinates[0] = 1


def test_distances_go_by_electrode():
    table = MEA(ROWS).distances([[10, 0, 0, 0], [11, 3, 4, 12]])
    assert table.tolist() == [[0, 10, 0], [0, 11, 13], [7, 10, 5], [7, 11, 12]]
    assert MEA(ROWS).distances(np.empty((0, 4))).shape == (0, 3)


def test_goes_to_json_and_back(tmp_path):
    mea = MEA(ROWS, 1, 2, {"recording_gain": 3.0})
    assert MEA.from_json(mea.as_json()) == mea
    assert MEA.from_json(json.dumps(mea.as_json())) == mea
    assert pickle.loads(pickle.dumps(mea)) == mea
    assert MEA(ROWS) != mea
    (tmp_path / "mea.json").write_text(json.dumps(mea.as_json()))
    assert MEA.from_directory(tmp_path) == mea
    with pytest.raises(FileNotFoundError):
        MEA.from_directory(tmp_path / "absent")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", r"mea\.json: /: line 1, column 2: .*this is not valid JSON"),
        ("[]", "has to be a JSON object"),
        ({}, "/electrode_coordinates: is missing; it holds rows of id, x, y, z in µm"),
        ({"electrode_coordinates": [[1, 2, 3]]}, r"electrodes have to be rows of id, x, y, z; the shape is \(1, 3\)"),
        ({"electrode_coordinates": [[1, 2, 3, 4], [1, 2]]}, "mea.json: /: "),
        ({"electrode_coordinates": [[0, 0, 0, 0], [0, 1, 1, 1]]}, "each with a whole id of its own"),
        ({"electrode_coordinates": [[0.5, 0, 0, 0]]}, "each with a whole id of its own"),
        ({"electrode_coordinates": ROWS, "input_radius": -1}, "a radius has to be a number of µm, 0 or more, not -1"),
        ({"electrode_coordinates": ROWS, "input_radius": True}, "a radius has to be .* not True"),
        ({"electrode_coordinates": ROWS, "input_radius": None}, "a radius has to be .* not None"),
        (
            {"electrode_coordinates": ROWS, "radius": 1},
            "/radius: is no field of a MEA; these are electrode_coordinates",
        ),
    ],
)
def test_broken_document(document, sentence):
    with pytest.raises(FormatError, match=sentence):
        MEA.from_json(document)
