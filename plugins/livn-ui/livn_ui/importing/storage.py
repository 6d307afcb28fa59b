"""How a dataset is stored: chunks that HSDS takes, and reads at a good speed."""

from __future__ import annotations

import math
from typing import Any, TypedDict

import h5py

CHUNK_BYTES = 2**20
"""HSDS likes chunks of 1 to 4 MB; NeuroH5 writes 4000 elements, and each chunk costs a file and a request."""

_GZIP_LEVEL = 4


class Storage(TypedDict, total=False):
    """Keyword arguments of ``create_dataset``, of h5py and h5pyd alike."""

    chunks: tuple[int, ...]
    maxshape: tuple[int | None, ...]
    compression: str
    compression_opts: int
    shuffle: bool


def storage_of(dataset: h5py.Dataset) -> Storage:
    """Chunks and filters for a copy of ``dataset``.

    No chunk is larger than the dataset or its fixed extents, which HSDS's tools refuse, none is smaller than it need
    be, and the filters are those that HSDS knows. Where the source is compressed, the copy is.
    """
    if not dataset.shape:
        return {}
    found = Storage(chunks=chunk_shape(dataset), maxshape=dataset.maxshape)
    if dataset.id.get_create_plist().get_nfilters() and dataset.dtype.kind != "O":
        found |= {"compression": "gzip", "compression_opts": _GZIP_LEVEL, "shuffle": dataset.dtype.names is None}
    return found


def chunk_shape(dataset: h5py.Dataset) -> tuple[int, ...]:
    """Whole trailing dimensions, and as many rows as make a good chunk, but at least one."""
    trailing = tuple(max(extent, 1) for extent in dataset.shape[1:])
    row_bytes = max(dataset.dtype.itemsize * math.prod(trailing), 1)
    rows = max(min(dataset.shape[0], CHUNK_BYTES // row_bytes), 1)
    return (rows, *trailing)


def rows_at_a_time(dataset: Any, size: int) -> int:
    """How many rows of a dataset make about ``size`` bytes."""
    row_bytes: int = dataset.dtype.itemsize * math.prod(dataset.shape[1:])
    return max(size // max(row_bytes, 1), 1)
