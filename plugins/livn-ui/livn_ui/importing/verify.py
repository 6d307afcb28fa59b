"""Read an imported domain back and compare it with its source, value by value."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
from livn_h5pyd.dtypes import enum_labels, level
from livn_h5pyd.file import HsdsDataset, HsdsFile, HsdsGroup, HsdsType

from livn_core.errors import BackendError
from livn_ui.importing.storage import rows_at_a_time

_PIECE_BYTES = 32 * 2**20


class ImportVerificationError(BackendError):
    """What the server gives back is not what was imported."""


def verify(source: h5py.File, domain: HsdsFile) -> int:
    """Compare names, shapes, types and every value.

    Parameters
    ----------
    source
        The file that was imported.
    domain
        What became of it.

    Returns
    -------
    int
        Number of bytes compared.

    Raises
    ------
    ImportVerificationError
        Names the first object that differs.
    """
    compared = 0
    for path, old in _objects(source):
        try:
            new = domain.at(path)
        except KeyError:
            raise _differs(domain, path, "it is missing") from None
        if isinstance(old, h5py.Group):
            _same_members(old, new, domain, path)
        elif isinstance(old, h5py.Datatype):
            _same_type(old, new, domain, path)
        else:
            compared += _same_dataset(old, new, domain, path)
    return compared


def _objects(group: h5py.Group, path: str = "/") -> Iterator[tuple[str, Any]]:
    """All objects by hard link, each under every name that it has, but no group inside itself."""
    yield path, group
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.HardLink):
            member, below = group[name], posixpath.join(path, name)
            if isinstance(member, h5py.Group):
                yield from _objects(member, below)
            else:
                yield below, member


def _differs(domain: HsdsFile, path: str, problem: str) -> ImportVerificationError:
    return ImportVerificationError(f"{domain.target}: {path}: {problem}; import the file again")


def _same_members(old: h5py.Group, new: Any, domain: HsdsFile, path: str) -> None:
    if not isinstance(new, HsdsGroup) or set(new.keys()) != set(old.keys()):
        raise _differs(domain, path, f"has not the members {sorted(old.keys())}")


def _same_type(old: Any, new: Any, domain: HsdsFile, path: str) -> None:
    if not isinstance(new, HsdsType | HsdsDataset) or not _equal_types(level(old.dtype), new.dtype):
        raise _differs(domain, path, f"has the type {getattr(new, 'dtype', None)} instead of {old.dtype}")


def _equal_types(old: np.dtype[Any], new: np.dtype[Any]) -> bool:
    if old.names is not None:
        return new.names == old.names and all(_equal_types(old[name], new[name]) for name in old.names)
    return old == new and enum_labels(old) == enum_labels(new)


def _same_dataset(old: h5py.Dataset, new: Any, domain: HsdsFile, path: str) -> int:
    _same_type(old, new, domain, path)
    if not isinstance(new, HsdsDataset) or new.shape != old.shape:
        raise _differs(domain, path, f"has the shape {getattr(new, 'shape', None)} instead of {old.shape}")
    if not old.shape:
        return 0  # a single value: no part of NeuroH5, and not readable by slicing
    step = rows_at_a_time(old, _PIECE_BYTES)
    for start in range(0, old.shape[0] if old.size else 0, step):
        if not _equal(old[start : start + step], new[start : start + step]):
            raise _differs(domain, path, f"has other values from row {start} on")
    return int(old.nbytes)


def _equal(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> bool:
    if old.dtype.names is not None:  # field by field, since padding between fields is no value
        return all(_equal(old[name], new[name]) for name in old.dtype.names)
    if old.dtype.kind == "O":
        return bool(np.array_equal(old, new))
    # Bytes and not values: NaN equals NaN then, and -0.0 is not 0.0.
    return old.astype(level(old.dtype)).tobytes() == new.tobytes()
