"""Read an imported domain back and compare it with its source: names, links, types, shapes, attributes, every value."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import h5py
import h5pyd
import numpy as np
from h5json import Hdf5db  # type: ignore[import-untyped]
from livn_h5pyd.connection import root_group
from livn_h5pyd.dtypes import enum_labels, level
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.file import HsdsFile

from livn_core.errors import BackendError
from livn_ui.importing.parallel import for_each
from livn_ui.importing.progress import COMPARING, Watch
from livn_ui.importing.storage import pieces
from livn_ui.importing.survey import MARK, address
from livn_ui.importing.transfer import Piece, open_for_writing

Repair = Callable[[Piece, Any], None]
"""Writes a piece of a dataset anew, given h5pyd's dataset."""


_DESCRIPTIONS = 8
"""Requests at a time for what describes objects; they are small."""


class ImportVerificationError(BackendError):
    """What the server gives back is not what was imported."""


def verify(source: h5py.File, domain: HsdsFile | Target, watch: Watch | None = None) -> int:
    """Compare everything; the domain is opened anew, so nothing is compared that is not on the server.

    Parameters
    ----------
    source
        The file that was imported.
    domain
        What became of it.
    watch
        Told about every piece.

    Returns
    -------
    int
        Number of bytes of values compared.

    Raises
    ------
    ImportVerificationError
        Names the first object that differs.
    BackendError
        The server does not give it back.
    """
    target = domain if isinstance(domain, Target) else domain.target
    with translated(target):
        database = open_for_writing(target.config, target.domain)  # a reader is spared the attributes
    try:
        comparison = Comparison(source, target, watch or Watch(Path(source.filename), target.domain), database)
        comparison.structure()
        return comparison.values()
    finally:
        database.close()


class Comparison:
    """A file, and the domain that it became.

    Parameters
    ----------
    source
        The file.
    target, database
        The domain, and the same, open.
    watch
        Told about every piece.
    """

    def __init__(self, source: h5py.File, target: Target, watch: Watch, database: Hdf5db) -> None:
        self._source = source
        self._target = target
        self._watch = watch
        self._database = database
        self._datasets: list[tuple[h5py.Dataset, Any]] = []
        self._seen: dict[int, str] = {}

    def structure(self) -> None:
        """Compare everything but values.

        Raises
        ------
        ImportVerificationError
            Names the first object that differs.
        """
        with translated(self._target):
            self._ask_for_all()
            root = root_group(self._database)
        self._object(self._source, root, "/")

    def _ask_for_all(self) -> None:
        """Ask for what describes the objects, side by side; h5pyd by itself asks for one after the other."""
        seen: set[str] = set()
        waiting = [str(self._database.root_id)]
        while waiting:
            self._watch.check()
            for_each(self._database.getObjectById, waiting, _DESCRIPTIONS)
            seen.update(waiting)
            below = {one for group in waiting for one in _below(self._database, group)}
            waiting = sorted(below - seen)

    def values(self, repair: Repair | None = None) -> int:
        """Compare all values; :meth:`structure` comes first.

        Parameters
        ----------
        repair
            Called with each piece that differs; without it, the first one is an error.

        Returns
        -------
        int
            Number of bytes compared.

        Raises
        ------
        ImportVerificationError
            Names the first dataset that differs.
        """
        total = sum(int(old.nbytes) for old, _ in self._datasets)
        self._watch.begin(COMPARING, total)
        self.pieces(self._pieces(), repair)
        return total

    def pieces(self, which: Iterable[tuple[Piece, Any]], repair: Repair | None = None) -> None:
        """Compare some pieces, each given with h5pyd's dataset; as :meth:`values` does."""

        def compare(one: tuple[Piece, Any]) -> None:
            piece, new = one
            self._watch.check()
            if not self._same_values(piece, new):
                if repair is None:
                    raise self._differs(str(piece.dataset.name), f"has other values in {_shown(piece.where)}")
                repair(piece, new)
            self._watch.advance(piece.nbytes)

        for_each(compare, which)

    def _pieces(self) -> Iterator[tuple[Piece, Any]]:
        for old, new in self._datasets:
            for where in pieces(old):
                yield Piece(old, where), new

    def _same_values(self, piece: Piece, new: Any) -> bool:
        with translated(self._target, str(piece.dataset.name)):
            found = np.asarray(new[piece.where])
        return _equal(np.asarray(piece.read()), found)

    def _differs(self, path: str, problem: str) -> ImportVerificationError:
        return ImportVerificationError(f"{self._target}: {path}: {problem}; import the file again")

    def _object(self, old: h5py.HLObject, new: Any, path: str) -> None:
        self._watch.check()
        self._attributes(old, new, path)
        if isinstance(old, h5py.Group):
            self._group(old, new, path)
        elif isinstance(old, h5py.Dataset):
            self._dataset(old, new, path)
        elif not isinstance(new, h5pyd.Datatype):
            raise self._differs(path, "is no committed type")
        else:
            self._type(old, new, path)

    def _group(self, old: h5py.Group, new: Any, path: str) -> None:
        self._seen[address(old)] = new.id.uuid if isinstance(new, h5pyd.Group) else ""
        if not isinstance(new, h5pyd.Group) or set(new.keys()) != set(old.keys()):
            raise self._differs(path, f"has not the members {sorted(old.keys())}")
        for name in old:
            below = posixpath.join(path, name)
            link = old.get(name, getlink=True)
            with translated(self._target, below):
                found = new.get(name, getlink=True)
                hard = isinstance(link, h5py.HardLink)
                member = new[name] if hard and isinstance(found, h5pyd.HardLink) else None
            if hard:
                self._hard(old[name], member, below)
            elif not _same_link(link, found):
                raise self._differs(below, "is not the same link")

    def _hard(self, old: h5py.HLObject, new: Any, path: str) -> None:
        known = self._seen.get(address(old))
        if new is None or known not in {None, new.id.uuid}:
            raise self._differs(path, "is another object")
        if known is None:
            self._seen[address(old)] = new.id.uuid
            self._object(old, new, path)

    def _dataset(self, old: h5py.Dataset, new: Any, path: str) -> None:
        if not isinstance(new, h5pyd.Dataset):
            raise self._differs(path, "is no dataset")
        self._type(old, new, path)
        if new.shape != old.shape:
            raise self._differs(path, f"has the shape {new.shape} instead of {old.shape}")
        self._datasets.append((old, new))

    def _type(self, old: Any, new: Any, path: str) -> None:
        if not _equal_types(level(old.dtype), level(new.dtype)):
            raise self._differs(path, f"has the type {new.dtype} instead of {old.dtype}")

    def _attributes(self, old: h5py.HLObject, new: Any, path: str) -> None:
        for name in old.attrs:
            if path == "/" and name == MARK:
                continue
            with translated(self._target, path):
                same = name in new.attrs and _same_attribute(old.attrs[name], new.attrs[name])
            if not same:
                raise self._differs(path, f"has another attribute {name!r}")


