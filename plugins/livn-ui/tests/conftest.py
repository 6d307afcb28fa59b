"""What the tests of livn-ui share: a real HSDS, and files to import into it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import h5py
import numpy as np
import pytest
from livn_ui.ports import free_port
from livn_ui.testing import admin, hsds, hsds_python, start_hsds

__all__ = ["admin", "hsds", "hsds_python", "start_hsds"]

LABELS = {"EXC": 0, "INH": 1}


@pytest.fixture(scope="session")
def two_free_ports() -> Callable[[], int]:
    """A function that finds the first of two free ports side by side."""
    return partial(free_port, count=2)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A file with the habits of NeuroH5, and with everything else that an import has to keep."""
    path = tmp_path / "EI1" / "cells.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        write_example(file)
    fix_extent(path)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """What NeuroH5 writes, and nothing that hsload has other troubles with."""
    path = tmp_path / "small.h5"
    with h5py.File(path, "w") as file:
        write_types(file)
        file.create_dataset("edges", data=np.arange(9000, dtype="u4"), chunks=(1000,), maxshape=(None,))
        file["also edges"] = file["edges"]
    fix_extent(path)
    return path


def write_types(file):
    enum = h5py.enum_dtype(LABELS, basetype="u2")
    rows = np.dtype([("Start", "u8"), ("Count", "u4"), ("Population", enum)])
    file["H5Types/Population labels"] = enum
    file.create_dataset("H5Types/Populations", shape=(2,), chunks=(512,), maxshape=(512,), dtype=rows)
    file["H5Types/Populations"][:] = np.array([(0, 8, 0), (8, 2, 1)], rows)


def fix_extent(path):
    """Give ``Populations`` a fixed extent below its chunk: NeuroH5's files have it, today's HDF5 no longer makes it."""
    content = path.read_bytes()
    extent_and_limit = struct.pack("<QQ", 2, 512)
    assert content.count(extent_and_limit) == 1
    path.write_bytes(content.replace(extent_and_limit, struct.pack("<QQ", 2, 2)))
    with h5py.File(path) as file:
        found = file["H5Types/Populations"]
        assert (found.chunks, found.maxshape) == ((512,), (2,))


def write_example(file):
    write_types(file)
    group = file.create_group("Populations/EXC/Coordinates/X")
    group.create_dataset("Attribute Value", data=np.arange(8, dtype="f4"), chunks=(4000,), maxshape=(None,))
    group["Cell Index"] = np.arange(8, dtype="u4")
    file["Populations/EXC/Coordinates/Y"] = group
    file["Populations/EXC/Shared"] = group["Cell Index"]
    file["soft"] = h5py.SoftLink("/Populations/EXC")
    file["elsewhere"] = h5py.ExternalLink("other.h5", "/x")
    odd = file.create_group("odd")
    odd["nan"] = np.array([np.nan, -0.0, np.inf], "f4")
    odd["half"], odd["big"] = np.array([0.5], "f2"), np.arange(3, dtype=">i4")
    odd["bool"], odd["scalar"], odd["text"] = np.array([True, False]), np.int8(3), ["a", "ü"]
    odd.create_dataset("empty", shape=(0,), maxshape=(None,), chunks=(4000,), dtype="i2")
    odd.create_dataset("none yet", shape=(0, 3), maxshape=(None, 3), chunks=(10, 3), dtype="i2")
    odd.create_dataset("packed", data=np.arange(300_000).reshape(-1, 3), compression="gzip", compression_opts=9)
    odd.create_dataset("summed", data=np.arange(100), chunks=(10,), fletcher32=True)
    odd.attrs["text"], odd.attrs["numbers"] = "ü", np.arange(3, dtype="u2")
