"""Who is connected: partners drawn by distance, without looking at every pair of cells.

Each partner of a cell is drawn from all cells of the sending population with a chance proportional to the kernel; the
cell itself, and those that it has already, are drawn again. Proposing is cheap: a square of the grid, by how many cells
it holds times the kernel's value where it comes closest, then any cell in it, which is accepted with the ratio of its
own value to that one. The result is exactly what drawing from a table of all cells would give, which is also how the
last few partners are found, where most proposals fail.
"""

from __future__ import annotations

import numpy as np

from livn_core.generating._grid import Grid
from livn_core.generating._kernels import Kernel
from livn_core.generating._placing import Places
from livn_core.generating._random import Stream
from livn_core.h5file import AnyArray, IntArray
from livn_core.ranges import repeat

LEAST_GAIN = 0.02
"""Proposals of which fewer than this are new partners are given up for tables of all cells."""

TABLE = 2**21
"""Entries of such tables that are in memory at a time."""


class TooFewError(Exception):
    """A cell has fewer others within reach of the kernel than it is to have partners."""


class Sampler:
    """Draws the partners of one projection's receiving cells.

    Parameters
    ----------
    pre, post
        Where the cells of both populations lie, float32 (cells, 3), µm.
    kernel
        How the chance falls with distance.
    same
        Whether both are one population, in which no cell is its own partner.
    """

    def __init__(self, pre: Places, post: Places, kernel: Kernel, same: bool) -> None:
        self._pre, self._post = (np.ascontiguousarray(one.T, np.float64) for one in (pre, post))
        self._kernel, self._same = kernel, same
        self._grid = Grid.of(pre, kernel.length)
        receiving = self._grid if same else Grid.of(post, kernel.length)
        self._squares = receiving.square
        bounds = kernel.weights(receiving.squared_gaps(self._grid))
        self._bounds = bounds.ravel()
        masses = np.cumsum(bounds * self._grid.counts, axis=1)
        whole = np.where(masses[:, -1:] > 0, masses[:, -1:], 1.0)
        # One ascending table for all: row r holds r + the cumulated chances of the squares seen from square r.
        self._cumulated = (masses / whole + np.arange(len(masses))[:, None]).ravel()

    def draw(self, first: int, wanted: IntArray, stream: Stream) -> tuple[IntArray, IntArray]:
        """Draw the partners of consecutive cells.

        Parameters
        ----------
        first
            The first receiving cell.
        wanted
            How many partners each of them gets, shape (n,).
        stream
            Where random numbers come from.

        Returns
        -------
        rows, partners
            int64, shape (sum of ``wanted``,), in order: which of the n cells, and which cell it receives from.
        """
        size = self._pre.shape[1]
        by_square = np.argsort(self._squares[first : first + wanted.size], kind="stable")
        missing, taken = wanted.copy(), np.empty(0, np.int64)
        while missing.any():
            rows = repeat(by_square, missing[by_square])
            new = _without(_distinct(self._propose(first, rows, stream)), taken)
            taken = _merged(taken, new)
            # Where pointers have 32 bits, as in Pyodide, bincount takes no int64.
            missing -= np.bincount((new // size).astype(np.intp), minlength=wanted.size)
            if new.size < LEAST_GAIN * rows.size:
                break
        taken = self._complete(first, missing, taken, stream)
        return taken // size, taken % size

    def squared_distances(self, posts: IntArray, pres: IntArray) -> AnyArray:
        """Squared distances between pairs of cells, µm², float64."""
        squared = np.zeros(np.broadcast_shapes(posts.shape, pres.shape))
        for post, pre in zip(self._post, self._pre, strict=True):
            squared += np.square(post[posts] - pre[pres])
        return squared

    def _propose(self, first: int, rows: IntArray, stream: Stream) -> IntArray:
        """Propose one partner for each row, and return those that are accepted, as ``row * pre cells + partner``."""
        posts, n_squares = first + rows, self._grid.counts.size
        square = self._squares[posts]
        found = np.searchsorted(self._cumulated, square + stream.uniform(rows.size), side="right")
        # A sum that was rounded up to the next whole number has left its row.
        pair = np.minimum(found, (square + 1) * n_squares - 1)
        at = pair - square * n_squares
        pres = self._grid.order[self._grid.starts[at] + stream.below(self._grid.counts[at])]
        weights = self._kernel.weights(self.squared_distances(posts, pres))
        accepted = stream.uniform(rows.size) * self._bounds[pair] < weights
        if self._same:
            accepted &= posts != pres
        keys: IntArray = rows[accepted] * self._pre.shape[1] + pres[accepted]
        return keys

    def _complete(self, first: int, missing: IntArray, taken: IntArray, stream: Stream) -> IntArray:
        """Find the partners that are still missing, from tables of all cells."""
        size = self._pre.shape[1]
        rows = np.flatnonzero(missing)
        step = max(1, TABLE // size)
        found = [taken]
        for at in range(0, rows.size, step):
            some = rows[at : at + step]
            weights = self._kernel.weights(self.squared_distances(first + some[:, None], np.arange(size)[None, :]))
            if self._same:
                weights[np.arange(some.size), first + some] = 0
            for row, own in zip(some.tolist(), weights, strict=True):
                start, stop = np.searchsorted(taken, [row * size, (row + 1) * size])
                own[taken[start:stop] - row * size] = 0
                found.append(row * size + _draw_distinct(own, int(missing[row]), stream))
        return np.sort(np.concatenate(found)) if rows.size else taken


def _draw_distinct(weights: AnyArray, count: int, stream: Stream) -> IntArray:
    """Draw distinct places one after another, each in proportion to its weight among those that are left."""
    found: list[IntArray] = []
    while count:
        cumulated = np.cumsum(weights)
        if not cumulated[-1] > 0:
            raise TooFewError
        drawn = _distinct(np.searchsorted(cumulated, stream.uniform(count) * cumulated[-1], side="right"))
        # A product that was rounded up to the sum of all weights points behind the last one.
        new = drawn[drawn < weights.size].astype(np.int64)
        weights[new] = 0
        found.append(new)
        count -= new.size
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _distinct(keys: IntArray) -> IntArray:
    """Every key once, ascending: ``np.unique`` without its hash table, which takes several times as long here."""
    keys = np.sort(keys)
    first = np.append(True, keys[1:] != keys[:-1])[: keys.size]
    distinct: IntArray = keys[first]
    return distinct


def _without(keys: IntArray, taken: IntArray) -> IntArray:
    """Leave out the keys that are in a sorted array."""
    if not taken.size:
        return keys
    at = np.minimum(np.searchsorted(taken, keys), taken.size - 1)
    new: IntArray = keys[taken[at] != keys]
    return new


def _merged(one: IntArray, other: IntArray) -> IntArray:
    """Merge two sorted arrays."""
    merged: IntArray = np.insert(one, np.searchsorted(one, other), other)
    return merged
