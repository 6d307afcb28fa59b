"""An open domain, as livn-core wants to see a file: levelled, thread safe, and with its errors explained."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias

import h5pyd
import numpy as np
from h5json import Hdf5db  # type: ignore[import-untyped]
from h5pyd import Group

from livn_core.errors import ClosedFileError
from livn_core.forking import Lock
from livn_core.h5file import AnyArray, Ranges
from livn_h5pyd.connection import root_group
from livn_h5pyd.dataset import HsdsDataset
from livn_h5pyd.dtypes import level
from livn_h5pyd.failures import Target, translated
from livn_h5pyd.links import Walker, absolute
from livn_h5pyd.progress import Progress
from livn_h5pyd.reading import Plan, carry_out

Node: TypeAlias = "HsdsGroup | HsdsDataset | HsdsType"


class HsdsType:
    """A committed datatype."""

    def __init__(self, found: h5pyd.Datatype) -> None:
        self.dtype: np.dtype[Any] = level(found.dtype)


class HsdsGroup:
    """A group: what lies below it is found by its path."""

    def __init__(self, file: HsdsFile, path: str) -> None:
        self._file = file
        self.name = path

    def __getitem__(self, path: str) -> Node:
        return self._file.at(absolute(self.name, path))

    def __contains__(self, path: object) -> bool:
        try:
            self[str(path)]
        except KeyError:
            return False
        return True

    def keys(self) -> Sequence[str]:
        """Names of the members."""
        return self._file.members(self.name)


class HsdsFile(HsdsGroup):
    """An open domain of an HSDS server.

    Parameters
    ----------
    target
        Server and domain.
    database
        The open domain as h5pyd knows it; closed with this object.
    progress
        Told how far a long read has come.
    """

    def __init__(self, target: Target, database: Hdf5db, progress: Progress | None = None) -> None:
        self.target = target
        self.progress = progress
        super().__init__(self, "/")
        self._walker = Walker(target, root_group(database))
        self._nodes: dict[str, Node] = {}
        # h5pyd's bookkeeping of metadata is not made for two threads.
        self._lock = Lock()
        self._finalizer = weakref.finalize(self, _close, database, self._walker)

    def check_open(self) -> None:
        """Raise a ``ClosedFileError`` after :meth:`close`."""
        if not self._finalizer.alive:
            raise ClosedFileError(f"{self.target}: the file is closed")

    def at(self, path: str) -> Node:
        """The object at an absolute path; a missing one is a ``KeyError``."""
        path = absolute("/", path)
        with self._lock:
            self.check_open()
            if path not in self._nodes:
                self._nodes[path] = self._wrap(path)
            return self._nodes[path]

    def _wrap(self, path: str) -> Node:
        found = self._find(path)
        with translated(self.target, path):
            if isinstance(found, h5pyd.Dataset):
                return HsdsDataset(self, path, found)
            return HsdsType(found) if isinstance(found, h5pyd.Datatype) else HsdsGroup(self, path)

    def _find(self, path: str) -> Any:
        with translated(self.target, path):
            found = self._walker.find(path)
        if found is None:
            raise KeyError(f"{self.target}: there is no {path}")
        return found

    def members(self, path: str) -> tuple[str, ...]:
        """Names of a group's members."""
        with self._lock:
            self.check_open()
            group: Group = self._find(path)
            with translated(self.target, path):
                return tuple(group.keys())

    def read_many(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read ranges of several datasets, with several requests at a time.

        Parameters
        ----------
        requests
            One for each dataset; see :class:`livn_core.h5file.Ranges`.

        Returns
        -------
        list of arrays
            For each request its ``out``, or a new 1-D array in the dataset's dtype.

        Raises
        ------
        KeyError
            There is no such dataset.
        IndexError
            A range goes beyond the end of its dataset.
        BackendError
            The server did not deliver, or made no progress for ``timeout`` seconds.
        """
        self.check_open()
        plans = [Plan(self._dataset(request.path), request) for request in requests]
        carry_out(plans, self.progress)
        return [plan.result() for plan in plans]

    def _dataset(self, path: str) -> HsdsDataset:
        node = self.at(path)
        if not isinstance(node, HsdsDataset):
            raise KeyError(f"{self.target}: {path} is no dataset")
        return node

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        with self._lock:
            self._finalizer()
            self._nodes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{'' if self._finalizer.alive else 'closed '}HsdsFile {self.target}>"


def _close(database: Hdf5db, walker: Walker) -> None:
    walker.close()
    database.close()
