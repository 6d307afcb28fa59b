"""A dataset of an open domain: its shape and dtype are kept, its values are asked for each time."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any

import h5pyd
import numpy as np

from livn_core.h5file import AnyArray
from livn_h5pyd.answers import read_into
from livn_h5pyd.dtypes import level
from livn_h5pyd.failures import translated
from livn_h5pyd.reading import LARGE_BYTES, read_slice

if TYPE_CHECKING:
    from livn_h5pyd.connection import BoundedConnection, TamedResponse
    from livn_h5pyd.file import HsdsFile

_USUAL_LIMIT = 100 * 2**20


class HsdsDataset:
    """A dataset.

    Parameters
    ----------
    file
        The open domain.
    path
        Absolute path of the dataset.
    found
        What h5pyd knows about it; it may lie in another domain of the same server.
    """

    def __init__(self, file: HsdsFile, path: str, found: h5pyd.Dataset) -> None:
        self._file = file
        self._found = found
        self._sent: np.dtype[Any] = found.dtype
        self.name = path
        self.shape: tuple[int, ...] = tuple(found.shape or ())
        self.dtype: np.dtype[Any] = level(found.dtype)

    @property
    def row_bytes(self) -> int:
        """Size of one row, as the server sends it."""
        return self._sent.itemsize * prod(self.shape[1:])

    @property
    def most_bytes(self) -> int:
        """How much the server sends in one answer; it refuses requests of its limit and more."""
        limits = self._plugin._stats.get("limits", {})
        return int(limits.get("max_request_size", _USUAL_LIMIT)) - 1

    @property
    def _plugin(self) -> Any:
        return self._found.id.db.plugin

    @property
    def _connection(self) -> BoundedConnection:
        connection: BoundedConnection = self._plugin.http_conn
        return connection

    def __getitem__(self, key: slice) -> AnyArray:
        self._file.check_open()
        if not self.shape:
            raise TypeError(f"{self._file.target}: {self.name} is a single value, which cannot be sliced")
        start, stop, step = key.indices(self.shape[0])
        if step != 1:
            return self[:][key]
        return read_slice(self, start, stop, self._file.progress)

    def fetch(self, start: int, stop: int, into: AnyArray, note: Callable[[int], object]) -> None:
        """Ask the server for rows ``[start, stop)``, in one request.

        Parameters
        ----------
        start, stop
            Which rows; there are as many.
        into
            Where they go, shape (stop - start, ...): of this dataset's dtype, or of a wider one.
        note
            Called with the number of bytes whenever some have come.
        """
        size = (stop - start) * self.row_bytes
        with translated(self._file.target, self.name), self._connection.server.slots.taken(size >= LARGE_BYTES):
            if self._sent.hasobject:
                into[...] = self._found[start:stop]
            elif into.flags.c_contiguous and _same_bytes(self._sent, into.dtype):
                self._receive(start, stop, into, note)
            else:
                arrived = np.empty((stop - start, *self.shape[1:]), self._sent)
                self._receive(start, stop, arrived, note)
                into[...] = arrived

    def _receive(self, start: int, stop: int, into: AnyArray, note: Callable[[int], object]) -> None:
        buffer = into.reshape(-1).view(np.uint8).data
        early = self._plugin.take_early(self._found.id.id) if stop - start == self.shape[0] else None
        if early is not None and len(early) == len(buffer):
            buffer[:] = early
            note(len(early))
            return
        select = ",".join([f"{start}:{stop}", *(f"0:{size}" for size in self.shape[1:])])
        read_into(ask_for_values(self._connection, self._found.id.id, f"[{select}]")._rsp, buffer, note)


def ask_for_values(connection: BoundedConnection, dataset: str, select: str = "") -> TamedResponse:
    """Ask for values of a dataset as they are in memory; the answer's body was not read yet."""
    answer = connection.GET(
        f"/datasets/{dataset}/value",
        params={"select": select} if select else {},
        format="binary",
        headers={"Accept-Encoding": "identity"},
    )
    if answer.status_code != 200:
        raise OSError(answer.status_code, answer.reason)
    if not answer.is_binary:
        answer.close()
        raise ValueError(f"{answer.content_type or 'something'} came instead of values")
    return answer


def _same_bytes(sent: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    """Whether values are in memory as they are sent; for numpy a bool is no int8, and byte order counts."""
    return sent == wanted or (sent.kind == "b" and wanted == np.int8)
