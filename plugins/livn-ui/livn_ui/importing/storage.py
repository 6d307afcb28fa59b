"""How a dataset is stored and sent: chunks that HSDS takes and reads at a good speed, and pieces made of whole ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypedDict

import h5py

CHUNK_BYTES = 2 * 2**20
"""HSDS wants chunks of 1 to 4 MiB, and silently takes larger ones where they are smaller. NeuroH5 writes 4000 elements,
each a file and a request here. Between 1 and 4 MiB reads are equally fast."""

PIECE_BYTES = 4 * 2**20
"""Size of one request for values, both ways."""

_GZIP_LEVEL = 1
"""On 48 MB of sources and distances, shuffled, level 4 made 28.8 MB and level 1 28.2 MB, in less time."""


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
    """As many whole trailing dimensions as make a good chunk, then as many rows of the next, and 1 of those before."""
    return _fitting(tuple(max(extent, 1) for extent in dataset.shape), dataset.dtype.itemsize, CHUNK_BYTES)


def _fitting(shape: tuple[int, ...], itemsize: int, size: int) -> tuple[int, ...]:
    fitting: list[int] = []
    room = max(size // max(itemsize, 1), 1)
    for extent in reversed(shape):
        fitting.append(max(min(extent, room), 1))
        room //= extent
    return tuple(reversed(fitting))


def pieces(dataset: Any) -> Iterator[tuple[slice, ...]]:
    """Selections that together are all of a dataset, each about as large as one request and made of whole chunks.

    A single value has one, which is empty.

    A chunk that is written twice is compressed twice, and two requests for one chunk wait for each other.
    """
    if not math.prod(dataset.shape):
        return
    chunk = chunk_shape(dataset)
    block = _fitting(dataset.shape, dataset.dtype.itemsize, PIECE_BYTES)
    steps = [max(whole // part * part, part) for whole, part in zip(block, chunk, strict=True)]
    yield from _grid(dataset.shape, steps)


def _grid(shape: tuple[int, ...], steps: list[int]) -> Iterator[tuple[slice, ...]]:
    if not shape:
        yield ()
        return
    for start in range(0, shape[0], steps[0]):
        here = slice(start, min(start + steps[0], shape[0]))
        for rest in _grid(shape[1:], steps[1:]):
            yield (here, *rest)
