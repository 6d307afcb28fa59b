"""Small NeuroH5 files, laid out by hand with h5py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pytest

from livn_core.neuroh5 import open_neuroh5

RANGES = {"A": (0, 6), "B": (6, 10)}

BACKENDS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(module) is None, reason=f"pip install {module}"))
    for name, module in (("pyfive", "livn_pyfive"), ("h5py", "livn_h5py"))
]


def write_types(file: h5py.File, ranges: Mapping[str, tuple[int, int]] = RANGES, labels: bool = True) -> None:
    enum = h5py.enum_dtype({name: at for at, name in enumerate(ranges)}, np.uint16)
    kind: Any = enum if labels else np.dtype(np.uint16)
    rows = np.zeros(len(ranges), [("Start", "<u8"), ("Count", "<u4"), ("Population", kind)])
    for at, (start, count) in enumerate(ranges.values()):
        rows[at] = (start, count, at)
    file["H5Types/Populations"] = rows
    if labels:
        file["H5Types/Population labels"] = enum


def write_edges(group: h5py.Group, index: Any, blocks: Any, pointer: Any, source: Any) -> None:
    group["Destination Block Index"] = np.asarray(index, np.uint32)
    group["Destination Block Pointer"] = np.asarray(blocks, np.uint64)
    group["Destination Pointer"] = np.asarray(pointer, np.uint64)
    group["Source Index"] = np.asarray(source, np.uint32)


def write_attribute(file: h5py.File, path: str, index: Any, pointer: Any, values: Any) -> None:
    file[f"{path}/Cell Index"] = np.asarray(index, np.uint32)
    if pointer is not None:
        file[f"{path}/Attribute Pointer"] = np.asarray(pointer, np.uint64)
    file[f"{path}/Attribute Value"] = np.asarray(values)


@pytest.fixture
def layouts() -> SimpleNamespace:
    """What writes the parts of a file."""
    return SimpleNamespace(write_types=write_types, write_edges=write_edges, write_attribute=write_attribute)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def written(tmp_path: Path, backend: str) -> Callable[..., Any]:
    """Write a file with a function, and open it."""

    opened = []

    def build(write: Callable[[h5py.File], None]) -> Any:
        path = tmp_path / f"file{len(opened)}.h5"
        with h5py.File(path, "w") as file:
            write(file)
        opened.append(open_neuroh5(str(path), backend=backend))
        return opened[-1]

    yield build
    for file in opened:
        file.close()
