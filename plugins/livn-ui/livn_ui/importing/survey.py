"""Look a file through before anything is sent: what is in it, and whether HSDS can give it back as it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

import attrs
import h5py
import numpy as np

from livn_core.errors import FormatError

MARK = "livn_import"
"""Name of the root attribute that an import leaves; see :mod:`livn_ui.importing.marker`."""


class NotImportableError(FormatError):
    """The file holds something that HSDS cannot store faithfully."""


@attrs.frozen
class Survey:
    """What is in a file."""

    datasets: int
    nbytes: int
    """Size of all values, in bytes."""


def survey(file: h5py.File) -> Survey:
    """Look at every object of a file once, however many names it has.

    Raises
    ------
    NotImportableError
        An object or attribute has a type that would not come back as it was.
    FormatError
        The file is damaged.
    """
    datasets = nbytes = 0
    for path, found in objects(file):
        for name in found.attrs:
            where = f"attribute {name!r} of {path}"
            _check_type(file, posixpath.join(path, name), found.attrs.get_id(name).dtype, where)
        if isinstance(found, h5py.Group):
            continue
        _check_type(file, path, found.dtype, "it")
        if isinstance(found, h5py.Dataset):
            if found.shape is None:
                raise NotImportableError(str(file.filename), path, "is an empty dataset without a shape")
            datasets += 1
            nbytes += int(found.nbytes)
    return Survey(datasets, nbytes)


def objects(file: h5py.File) -> Iterator[tuple[str, h5py.HLObject]]:
    """All objects that hard links lead to, each under its first name; groups before their members.

    Raises
    ------
    FormatError
        An object cannot be read.
    """
    seen = {address(file)}
    waiting: list[tuple[str, h5py.HLObject]] = [("/", file)]
    while waiting:
        path, found = waiting.pop()
        yield path, found
        if isinstance(found, h5py.Group):
            for below, member in _members(found, path):
                if address(member) not in seen:
                    seen.add(address(member))
                    waiting.append((below, member))


def _members(group: h5py.Group, path: str) -> Iterator[tuple[str, h5py.HLObject]]:
    for name in group:
        below = posixpath.join(path, name)
        try:
            if isinstance(group.get(name, getlink=True), h5py.HardLink):
                yield below, group[name]
        except (OSError, RuntimeError, KeyError, TypeError, ValueError) as error:
            raise FormatError(str(group.file.filename), below, f"cannot be read ({error})") from error


def address(found: h5py.HLObject) -> int:
    """Where an object lies in its file: the same for all names of one object."""
    return int(h5py.h5o.get_info(found.id).addr)


def _check_type(file: h5py.File, node: str, dtype: np.dtype[np.void], what: str) -> None:
    for one in [dtype] if dtype.names is None else [dtype[name] for name in dtype.names]:
        plain = one.kind in "biufcSU" or h5py.check_string_dtype(one) is not None or one.names is not None
        if not plain:
            kind = "references" if h5py.check_ref_dtype(one) else f"the type {one}"
            problem = f"{what} holds {kind}, which HSDS does not give back as they were"
            raise NotImportableError(str(file.filename), node, problem)
