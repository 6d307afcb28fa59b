"""How arrays lie in the file: contiguous, chunked, compressed, or growing piece by piece.

No dataset of fixed extent gets a chunk larger than itself: HSDS's tools refuse to load those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError, missing_package
from livn_core.h5file import AnyArray
from livn_core.writing._blocks import MAX_BLOCK_EDGES
from livn_core.writing._checks import Stream, checked_integer

if TYPE_CHECKING:
    import h5py

DEFAULT_CHUNKS = 65_536
"""Elements in a chunk where there must be chunks: 256 KiB of float32, which HDF5's default cache holds four times."""

LEAST_CHUNKS = 64
"""Elements in a chunk of an array whose first piece is tiny."""


def import_h5py(purpose: str = "writing") -> Any:
    """Import h5py, or say how to get it, and what needs it."""
    try:
        import h5py
    except ImportError as error:
        raise missing_package("h5py", purpose, "write") from error
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
    any_dtype: bool = False
    """Whether dtypes that neuroh5 cannot read may be kept, as a copy has to."""
    least: int = 0
    """Arrays with fewer elements than this lie contiguous: their chunk would take more than it saves."""

    def put(self, group: h5py.Group, name: str, array: AnyArray | Stream) -> None:
        """Write an array that is there as a whole, or one whose size is known."""
        if isinstance(array, Stream):
            growing = self.sized(group, name, array.dtype, array.size)
            for piece in array.pieces:
                growing.append(piece)
            growing.finish()
        elif array.size:
            group.create_dataset(name, data=array, **self._fixed(array.size))
        else:
            # HDF5 gives a contiguous dataset without values no address, which neuroh5's collective read fails on.
            self.grow(group, name, array.dtype)

    def sized(self, group: h5py.Group, name: str, dtype: np.dtype[Any], size: int) -> Growing:
        """Begin an array that comes in pieces of ``size`` elements together."""
        if not size:
            return self.grow(group, name, dtype)
        return Growing(group.create_dataset(name, shape=(size,), dtype=dtype, **self._fixed(size)), size)

    def _fixed(self, size: int) -> dict[str, Any]:
        chunked = self.chunks is not None or self.compression is not None or self.shuffle
        return self._chunked(min(self.chunks or DEFAULT_CHUNKS, size)) if chunked and size >= self.least else {}

    def grow(self, group: h5py.Group, name: str, dtype: np.dtype[Any], first: int = 0) -> Growing:
        """Begin an array that comes in pieces; ``first`` is the size of the first of them.

        A chunk is written whole, so one that is much larger than what comes would only fill the file.
        """
        options = self._chunked(self.chunks or min(DEFAULT_CHUNKS, max(first, LEAST_CHUNKS)))
        return Growing(group.create_dataset(name, shape=(0,), maxshape=(None,), dtype=dtype, **options))

    def _chunked(self, chunk: int) -> dict[str, Any]:
        filters = {} if self.compression is None else {"compression": "gzip", "compression_opts": self.compression}
        return {"chunks": (chunk,), "shuffle": self.shuffle, **filters}


@attrs.define
class Growing:
    """A dataset that is appended to: one without a fixed extent, or one whose size was announced."""

    dataset: h5py.Dataset
    size: int | None = None
    """How many elements were announced."""
    filled: int = 0

    def append(self, piece: AnyArray) -> None:
        """Add a piece at the end."""
        end = self.filled + piece.size
        if self.size is None:
            self.dataset.resize(end, axis=0)
        elif end > self.size:
            self._refuse(f"at least {end}")
        self.dataset[self.filled : end] = piece
        self.filled = end

    def finish(self) -> None:
        """Check that as many elements came as were announced."""
        if self.size is not None and self.filled != self.size:
            self._refuse(str(self.filled))

    def _refuse(self, came: str) -> NoReturn:
        raise InvalidArgumentError(f"{self.dataset.name}: {self.size} elements were announced, and {came} came")
