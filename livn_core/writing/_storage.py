"""How arrays lie in the file: contiguous, chunked, compressed, or growing piece by piece.

No dataset of fixed extent gets a chunk larger than itself: HSDS's tools refuse to load those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError, MissingPackageError
from livn_core.h5file import AnyArray
from livn_core.writing._blocks import MAX_BLOCK_EDGES
from livn_core.writing._checks import checked_integer

if TYPE_CHECKING:
    import h5py

DEFAULT_CHUNKS = 65_536
"""Elements in a chunk where there must be chunks: 256 KiB of float32, which HDF5's default cache holds four times."""

LEAST_CHUNKS = 64
"""Elements in a chunk of an array whose first piece is tiny."""


def import_h5py() -> Any:
    """Import h5py, or say how to get it."""
    try:
        import h5py
    except ImportError as error:
        raise MissingPackageError('writing needs h5py: pip install "livn-core[write]"') from error
    return h5py


def _checked_chunks(chunks: object) -> int | None:
    if chunks is None:
        return None
    size = checked_integer(chunks, "chunks")
    if size < 1:
        raise InvalidArgumentError(f"chunks must be at least 1 element, not {size}")
    return size


def _checked_compression(compression: object) -> int | None:
    if compression is None:
        return None
    level = checked_integer(compression, "compression")
    if not 0 <= level <= 9:
        raise InvalidArgumentError(f"compression is gzip's level, 0 to 9, or None, not {level}")
    return level


def _checked_limit(limit: object) -> int:
    edges = checked_integer(limit, "max_block_edges")
    if edges < 1:
        raise InvalidArgumentError(f"max_block_edges must be at least 1, not {edges}")
    return edges


@attrs.frozen
class Storage:
    """The layout of one file."""

    chunks: int | None = attrs.field(default=None, converter=_checked_chunks)
    compression: int | None = attrs.field(default=None, converter=_checked_compression)
    shuffle: bool = False
    max_block_edges: int = attrs.field(default=MAX_BLOCK_EDGES, converter=_checked_limit)

    def put(self, group: h5py.Group, name: str, array: AnyArray) -> None:
        """Write an array that is there as a whole."""
        if not array.size:
            # HDF5 gives a contiguous dataset without values no address, which neuroh5's collective read fails on.
            self.grow(group, name, array.dtype)
            return
        chunked = self.chunks is not None or self.compression is not None or self.shuffle
        options = self._chunked(min(self.chunks or DEFAULT_CHUNKS, array.size)) if chunked else {}
        group.create_dataset(name, data=array, **options)

    def grow(self, group: h5py.Group, name: str, dtype: np.dtype[Any], first: int = 0) -> Growing:
        """Begin an array that comes in pieces; ``first`` is the size of the first of them.

        A chunk is written whole, so one that is much larger than what comes would only fill the file.
        """
        options = self._chunked(self.chunks or min(DEFAULT_CHUNKS, max(first, LEAST_CHUNKS)))
        return Growing(group.create_dataset(name, shape=(0,), maxshape=(None,), dtype=dtype, **options))

    def _chunked(self, chunk: int) -> dict[str, Any]:
        filters = {} if self.compression is None else {"compression": "gzip", "compression_opts": self.compression}
        return {"chunks": (chunk,), "shuffle": self.shuffle, **filters}


@attrs.frozen
class Growing:
    """A dataset without a fixed extent, which is appended to."""

    dataset: h5py.Dataset

    def append(self, piece: AnyArray) -> None:
        """Add a piece at the end."""
        size = self.dataset.shape[0]
        self.dataset.resize(size + piece.size, axis=0)
        self.dataset[size:] = piece
