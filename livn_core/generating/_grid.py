"""Cells sorted into the squares of a grid, each with the box that its cells really take up."""

from __future__ import annotations

import math

import attrs
import numpy as np

from livn_core.generating._placing import Places
from livn_core.h5file import AnyArray, IntArray

MOST_SQUARES = 2048
"""A table has an entry for each pair of squares, so this bounds it to 32 MiB."""


@attrs.frozen(eq=False)
class Grid:
    """The squares that hold cells, n of them."""

    square: IntArray
    """The square of each cell, shape (cells,)."""
    order: IntArray
    """Cells, square after square."""
    starts: IntArray
    """Where each square's cells begin in ``order``, shape (n,)."""
    counts: IntArray
    """How many they are, shape (n,)."""
    low: AnyArray
    """The lowest corner of the box around each square's cells, float64 (n, 3)."""
    high: AnyArray
    """The highest corner."""

    @classmethod
    def of(cls, places: Places, length: float) -> Grid:
        """Sort cells into squares in the plane that are small beside ``length``, µm, as far as there may be as many."""
        plane = places[:, :2].astype(np.float64)
        low, high = plane.min(axis=0), plane.max(axis=0)
        width, height = (high - low).tolist()
        side = max(length / 3, math.sqrt(width * height / min(MOST_SQUARES, len(places))), max(width, height) / 1024)
        column, row = ((plane - low) / side).astype(np.int64).T
        _, square = np.unique(row * (int(width / side) + 1) + column, return_inverse=True)
        order = np.argsort(square, kind="stable").astype(np.int64)
        counts = np.bincount(square).astype(np.int64)
        starts = np.cumsum(counts) - counts
        sorted_places = places[order].astype(np.float64)
        return cls(
            square=square.astype(np.int64),
            order=order,
            starts=starts,
            counts=counts,
            low=np.minimum.reduceat(sorted_places, starts),
            high=np.maximum.reduceat(sorted_places, starts),
        )

    def squared_gaps(self, other: Grid) -> AnyArray:
        """The squared distances between this grid's boxes and another's, µm², float64 (n, its n): none is overrated."""
        squared = np.zeros((self.counts.size, other.counts.size))
        for axis in range(3):
            gap = np.maximum(
                other.low[None, :, axis] - self.high[:, None, axis], self.low[:, None, axis] - other.high[None, :, axis]
            )
            squared += np.square(np.maximum(gap, 0.0))
        return squared
