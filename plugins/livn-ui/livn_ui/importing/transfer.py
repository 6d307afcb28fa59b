"""Copy the content of an HDF5 file into an empty domain.

The structure goes through h5pyd's own objects, values straight into requests. ``hsload``'s code refuses NeuroH5's
files as they are, and takes a request and a growing amount of bookkeeping for each of the source's chunks.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import attrs
import h5py
import h5pyd
import numpy as np
from h5json import Hdf5db, selections  # type: ignore[import-untyped]
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.connection import open_database, root_group
from livn_h5pyd.failures import Target, translated

from livn_core.errors import FormatError
from livn_ui.importing.administration import patient
from livn_ui.importing.parallel import for_each
from livn_ui.importing.progress import WRITING, Watch
from livn_ui.importing.storage import pieces, storage_of
from livn_ui.importing.survey import MARK, address

_AS_IN_MEMORY = "biufcS"
"""Kinds of values whose bytes are sent as they lie in memory; h5pyd knows about strings and padding between fields."""


@attrs.frozen
class Piece:
    """A part of a dataset that is sent, or compared, in one request."""

    dataset: h5py.Dataset
    where: tuple[slice, ...]

    def read(self) -> Any:
        """The values in the file; a ``FormatError`` where they cannot be read."""
        try:
            return self.dataset[self.where]
        except (OSError, RuntimeError, TypeError, ValueError) as error:
            problem = f"cannot be read ({error})"
            raise FormatError(str(self.dataset.file.filename), str(self.dataset.name), problem) from error

    @property
    def nbytes(self) -> int:
        """Size of the values."""
        rows = [part.stop - part.start for part in self.where]
        return int(np.prod(rows, dtype=np.int64)) * int(self.dataset.dtype.itemsize)


def open_for_writing(config: HsdsConfig, domain: str) -> Hdf5db:
    """Open an existing domain so that it can be written to, with patience for a busy server.

    Raises
    ------
    OSError, ValueError, KeyError
        As h5pyd raises them.
    """
    return open_database(patient(config), domain, read_only=False, append=True)


class Transfer:
    """One copy of a file.

    Parameters
    ----------
    source
        An open file, which :func:`livn_ui.importing.survey.survey` has looked through.
    target
        An empty domain.
    database
        The same, open for writing.
    watch
        Told about every piece.
    """

    def __init__(self, source: h5py.File, target: Target, database: Hdf5db, watch: Watch) -> None:
        self._source = source
        self._target = target
        self._database = database
        self._watch = watch
        self._made: dict[int, Any] = {}
        self._datasets: list[tuple[h5py.Dataset, Any]] = []

    def structure(self) -> None:
        """Copy everything but values, in a few requests.

        Raises
        ------
        BackendError
            The server does not take it.
        """
        with translated(self._target):
            self._group(self._source, root_group(self._database))
            self._database.flush()

    def values(self, total: int) -> None:
        """Copy the values; :meth:`structure` comes first.

        Parameters
        ----------
        total
            Size of all values of the file.

        Raises
        ------
        BackendError
            The server does not take a piece of a dataset, which the message names.
        """
        self._watch.begin(WRITING, total)
        for_each(self._write, self._pieces())

    def _pieces(self) -> Iterator[tuple[Piece, Any]]:
        for old, new in self._datasets:
            for where in pieces(old):
                yield Piece(old, where), new

    def _write(self, one: tuple[Piece, Any]) -> None:
        piece, new = one
        self._watch.check()
        write_piece(self._database, self._target, piece, new)
        self._watch.advance(piece.nbytes)

    def _group(self, old: h5py.Group, new: Any) -> None:
        self._made[address(old)] = new
        self._attributes(old, new)
        for name in old:
            link = old.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                new[name] = h5pyd.SoftLink(link.path)
            elif isinstance(link, h5py.ExternalLink):
                new[name] = h5pyd.ExternalLink(link.filename, link.path)
            else:
                self._hard(old[name], name, new)

    def _hard(self, member: h5py.HLObject, name: str, parent: Any) -> None:
        known = self._made.get(address(member))
        if known is not None:
            parent[name] = known
        elif isinstance(member, h5py.Group):
            self._group(member, parent.create_group(name))
        else:
            if isinstance(member, h5py.Datatype):
                parent[name] = member.dtype
                made = parent[name]
            else:
                made = self._dataset(member, name, parent)
            self._made[address(member)] = made
            self._attributes(member, made)

    def _dataset(self, old: h5py.Dataset, name: str, parent: Any) -> Any:
        new = parent.create_dataset(name, shape=old.shape, dtype=old.dtype, **storage_of(old))
        self._datasets.append((old, new))
        return new

    def _attributes(self, old: h5py.HLObject, new: Any) -> None:
        for name in old.attrs:
            if name == MARK and old.name == "/":
                continue  # of another domain, from which the file was made
            dtype, value = old.attrs.get_id(name).dtype, old.attrs[name]
            if isinstance(value, h5py.Empty):
                value = h5pyd.Empty(dtype)
            new.attrs.create(name, value, dtype=dtype)


_ONE_BY_ONE = threading.Lock()


def write_piece(database: Hdf5db, target: Target, piece: Piece, new: Any) -> None:
    """Send one piece of a dataset; in any thread.

    Parameters
    ----------
    database
        The domain, open for writing.
    target
        The domain, for messages.
    piece
        What to send.
    new
        h5pyd's dataset.

    Raises
    ------
    BackendError
        Names the dataset.
    """
    values = piece.read()
    with translated(target, str(piece.dataset.name)):
        if piece.dataset.dtype.kind in _AS_IN_MEMORY:
            selection = selections.select(piece.dataset.shape, piece.where)
            database.plugin.updateValue(new.id.uuid, selection, np.asarray(values))
        else:
            with _ONE_BY_ONE:  # h5pyd's bookkeeping of values that wait is not made for two threads
                new[piece.where] = values
                database.flush()