def _below(database: Hdf5db, group: str) -> Iterator[str]:
    """Ids of the objects that a group's hard links lead to."""
    for link in database.getObjectById(group).get("links", {}).values():
        if link.get("class") == "H5L_TYPE_HARD":
            yield link["id"]


def _shown(where: tuple[slice, ...]) -> str:
    return f"[{', '.join(f'{part.start}:{part.stop}' for part in where)}]" if where else "it"


def _same_link(old: Any, new: Any) -> bool:
    if isinstance(old, h5py.SoftLink):
        return isinstance(new, h5pyd.SoftLink) and new.path == old.path
    return isinstance(new, h5pyd.ExternalLink) and (new.filename, new.path) == (old.filename, old.path)


def _equal_types(old: np.dtype[Any], new: np.dtype[Any]) -> bool:
    if old.names is not None:
        return new.names == old.names and all(_equal_types(old[name], new[name]) for name in old.names)
    return old == new and enum_labels(old) == enum_labels(new)


def _equal(old: np.ndarray[Any, Any], new: np.ndarray[Any, Any]) -> bool:
    if old.dtype.names is not None:  # field by field, since padding between fields is no value
        same = new.dtype.names == old.dtype.names
        return same and all(_equal(old[name], new[name]) for name in old.dtype.names)
    if old.dtype.kind in "OSU" and new.dtype.kind in "OSU":
        return old.shape == new.shape and list(map(_text, old.flat)) == list(map(_text, new.flat))
    kind = level(old.dtype)
    # Bytes and not values: NaN equals NaN then, and -0.0 is not 0.0.
    return old.shape == new.shape and old.astype(kind).tobytes() == new.astype(kind).tobytes()


def _same_attribute(old: Any, new: Any) -> bool:
    if isinstance(old, h5py.Empty):
        return isinstance(new, h5pyd.Empty)
    before, after = np.asarray(old), np.asarray(new)
    text = {before.dtype.kind, after.dtype.kind} <= set("OSU")  # of fixed and of any length, as str or as bytes
    return (text or before.dtype.kind == after.dtype.kind) and _equal(before, after)


def _text(value: Any) -> str:
    return value.decode(errors="surrogateescape") if isinstance(value, bytes) else str(value)
