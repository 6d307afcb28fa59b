"""The only place that touches ``neuroh5.io``: on ``COMM_SELF``, one call at a time.

Importing it initialises MPI, so that happens with the first call, not when a file is opened: a look at a system's
names and shapes works on a login node, where MPI may not start.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import attrs

from livn_core.errors import BackendWarning
from livn_core.h5file import AnyArray, IntArray
from livn_neuroh5.hdf5 import Hdf5

CellAnswer: TypeAlias = Iterable[tuple[int, Mapping[str, AnyArray]]]
"""(gid, {attribute: values}), ascending."""
EdgeAnswer: TypeAlias = Iterable[tuple[int, tuple[AnyArray, Mapping[str, Sequence[AnyArray]]]]]
"""(post gid, (pre gids, {namespace: attributes in neuroh5's order})), ascending."""
Announced: TypeAlias = Mapping[str, Mapping[str, int]]
"""{namespace: {attribute: position}}, as neuroh5 announces it."""

LEAK_LIMIT = 2**26
"""Bytes that neuroh5 may lose in this process: it never frees what it returns of cell attributes."""
LEAK_PER_CELL = 800
"""Bytes lost for each cell and attribute, besides the values (measured: 780)."""
MOST_FAILURES = 16
"""Failed calls in this process: each leaves a communicator and a file open, and MPI has few of both."""


class Library(Protocol):
    """What neuroh5 is asked for."""

    def why_not(self) -> str:
        """Why it cannot be asked here and now; empty where it can."""
        ...

    def lose(self, values: int, size: int) -> bool:
        """Say that so many cell values, of ``size`` bytes, are about to be read; whether that is still allowed."""
        ...

    def failed(self) -> None:
        """Say that a call failed."""
        ...

    def problem(self, path: str, index: Mapping[str, IntArray], values: Sequence[str]) -> str | None:
        """What its HDF5 cannot do with some datasets, empty where all is well; ``None``: it cannot be asked."""
        ...

    def read_cells(self, path: str, population: str, namespace: str, names: set[str], gids: list[int]) -> CellAnswer:
        """Read attributes of some cells."""
        ...

    def read_edges(
        self, path: str, pre: str, post: str, gids: list[int], namespaces: list[str]
    ) -> tuple[EdgeAnswer, Announced]:
        """Read the edges onto some cells, which must all have some."""
        ...


@attrs.frozen
class _Loaded:
    """The modules, once they are imported; or why they cannot be."""

    io: Any = None
    mpi: Any = None
    hdf5: Hdf5 | None = None
    pid: int = 0
    problem: str = ""


class Neuroh5:
    """The real one. One object for the process, safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._loaded: _Loaded | None = None
        self._lost = 0
        self._failures = 0

    def why_not(self) -> str:
        """Why it cannot be asked here and now; imports it, and with it initialises MPI."""
        if self._failures >= MOST_FAILURES:
            return f"{self._failures} of its calls have failed in this process, and each leaves something open"
        with self._lock:
            if self._loaded is None:
                self._loaded = _load()
        loaded = self._loaded
        if loaded.problem:
            return loaded.problem
        if loaded.pid != os.getpid():
            return "this process was forked from one that had initialised MPI"
        return _why_not_mpi(loaded.mpi)

    def lose(self, values: int, size: int) -> bool:
        """Whether so many cell values may still be read."""
        cost = values * LEAK_PER_CELL + size
        with self._lock:
            if self._lost + cost > LEAK_LIMIT:
                return False
            self._lost += cost
            return True

    def failed(self) -> None:
        """Count a failed call."""
        with self._lock:
            self._failures += 1

    def problem(self, path: str, index: Mapping[str, IntArray], values: Sequence[str]) -> str | None:
        """See :meth:`livn_neuroh5.hdf5.Hdf5.problem`."""
        assert self._loaded is not None
        if self._loaded.hdf5 is None:
            return None
        with self._lock:
            return self._loaded.hdf5.problem(path, index, values)

    def read_cells(self, path: str, population: str, namespace: str, names: set[str], gids: list[int]) -> CellAnswer:
        """Call ``read_cell_attribute_selection``."""
        io, mpi = self._modules()
        with self._lock:
            return list(
                io.read_cell_attribute_selection(
                    path, population, gids, namespace=namespace, comm=mpi.COMM_SELF, mask=names
                )
            )

    def read_edges(
        self, path: str, pre: str, post: str, gids: list[int], namespaces: list[str]
    ) -> tuple[EdgeAnswer, Announced]:
        """Call ``read_graph_selection``."""
        io, mpi = self._modules()
        with self._lock:
            graph, announced = io.read_graph_selection(
                path, gids, namespaces=namespaces, comm=mpi.COMM_SELF, projections=[(pre, post)]
            )
            return list(graph[post][pre]), announced[post][pre]

    def _modules(self) -> tuple[Any, Any]:
        assert self._loaded is not None
        return self._loaded.io, self._loaded.mpi


def _load() -> _Loaded:
    try:
        from mpi4py import MPI
        from neuroh5 import io
    except Exception as error:  # an ImportError, or whatever a library of the wrong MPI makes of it
        problem = f"neuroh5 cannot be imported ({type(error).__name__}: {error})"
        message = f"{problem}; its files are read with pyfive -> build neuroh5 and mpi4py with the same MPI"
        warnings.warn(message, BackendWarning, stacklevel=2)
        return _Loaded(problem=problem)
    try:
        hdf5 = Hdf5(io.__file__)
    except (OSError, AttributeError, ValueError):  # linked statically, for one
        hdf5 = None
    return _Loaded(io, MPI, hdf5, os.getpid())


def _why_not_mpi(mpi: Any) -> str:
    """Calls that MPI answers by ending the process."""
    if not mpi.Is_initialized():
        return "MPI is not initialised"
    if mpi.Is_finalized():
        return "MPI is finalised"
    if mpi.Query_thread() < mpi.THREAD_MULTIPLE and not mpi.Is_thread_main():
        return "this thread may not use MPI"
    return ""


NEUROH5 = Neuroh5()


def _after_fork() -> None:
    # Another thread of the parent may have held the lock.
    NEUROH5._lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
