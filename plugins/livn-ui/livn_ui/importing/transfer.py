"""Copy the content of an HDF5 file into an empty domain.

Written through h5pyd's own objects rather than by ``hsload``'s code, which refuses NeuroH5's files as they are, and
takes a request and a growing amount of bookkeeping for each of the source's chunks: 18 times as long on 1000-element
chunks.
"""

from __future__ import annotations

import posixpath
from typing import Any

import h5py
import h5pyd
import numpy as np
from h5json import Hdf5db  # type: ignore[import-untyped]
from livn_h5pyd.connection import root_group

from livn_core.errors import FormatError
from livn_ui.importing.normalise import address
from livn_ui.importing.storage import rows_at_a_time, storage_of

_PIECE_BYTES = 8 * 2**20


class NotImportableError(FormatError):
    """The file holds something that HSDS cannot store faithfully."""


class Transfer:
    """One copy of a file.

    Parameters
    ----------
    source
        An open file.
    database
        A domain that was just made.
    """

    def __init__(self, source: h5py.File, database: Hdf5db) -> None:
        self._source = source
        self._database = database
        self._made: dict[int, Any] = {}
        self._datasets: list[tuple[h5py.Dataset, Any]] = []

    def run(self) -> int:
        """Copy everything; return the number of datasets.

        Raises
        ------
        NotImportableError
            An object or attribute has a type that would not come back as it was.
        OSError
            As h5pyd raises it.
        """
        # The structure goes over in a few requests, and only then the values, so that little waits in memory.
        self._group(self._source, root_group(self._database))
        self._database.flush()
        for old, new in self._datasets:
            self._values(old, new)
        return len(self._datasets)

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
            return
        if isinstance(member, h5py.Group):
            self._group(member, parent.create_group(name))
            return
        self._check_type(member.dtype, str(member.name))
        if isinstance(member, h5py.Datatype):
            parent[name] = member.dtype
            made = parent[name]
        else:
            made = self._dataset(member, name, parent)
        self._made[address(member)] = made
        self._attributes(member, made)

    def _dataset(self, old: h5py.Dataset, name: str, parent: Any) -> Any:
        if old.shape is None:
            raise self._refused(str(old.name), "is an empty dataset without a shape")
        new = parent.create_dataset(name, shape=old.shape, dtype=old.dtype, **storage_of(old))
        self._datasets.append((old, new))
        return new

    def _values(self, old: h5py.Dataset, new: Any) -> None:
        if not old.shape:
            new[()] = old[()]
            self._database.flush()
            return
        step = rows_at_a_time(old, _PIECE_BYTES)
        for start in range(0, old.shape[0] if old.size else 0, step):
            new[start : start + step] = old[start : start + step]
            self._database.flush()  # h5pyd compares each write with all that wait, and keeps them in memory

    def _attributes(self, old: h5py.HLObject, new: Any) -> None:
        for name in old.attrs:
            dtype, where = old.attrs.get_id(name).dtype, f"attribute {name!r} of {old.name}"
            self._check_type(dtype, posixpath.join(str(old.name), name), where)
            value = old.attrs[name]
            if isinstance(value, h5py.Empty):
                value = h5pyd.Empty(dtype)
            new.attrs.create(name, value, dtype=dtype)

    def _check_type(self, dtype: np.dtype[Any], node: str, what: str = "") -> None:
        for one in [dtype] if dtype.names is None else [dtype[name] for name in dtype.names]:
            plain = one.kind in "biufcSU" or h5py.check_string_dtype(one) is not None or one.names is not None
            if not plain:
                kind = "references" if h5py.check_ref_dtype(one) else f"the type {one}"
                raise self._refused(node, f"{what or 'it'} holds {kind}, which HSDS does not give back as they were")

    def _refused(self, node: str, problem: str) -> NotImportableError:
        return NotImportableError(str(self._source.filename), node, problem)
