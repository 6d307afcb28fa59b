"""h5py's objects with h5py's own habits levelled, as livn-core expects it of every backend.

Four things differ: a bool is an integer on disk, other byte orders become native, a damaged object is a
``FormatError`` that names it, and a closed file says so. The rest is h5py's already: slicing, shapes, ``KeyError``
for a missing path, and an enum's labels in ``dtype.metadata["enum"]``.

There is no ``read_many`` here: livn-core then reads ranges by slicing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt

from livn_core import ClosedFileError, FormatError, SourceNotFoundError

DEFLATE_LIMIT = 1032
"""No deflate stream is larger than this many times its compressed size."""

SMALL = 2**26
"""Never-written chunks take no room in a file, so a small dataset may hold more than its storage."""


def open_file(source: str) -> File:
    """Open a local HDF5 file for reading.

    Raises
    ------
    SourceNotFoundError
        There is no such file.
    FormatError
        It is not HDF5, or it is damaged.
    """
    if not Path(source).is_file():
        raise SourceNotFoundError(f"no such file: {source}")
    with damage_reported(source, "/"):
        return File(h5py.File(source, "r"))


@contextmanager
def damage_reported(file: str, node: str) -> Iterator[None]:
    """Turn whatever the HDF5 library says about bad bytes into one ``FormatError``."""
    try:
        yield
    except (PermissionError, FormatError):
        raise
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, OverflowError, MemoryError) as error:
        raise FormatError(file, node, f"h5py cannot read it, so it is damaged or not HDF5: {error}") from error


def native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Bring a dtype, and with it the fields of a compound one, into native byte order."""
    return dtype.newbyteorder("=")


class Node:
    """Whatever lies at one path; after the file is closed it only says so."""

    def __init__(self, found: Any) -> None:
        self._found = found
        self._file = str(found.file.filename)
        self._path = str(found.name)

    def _open(self) -> Any:
        if not self._found:
            raise ClosedFileError(f"{self._file}: the file is closed")
        return self._found


class Dataset(Node):
    """A dataset, read by slicing."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements in each dimension; a dataset without a dataspace has none."""
        shape = self._open().shape
        return (0,) if shape is None else tuple(shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of what slicing returns: native, and an integer for a bool."""
        dataset = self._open()
        with damage_reported(self._file, self._path):
            if dataset.dtype == bool:
                return native(dataset.id.get_type().get_super().dtype)
            return native(dataset.dtype)

    def __getitem__(self, key: slice) -> npt.NDArray[Any]:
        dataset, dtype = self._open(), self.dtype
        with damage_reported(self._file, self._path):
            self._check_size(dataset)
            return np.asarray(dataset.astype(dtype)[key] if dataset.shape is not None else np.empty(0, dtype))

    def _check_size(self, dataset: h5py.Dataset) -> None:
        """Refuse a length that only damage can have written, before memory is taken for it."""
        possible = dataset.id.get_storage_size() * DEFLATE_LIMIT
        if dataset.nbytes > max(possible, SMALL):
            raise FormatError(self._file, self._path, f"claims {dataset.nbytes} bytes, more than the file holds")


class Datatype(Node):
    """A committed datatype."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type in numpy's terms, an enum's labels in its metadata."""
        with damage_reported(self._file, self._path):
            return native(self._open().dtype)


class Group(Node):
    """A group: what lies below it is found by its path."""

    def __getitem__(self, path: str) -> Group | Dataset | Datatype:
        if path not in self:
            raise KeyError(path)
        with damage_reported(self._file, posixpath.join(self._path, str(path))):
            found = self._open()[path]
            if isinstance(found, h5py.Dataset):
                return Dataset(found)
            return Datatype(found) if isinstance(found, h5py.Datatype) else Group(found)

    def __contains__(self, path: object) -> bool:
        group = self._open()
        with damage_reported(self._file, posixpath.join(self._path, str(path))):
            return path in group

    def keys(self) -> list[str]:
        """Names of what lies directly below."""
        group = self._open()
        with damage_reported(self._file, self._path):
            return list(group)


class File(Group):
    """An open file, which is also its root group."""

    def close(self) -> None:
        """Close the file; everything found in it is closed with it."""
        self._found.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
