"""Rewrite an HDF5 file so that ``hsload`` takes it.

NeuroH5 files hold datasets of a fixed extent with larger chunks, such as ``H5Types/Populations``. That is legal, but
HSDS's tools refuse it, and leave an empty domain behind. They also refuse a dataset of more than 128 MiB that has no
chunks, and spend most of their time on small ones.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import h5py

from livn_ui.importing.source import open_hdf5
from livn_ui.importing.storage import CHUNK_BYTES, pieces, storage_of
from livn_ui.importing.survey import address


def normalise(source: Path | str, target: Path | str) -> tuple[str, ...]:
    """Write a copy of ``source`` whose chunks and filters HSDS's tools take.

    Values, attributes, committed types and links stay as they are; an object with several names stays one object.
    ``target`` appears only when it is complete.

    Parameters
    ----------
    source, target
        Paths of HDF5 files.

    Returns
    -------
    tuple of str
        Paths of the datasets that were stored anew.

    Raises
    ------
    SourceNotFoundError, FormatError
        As the names say.
    """
    target = Path(target)
    with open_hdf5(Path(source)) as old:
        handle, partial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        try:
            with h5py.File(partial, "w") as new:
                copy = _Copy()
                copy.group(old, new)
            os.replace(partial, target)  # noqa: PTH105 - partial is the str that mkstemp gave
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    return tuple(copy.changed)


class _Copy:
    """One run over a file; remembers which object became which."""

    def __init__(self) -> None:
        self.changed: list[str] = []
        self._made: dict[int, h5py.HLObject] = {}

    def group(self, old: h5py.Group, new: h5py.Group) -> None:
        self._made[address(old)] = new
        _copy_attributes(old, new)
        for name in old:
            link = old.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                new[name] = link
                continue
            member = old[name]
            if address(member) in self._made:
                new[name] = self._made[address(member)]
            else:
                self._made[address(member)] = self._member(name, member, new)

    def _member(self, name: str, member: h5py.HLObject, parent: h5py.Group) -> h5py.HLObject:
        if isinstance(member, h5py.Group):
            made = parent.create_group(name)
            self.group(member, made)
        elif isinstance(member, h5py.Dataset) and _needs_other_storage(member):
            made = _copy_dataset(member, parent, name)
            self.changed.append(str(member.name))
        else:
            parent.file.copy(member, parent, name=name)
            made = parent[name]
        return made


def _needs_other_storage(dataset: h5py.Dataset) -> bool:
    if dataset.dtype.kind == "O":
        return False
    if dataset.chunks is None:  # to HSDS that is one chunk, and one that does not fit into its memory is refused
        return int(dataset.nbytes) > CHUNK_BYTES
    wanted = storage_of(dataset)
    return dataset.chunks != wanted["chunks"] or dataset.compression not in (None, "gzip") or bool(dataset.fletcher32)


def _copy_dataset(old: h5py.Dataset, parent: h5py.Group, name: str) -> h5py.Dataset:
    kind = h5py.Datatype(old.id.get_type())  # keeps an enum's labels and the base of a bool
    new = parent.create_dataset(name, shape=old.shape, dtype=kind, fillvalue=old.fillvalue, **storage_of(old))
    for where in pieces(old):
        new[where] = old[where]
    _copy_attributes(old, new)
    return new


def _copy_attributes(old: h5py.HLObject, new: h5py.HLObject) -> None:
    for name, value in old.attrs.items():
        new.attrs.create(name, value, dtype=old.attrs.get_id(name).dtype)
