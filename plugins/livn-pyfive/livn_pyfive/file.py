"""An open file and its groups, as livn-core's ``H5File`` describes them.

This walks from object to object itself, because pyfive's own mapping returns ``None`` for a soft link that leads
nowhere, shows some committed types as groups, and reads a dataset's whole chunk index, its attributes and its type
before one knows whether they are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from livn_core.errors import FormatError
from livn_core.h5file import AnyArray, LocalFile, Ranges
from livn_core.locations import shown
from livn_pyfive.cache import ChunkCache
from livn_pyfive.dataset import Dataset
from livn_pyfive.datatype import Dtype, UnsupportedType, native
from livn_pyfive.guard import BoundedReader, reading
from livn_pyfive.header import DATASPACE, DATATYPE, Messages, read_dtype
from livn_pyfive.links import Elsewhere, Link
from livn_pyfive.objects import read_object
from livn_pyfive.options import CACHE_BYTES
from livn_pyfive.reading import run
from livn_pyfive.storage import Storage
from livn_pyfive.superblock import read_superblock

_MAX_DEPTH = 64


class NamedType:
    """A committed datatype.

    Parameters
    ----------
    file
        The file that it is in.
    name
        Its absolute path.
    messages
        Its object header.
    """

    def __init__(self, file: PyfiveFile, name: str, messages: Messages) -> None:
        self.name = name
        self._file = file
        self._messages = messages

    def __repr__(self) -> str:
        return f"<named type {self.name} of {self._file.filename}>"

    @property
    def dtype(self) -> Dtype:
        """The type; an enum's labels are ``dtype.metadata["enum"]``."""
        return native(self._file.dtype_of(self.name, self._messages))


class Group:
    """A group: mapping access by path.

    Parameters
    ----------
    file
        The file that it is in.
    name
        Its absolute path.
    links
        Its members, and where each is.
    """

    def __init__(self, file: PyfiveFile, name: str, links: dict[str, Link]) -> None:
        self.name = name
        self._file = file
        self._links = links

    def __repr__(self) -> str:
        return f"<group {self.name} ({len(self._links)} members) of {self._file.filename}>"

    def __getitem__(self, path: str) -> Any:
        """The group, dataset or type at a path, absolute or relative."""
        return self._file.find(path if path.startswith("/") else f"{self.name.rstrip('/')}/{path}")

    def __contains__(self, path: object) -> bool:
        if not isinstance(path, str):
            return False
        try:
            self[path]
        except KeyError:
            return False
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._links)

    def keys(self) -> list[str]:
        """Names of the members, alphabetical."""
        self._file.check_open()
        return sorted(self._links)


