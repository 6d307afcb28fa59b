"""Read values: in pieces that the server accepts, several at a time, each straight to where it belongs.

h5pyd 1.0.0 sends a read as one request however large it is, and takes the answer apart in pieces of 4 KiB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from livn_core.errors import BackendError
from livn_core.h5file import AnyArray, Ranges
from livn_core.ranges import cover, element_index, join_adjacent
from livn_h5pyd.progress import Meter, Progress
from livn_h5pyd.server import AT_A_TIME, LARGE_AT_A_TIME
from livn_h5pyd.sidebyside import side_by_side

if TYPE_CHECKING:
    from livn_h5pyd.dataset import HsdsDataset

PIECE_BYTES = 8 * 2**20
"""Size of one request: as fast as larger ones, far below the server's usual limit, and little to hold in memory."""

LARGE_BYTES = 2**20
"""From this size on, a request keeps the server busy rather than its reader waiting."""

GAP_BYTES = 256 * 2**10
"""Reading this much for nothing costs about as much as one more request."""


@attrs.frozen(eq=False)
class Piece:
    """Rows of a dataset that are read in one request, and where they go."""

    dataset: HsdsDataset
    start: int
    stop: int
    into: AnyArray

    @property
    def nbytes(self) -> int:
        """Bytes that the server has to send."""
        return (self.stop - self.start) * self.dataset.row_bytes


class Plan:
    """How one request is read: into a buffer that covers its ranges, and from there into the result.

    Parameters
    ----------
    dataset
        The dataset to read.
    request
        Its ranges.
    """

    def __init__(self, dataset: HsdsDataset, request: Ranges) -> None:
        self._dataset = dataset
        self._request = request
        self._starts, self._stops = join_adjacent(request.starts, request.stops)
        self._check_extent()
        gap = GAP_BYTES // max(dataset.dtype.itemsize, 1)
        self._at, self._end = cover(self._starts, self._stops, gap)
        self._direct = self._starts.size <= 1
        self._buffer = self._make_buffer()

    def _check_extent(self) -> None:
        name, shape = self._dataset.name, self._dataset.shape
        if len(shape) != 1:
            raise BackendError(f"{name}: ranges are read from one dimension, but its shape is {shape}")
        if self._starts.size and (self._starts.min() < 0 or self._stops.max() > shape[0]):
            raise IndexError(f"{name}: a range goes to {self._stops.max()}, but there are {shape[0]} elements")

    def _make_buffer(self) -> AnyArray:
        if self._direct and self._request.out is not None:
            return self._request.out
        return np.empty(int((self._end - self._at).sum()), self._dataset.dtype)

    def pieces(self) -> Iterator[Piece]:
        """The requests to send."""
        offset = 0
        for start, stop in zip(self._at.tolist(), self._end.tolist(), strict=True):
            yield from _pieces(self._dataset, start, stop, self._buffer[offset : offset + stop - start])
            offset += stop - start

    def result(self) -> AnyArray:
        """The values, once all pieces are there."""
        if self._direct:
            return self._buffer
        read = np.searchsorted(self._at, self._starts, side="right") - 1
        shift = (np.cumsum(self._end - self._at) - self._end)[read]
        values = self._buffer[element_index(self._starts + shift, self._stops + shift)]
        if self._request.out is None:
            return values
        self._request.out[...] = values
        return self._request.out


def _pieces(dataset: HsdsDataset, start: int, stop: int, into: AnyArray) -> Iterator[Piece]:
    largest = min(PIECE_BYTES, dataset.most_bytes)
    step = max(largest // max(dataset.row_bytes, 1), 1)
    for at in range(start, stop, step):
        end = min(at + step, stop)
        yield Piece(dataset, at, end, into[at - start : end - start])


def carry_out(plans: Sequence[Plan], progress: Progress | None = None) -> None:
    """Send all requests of all plans, several at a time; the first failure ends it and is raised."""
    _fetch([piece for plan in plans for piece in plan.pieces()], progress)


def read_slice(dataset: HsdsDataset, start: int, stop: int, progress: Progress | None = None) -> AnyArray:
    """Read rows ``[start, stop)`` of a dataset of any rank into a new array."""
    values = np.empty((max(stop - start, 0), *dataset.shape[1:]), dataset.dtype)
    if values.size:
        _fetch(list(_pieces(dataset, start, stop, values)), progress)
    return values


def _fetch(pieces: list[Piece], progress: Progress | None) -> None:
    meter = Meter(sum(piece.nbytes for piece in pieces), progress)
    large = any(piece.nbytes >= LARGE_BYTES for piece in pieces)
    jobs = [lambda piece=piece: piece.dataset.fetch(piece.start, piece.stop, piece.into, meter.add) for piece in pieces]
    side_by_side(jobs, LARGE_AT_A_TIME if large else AT_A_TIME, meter.report if meter.shown else None)
