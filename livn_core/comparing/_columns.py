"""Arrays that come in pieces, each with a digest that does not depend on where they were cut."""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np

from livn_core.h5file import AnyArray, IntArray

Key: TypeAlias = tuple[str, ...]
Entry: TypeAlias = tuple[str | int, ...]


class Column:
    """One array: its dtype, its length, and SHA-256 of its little-endian bytes."""

    def __init__(self, dtype: np.dtype[np.generic] | type[np.generic]) -> None:
        self._dtype = np.dtype(dtype)
        self._size = 0
        self._hash = hashlib.sha256()

    def add(self, piece: AnyArray) -> None:
        """Add a piece at the end."""
        self._size += piece.size
        stored = np.ascontiguousarray(piece, self._dtype.newbyteorder("<"))
        if stored.size:
            self._hash.update(stored.view(np.uint8).data)

    @property
    def entry(self) -> Entry:
        """Dtype, number of elements, digest."""
        return self._dtype.name, self._size, self._hash.hexdigest()


class Rows:
    """Which elements belong to which cell: gids, and a pointer that rises over all pieces."""

    def __init__(self) -> None:
        self.gids, self.pointer = Column(np.int64), Column(np.int64)
        self.pointer.add(np.zeros(1, np.int64))
        self._end = 0

    def add(self, gids: IntArray, pointer: IntArray) -> None:
        """Add the cells of a piece, whose pointer begins at 0."""
        self.gids.add(gids)
        self.pointer.add(pointer[1:] + self._end)
        self._end += int(pointer[-1])
