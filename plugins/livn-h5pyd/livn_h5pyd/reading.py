"""Read values: in pieces that the server accepts, and several pieces at a time.

HSDS refuses requests for 100 MiB and more, and h5pyd 1.0.0 sends a read as one request however large it is.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import prod
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from livn_core.errors import BackendConnectionError, BackendError
from livn_core.h5file import AnyArray, Ranges
from livn_core.ranges import cover, element_index, join_adjacent

if TYPE_CHECKING:
    from collections.abc import Callable

    from livn_h5pyd.config import HsdsConfig
    from livn_h5pyd.file import HsdsDataset

PIECE_BYTES = 8 * 2**20
"""Size of one request: as fast as larger ones, far below the server's limit, and little to hold in memory."""

GAP_BYTES = 256 * 2**10
"""Reading this much for nothing costs about as much as one more request."""

AT_A_TIME = 8
"""Requests in flight for one file, whoever reads it; a server of one data node gains nothing from more, and answers
503 to more than it can queue."""

Piece: TypeAlias = "Callable[[], None]"


class Slots:
    """Leave to send a request: at most :data:`AT_A_TIME` at once, over all threads that read a file.

    Parameters
    ----------
    config
        The server; waiting ends when requests would have failed anyway.
    """

    def __init__(self, config: HsdsConfig) -> None:
        self._free = threading.BoundedSemaphore(AT_A_TIME)
        self._config = config

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a slot, and give it back."""
        config = self._config
        if not self._free.acquire(timeout=config.timeout * (config.retries + 1)):
            raise BackendConnectionError(f"{config.endpoint}: {AT_A_TIME} requests hang already; look at its log")
        try:
            yield
        finally:
            self._free.release()


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

    def pieces(self) -> list[Piece]:
        """The requests to send, each as a function that fills its part of the buffer."""
        step = max(PIECE_BYTES // max(self._dataset.dtype.itemsize, 1), 1)
        found: list[Piece] = []
        offset = 0
        for start, stop in zip(self._at.tolist(), self._end.tolist(), strict=True):
            found += _pieces(self._dataset, start, stop, step, self._buffer[offset : offset + stop - start])
            offset += stop - start
        return found

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


def _pieces(dataset: HsdsDataset, start: int, stop: int, step: int, into: AnyArray) -> list[Piece]:
    return [
        partial(_fill, dataset, at, min(at + step, stop), into[at - start : min(at + step, stop) - start])
        for at in range(start, stop, step)
    ]


def _fill(dataset: HsdsDataset, start: int, stop: int, into: AnyArray) -> None:
    into[...] = dataset.fetch(start, stop)


def carry_out(plans: Sequence[Plan]) -> None:
    """Send all requests of all plans, several at a time; the first failure ends it and is raised."""
    _run([piece for plan in plans for piece in plan.pieces()])


def read_slice(dataset: HsdsDataset, start: int, stop: int) -> AnyArray:
    """Read rows ``[start, stop)`` of a dataset of any rank into a new array."""
    rows = max(stop - start, 0)
    values = np.empty((rows, *dataset.shape[1:]), dataset.dtype)
    if values.size:
        row_bytes = max(dataset.dtype.itemsize * prod(dataset.shape[1:]), 1)
        _run(_pieces(dataset, start, stop, max(PIECE_BYTES // row_bytes, 1), values))
    return values


def _run(pieces: Sequence[Piece]) -> None:
    if len(pieces) < 2 or sys.platform == "emscripten":  # a browser has no threads
        for piece in pieces:
            piece()
        return
    with ThreadPoolExecutor(min(AT_A_TIME, len(pieces)), thread_name_prefix="livn-h5pyd") as pool:
        running = [pool.submit(piece) for piece in pieces]
        try:
            for one in running:
                one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
