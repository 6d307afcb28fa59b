"""The answers for viewers hold what the system holds."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.view import pack, unpack

from livn_core import FormatError, System

GRAPHS = Path(__file__).parents[4] / "systems" / "graphs"


@pytest.fixture
def root(tmp_path):
    shutil.copytree(GRAPHS / "EI2", tmp_path / "graphs" / "EI2")
    return tmp_path / "graphs"


@pytest.fixture
def ask(root):
    """A function that asks for a view, and gives arrays and texts."""
    with Companion(CompanionSettings(root)) as companion:

        def ask(path: str):
            with urllib.request.urlopen(f"{companion.address}/view/{path}", timeout=30) as answer:
                assert answer.headers["Content-Type"] == "application/vnd.safetensors"
                return unpack(answer.read())

        yield ask


@pytest.fixture
def refused(ask):
    """A function that asks for what is refused, and gives status and reason."""

    def refused(path: str) -> tuple[int, str]:
        with pytest.raises(urllib.error.HTTPError) as caught:
            ask(path)
        with caught.value as answer:
            return answer.code, json.load(answer)["error"]

    return refused


def test_cells(ask, root):
    arrays, texts = ask("EI2/cells")
    with System(root / "EI2") as system:
        np.testing.assert_array_equal(arrays["positions"], system.neuron_coordinates[:, 1:].astype(np.float32))
        np.testing.assert_array_equal(arrays["bounding_box"], system.bounding_box)
    assert json.loads(texts["populations"]) == [
        {"name": "EXC", "start": 0, "count": 80},
        {"name": "INH", "start": 80, "count": 20},
    ]


def test_degrees(ask, root):
    arrays, texts = ask("EI2/degrees")
    with System(root / "EI2") as system:
        for number, one in enumerate(json.loads(texts["projections"])):
            projection = system.projection(one["pre"], one["post"])
            assert one["edges"] == projection.n_edges
            np.testing.assert_array_equal(arrays[f"in {number}"], projection.in_degree())
            np.testing.assert_array_equal(arrays[f"out {number}"], projection.out_degree())


@pytest.mark.parametrize("gid", [0, 79, 80, 99])
def test_edges(ask, root, gid):
    arriving, _ = ask(f"EI2/edges?gid={gid}&direction=in")
    leaving, _ = ask(f"EI2/edges?gid={gid}&direction=out")
    own = "EXC" if gid < 80 else "INH"
    with System(root / "EI2") as system:
        names = system.projection_names
        sources = [system.projection(*pair).in_edges([gid]).pre_gids for pair in names if pair[1] == own]
        targets = [system.projection(*pair).out_edges([gid]).post_gid_per_edge for pair in names if pair[0] == own]
        numbers = [number for number, pair in enumerate(names) if pair[0] == own]
    np.testing.assert_array_equal(arriving["gids"], np.concatenate(sources))
    np.testing.assert_array_equal(leaving["gids"], np.concatenate(targets))
    np.testing.assert_array_equal(leaving["projection"], np.repeat(numbers, [len(one) for one in targets]))


def test_a_system_that_changes_is_read_anew(ask, root):
    first, _ = ask("EI2/cells")
    shutil.rmtree(root / "EI2")
    shutil.copytree(GRAPHS / "EI1", root / "EI2")
    second, _ = ask("EI2/cells")
    assert (len(first["positions"]), len(second["positions"])) == (100, 10)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("Nowhere/cells", 404, "no system 'Nowhere'"),
        ("EI2/edges?gid=100", 404, "there is no cell 100"),
        ("EI2/edges?gid=-1", 400, "gid='-1' is no cell"),
        ("EI2/edges?gid=1e3", 400, "is no cell"),
        ("EI2/edges", 400, "gid='' is no cell"),
        ("EI2/edges?gid=9" + 30 * "9", 400, "is no cell"),
        ("EI2/edges?gid=5&direction=up", 400, "neither 'in' nor 'out'"),
        ("EI2/nothing", 404, "there is nothing at"),
    ],
)
def test_refused(refused, path, status, words):
    found, reason = refused(path)
    assert found == status
    assert words in reason


def test_damage_is_named_without_the_place_on_the_server(refused, root):
    (root / "EI2" / "cells.h5").write_bytes(b"no HDF5 at all")
    status, reason = refused("EI2/cells")
    assert status == 422
    assert "EI2 cannot be shown" in reason
    assert str(root) not in reason


def test_a_link_out_of_the_served_directory(refused, root, tmp_path):
    secret = shutil.move(root / "EI2" / "cells.h5", tmp_path / "cells.h5")
    (root / "EI2" / "cells.h5").symlink_to(secret)
    assert refused("EI2/cells")[0] == 403


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "i4", "u4", "u2", "u1"])
def test_arrays_come_back(dtype):
    arrays = {
        "a": np.arange(7).astype(dtype),
        "b": np.zeros((0, 3), dtype),
        "é": np.arange(6).reshape(2, 3).astype(">i4"),
    }
    found, texts = unpack(pack(arrays, {"name": "ünï"}))
    assert texts == {"name": "ünï"}
    for name, one in arrays.items():
        np.testing.assert_array_equal(found[name], one)


def test_safetensors_reads_it():
    safetensors = pytest.importorskip("safetensors.numpy", reason="pip install safetensors")
    packed = pack({"a": np.arange(5, dtype=np.uint16), "b": np.eye(3)}, {"name": "x"})
    np.testing.assert_array_equal(safetensors.load(packed)["b"], np.eye(3))


def test_arrays_that_are_cut_off():
    packed = pack({"a": np.arange(100)}, {})
    for size in (0, 7, 20, len(packed) - 1):
        with pytest.raises(FormatError, match="cut off"):
            unpack(packed[:size])
