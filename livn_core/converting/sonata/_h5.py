"""Open the HDF5 files of a SONATA network; what is missing or broken in them is an error that names the place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.errors import FormatError, SourceNotFoundError
from livn_core.h5file import AnyArray, IntArray
from livn_core.writing._storage import import_h5py

if TYPE_CHECKING:
    import h5py

CHUNK = 2**20
"""Rows that are looked at in one go."""


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading."""
    if not path.is_file():
        raise SourceNotFoundError(f"no such file: {path}")
    try:
        file = import_h5py("reading SONATA").File(path, "r")
    except (OSError, RuntimeError) as error:
        raise FormatError(str(path), "/", f"h5py cannot open it: {error}") from error
    with file:
        yield file


def error_at(node: Any, problem: str) -> FormatError:
    """The error for a group or dataset."""
    return FormatError(str(node.file.filename), str(node.name), problem)


def child(group: h5py.Group, name: str) -> Any:
    """What a group holds under a name."""
    if name not in group:
        raise error_at(group, f"has no {name!r}, which SONATA requires")
    return group[name]


def ids(group: h5py.Group, name: str, size: int | None = None) -> IntArray:
    """A column of whole numbers: int64, shape (size,)."""
    return whole_numbers(child(group, name), size)


def whole_numbers(dataset: h5py.Dataset, size: int | None = None) -> IntArray:
    """Read whole numbers as int64, and check how many there are."""
    if getattr(dataset, "shape", None) is None or len(dataset.shape) != 1 or dataset.dtype.kind not in "iu":
        raise error_at(dataset, "has to be a dataset of whole numbers in one dimension")
    if size is not None and dataset.shape[0] != size:
        raise error_at(dataset, f"has {dataset.shape[0]:,} values where the population has {size:,}")
    values = read(dataset, 0, dataset.shape[0])
    if values.dtype == np.uint64 and values.size and values.max() >= 2**63:
        raise error_at(dataset, f"row {int(values.argmax())}: {values.max()} is too large")
    return values.astype(np.int64, copy=False)


def read(dataset: h5py.Dataset, start: int, stop: int) -> AnyArray:
    """Read rows in native byte order; text as an object array of str, a bool as bool."""
    try:
        values = dataset.asstr()[start:stop] if is_text(dataset) else dataset[start:stop]
    except (OSError, RuntimeError, UnicodeDecodeError, ValueError) as error:
        raise error_at(dataset, f"h5py cannot read it: {error}") from error
    if values.dtype.kind in "OSU":
        return np.asarray(values, dtype=object)
    return np.asarray(values.astype(values.dtype.newbyteorder("="), copy=False))


def is_text(dataset: h5py.Dataset) -> bool:
    """Whether a dataset holds strings."""
    return import_h5py().check_string_dtype(dataset.dtype) is not None


def spans(size: int, step: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Cut a number of rows into ranges."""
    for start in range(0, size, step):
        yield start, min(start + step, size)
