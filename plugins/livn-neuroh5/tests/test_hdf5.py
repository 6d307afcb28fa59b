"""HDF5 asked through its C functions; here it is the one that h5py brings, which has the same ones as neuroh5's."""

from __future__ import annotations

import _ctypes

import h5py
import numpy as np
import pytest
from livn_neuroh5.hdf5 import Hdf5

PATH = "/Populations/ü/N/v"


@pytest.fixture(scope="module")
def hdf5():
    try:
        return Hdf5(h5py.h5d.__file__)
    except (OSError, AttributeError):
        pytest.skip("this h5py hides its HDF5")


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "ä.h5", "w") as file:
        group = file.create_group(PATH)
        group["index"] = np.array([3, 1, 2], ">u2")
        group.create_dataset("pointer", data=np.arange(2000), chunks=(64,), compression="gzip")
        group["values"] = np.array([b"text"])
    return str(tmp_path / "ä.h5")


def test_all_is_well(hdf5, path):
    expected = {f"{PATH}/index": np.array([3, 1, 2]), f"{PATH}/pointer": np.arange(2000)}
    assert hdf5.problem(path, expected, [f"{PATH}/values"]) == ""


@pytest.mark.parametrize("values", [[3, 1, 1], [3, 1], [3, 1, 2, 0], []])
def test_what_is_read_differently(hdf5, path, values):
    problem = hdf5.problem(path, {f"{PATH}/index": np.array(values, np.int64)}, [])
    assert problem == f"HDF5 does not read {PATH}/index as it was read before"


@pytest.mark.parametrize("node", [PATH, f"{PATH}/nothing"])
def test_what_is_no_dataset(hdf5, path, node):
    assert hdf5.problem(path, {}, [node]) == f"HDF5 does not open {node}"
    assert hdf5.problem(path, {node: np.array([1])}, []) == f"HDF5 does not read {node} as it was read before"


def test_values_that_are_no_integers(hdf5, path):
    assert "does not read" in hdf5.problem(path, {f"{PATH}/values": np.array([1])}, [])


def test_damaged_chunks(hdf5, path):
    with h5py.File(path) as file:
        info = file[f"{PATH}/pointer"].id.get_chunk_info(3)
    with open(path, "r+b") as raw:  # noqa: PTH123
        raw.seek(info.byte_offset)
        raw.write(bytes(info.size))
    assert "does not read" in hdf5.problem(path, {f"{PATH}/pointer": np.arange(2000)}, [])


def test_what_is_no_hdf5(hdf5, tmp_path):
    (tmp_path / "x.h5").write_bytes(bytes(1000))
    assert hdf5.problem(str(tmp_path / "x.h5"), {}, []) == "HDF5 does not open the file"
    assert hdf5.problem(str(tmp_path / "nothing.h5"), {}, []) == "HDF5 does not open the file"


def test_nothing_is_printed_and_nothing_stays_open(hdf5, path, capfd):
    before = h5py.h5f.get_obj_count()
    hdf5.problem(path, {f"{PATH}/nothing": np.array([1])}, [f"{PATH}/nothing", PATH])
    hdf5.problem(path, {f"{PATH}/index": np.array([3, 1, 2])}, [f"{PATH}/values"])
    assert h5py.h5f.get_obj_count() == before
    assert capfd.readouterr().err == ""


def test_a_module_without_hdf5():
    with pytest.raises((OSError, AttributeError)):
        Hdf5(_ctypes.__file__)


def test_a_module_that_is_no_library():
    with pytest.raises(OSError, match=r"ELF|mach-o|slice|too short"):
        Hdf5(__file__)
