"""Write the rows of a population: ids, and the attributes of its groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.converting.sonata._names import home_of
from livn_core.converting.sonata._rows import HOME, LIBRARY
from livn_core.h5file import AnyArray, IntArray
from livn_core.writing._storage import import_h5py

if TYPE_CHECKING:
    import h5py

DEFAULT_IDS = {"group_id": "uint32"}
MAGIC, VERSION = 0x0A7A, (0, 1)


def create(path: Any) -> h5py.File:
    """A new file, marked as SONATA's developer guide asks for."""
    file = import_h5py().File(path, "w")
    file.attrs["magic"] = np.uint32(MAGIC)
    file.attrs["version"] = np.array(VERSION, np.uint32)
    return file


def put_ids(group: h5py.Group, name: str, values: IntArray, dtypes: Mapping[str, str]) -> h5py.Dataset:
    """Write a column of ids in the type that it had."""
    default = "int64" if values.size and values.min() < 0 else DEFAULT_IDS.get(name.partition("_")[2], "uint64")
    return group.create_dataset(name, data=values.astype(dtypes.get(name, default)))


def put_column(group: h5py.Group, path: str, values: AnyArray, kind: str, home: tuple[str, str] | None = None) -> None:
    """Write one attribute of a group, and note where it is in NeuroH5, unless that follows from its name."""
    dtype = import_h5py().string_dtype() if values.dtype == object else None
    dataset = group.create_dataset(path, data=values, dtype=dtype)
    if home is not None and home != home_of(kind, path):
        dataset.attrs[HOME] = "/".join(home)


def put_library(group: h5py.Group, path: str, words: Sequence[str]) -> None:
    """Write the words that the numbers of an attribute stand for."""
    names = np.array(words, dtype=object)
    group.require_group(LIBRARY).create_dataset(path, data=names, dtype=import_h5py().string_dtype())