class PyfiveFile(Group):
    """An HDF5 file, open for reading.

    Safe to use from several threads, and in a forked child.

    Parameters
    ----------
    storage
        The file's bytes; closed with this object.
    threads
        How many threads may read and decode; ``None``: ``LIVN_THREADS``, else one per processor. More than 16 are
        never used.
    cache_bytes
        How much of what was read in small parts is kept; see :mod:`livn_pyfive.scattered`.

    Raises
    ------
    FormatError
        It is not an HDF5 file, or is damaged where it begins.
    """

    def __init__(self, storage: Storage, threads: int | None = None, cache_bytes: int = CACHE_BYTES) -> None:
        self.storage = storage
        self.cache = ChunkCache(cache_bytes)
        self.filename = shown(storage.name)
        self._threads = threads
        self._found: dict[str, Any] = {}
        with storage.use(), reading(self.filename, "/"):
            superblock = read_superblock(storage)
            self.base = superblock.base
            root = self._open_object("/", superblock.root)
        if not isinstance(root, Group):
            raise FormatError(self.filename, "/", "damaged: its root is not a group")
        super().__init__(self, "/", root._links)
        self._found["/"] = self

    def __repr__(self) -> str:
        state = "closed " if self.storage.closed else ""
        return f"<{state}file {self.filename}>"

    @property
    def size(self) -> int:
        """Length of the file's HDF5 part, in bytes."""
        return self.storage.size - self.base

    def close(self) -> None:
        """Give the file back; a second time does nothing."""
        self.storage.close()
        self._found.clear()
        self.cache.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def read_many(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read ranges of several 1-D datasets, all at once.

        Parameters
        ----------
        requests
            One per dataset, or several; see :class:`livn_core.h5file.Ranges`.

        Returns
        -------
        list of ndarray
            For each request the concatenation of its ranges, in request order: its ``out``, or a new array.

        Raises
        ------
        KeyError
            There is no such dataset.
        FormatError
            A dataset is damaged, or of a type that is not read.
        ClosedFileError
            The file was closed.
        """
        with self.storage.use():
            readings = [self._dataset(request.path).plan(request) for request in requests]
            tasks = [task for reading in readings for task in reading.tasks]
            if tasks:
                run(tasks, self.storage, self._threads)
            for reading in readings:
                if reading.finish is not None:
                    reading.finish()
            return [reading.out for reading in readings]

    def _dataset(self, path: str) -> Dataset:
        found = self._found.get(path)
        if found is None:
            found = self._find(_normal(path), 0)
        if not isinstance(found, Dataset):
            raise FormatError(self.filename, path, "is not a dataset")
        return found

    @property
    def local_file(self) -> LocalFile | None:
        """The file on this machine, as it is now; ``None`` for a remote one."""
        with self.storage.use():
            return self.storage.local_file()

    def reading(self, node: str) -> AbstractContextManager[None]:
        """What every look into the file happens inside."""
        return reading(self.filename, node)

    def reader(self) -> BoundedReader:
        """A fresh reader over the HDF5 part."""
        return BoundedReader(self.storage, self.base)

    def check_open(self) -> None:
        """Raise :class:`ClosedFileError` if the file was closed."""
        self.storage.check_open()

    def find(self, path: str) -> Any:
        """The object at an absolute path.

        Raises
        ------
        KeyError
            There is none.
        """
        self.storage.check_open()
        clean = _normal(path)
        found = self._found.get(clean)
        if found is not None:
            return found
        with self.storage.use():
            return self._find(clean, 0)

    def _find(self, clean: str, depth: int) -> Any:
        found = self._found.get(clean)
        if found is not None:
            return found
        if depth > _MAX_DEPTH:
            raise FormatError(self.filename, clean, "its path is too deep, or its links lead in a circle")
        above, _, name = clean.rpartition("/")
        group = self._find(above or "/", depth + 1)
        if not isinstance(group, Group) or name not in group._links:
            raise KeyError(f"{self.filename}: there is no {clean}")
        link = group._links[name]
        if isinstance(link, Elsewhere):
            raise FormatError(self.filename, clean, link.why)
        if isinstance(link, str):
            found = self._find(_normal(link if link.startswith("/") else f"{above}/{link}"), depth + 1)
        else:
            found = self._open_object(clean, link)
        # Of two threads that got here, both go on with the same object.
        return self._found.setdefault(clean, found)

    def _open_object(self, name: str, address: int) -> Any:
        with self.reading(name):
            header = read_object(self.reader(), address)
            if DATASPACE in header.messages:
                return Dataset(self, name, header.messages)
            if header.is_group:
                return Group(self, name, _checked(header.links()))
            if DATATYPE in header.messages:
                return NamedType(self, name, header.messages)
            raise ValueError("it is neither a group, a dataset nor a type")

    def dtype_of(self, name: str, messages: Messages) -> Dtype:
        """The type that an object header describes, in the file's byte order."""
        with self.storage.use(), self.reading(name):
            try:
                return read_dtype(messages, lambda address: read_object(self.reader(), address).messages)
            except UnsupportedType as error:
                problem = f"{error}; read are integers, floats, bools, enums and compounds of these"
                raise FormatError(self.filename, name, problem) from error


def _checked(links: dict[str, Link]) -> dict[str, Link]:
    """A member without a proper name would be the group itself, or another group's."""
    for name in links:
        if name in ("", ".") or "/" in name:
            raise ValueError(f"it has a member called {name!r}")
    return links


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)
