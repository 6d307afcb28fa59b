"""The HDF5 files of one system: found, opened on first use, all through one backend, each once."""

from __future__ import annotations

import os
import threading
import traceback
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from livn_core.backends import BackendNames, Selection, default_backends
from livn_core.backends._override import as_chosen
from livn_core.errors import (
    BackendFallbackWarning,
    ClosedFileError,
    ConfigError,
    FormatError,
    NoBackendError,
    SourceNotFoundError,
    SystemNotFoundError,
    UnknownBackendError,
)
from livn_core.locations import is_address, join, last_part, shown
from livn_core.parallel import Ranks

if TYPE_CHECKING:
    from livn_core.neuroh5 import NeuroH5File

ONE_FILE, CELLS, CONNECTIONS = "graph.h5", "cells.h5", "connections.h5"


@attrs.frozen
class Wish:
    """What the user asked for when naming the system: the arguments of ``System``."""

    uri: str
    backend: BackendNames | None = None
    comm: object = None
    fallback: bool = False
    options: Mapping[str, object] = attrs.field(factory=dict, repr=False)


@attrs.frozen
class _First:
    """The file that was opened first, and through which backend the system is read from then on."""

    file: NeuroH5File
    selection: Selection
    options: Mapping[str, object]


class SystemFiles:
    """The files of one system.

    ``graph.h5`` holds everything, or ``cells.h5`` and ``connections.h5`` share it; where both are there, the one file
    wins. Safe to use from several threads, and from a forked process, which opens files of its own: with the parent's
    it would share one file position.
    """

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._closed = False
        self._forget()

    def _forget(self) -> None:
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._first: _First | None = None
        self._connections: NeuroH5File | None = None

    def _leave_parent(self) -> None:
        """In a forked process, start afresh; even the lock may be held by a thread that only the parent has."""
        if self._process != os.getpid():
            self._forget()

    @property
    def is_open(self) -> bool:
        """Whether some file is open in this process."""
        return self._first is not None and self._process == os.getpid()

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._closed

    @property
    def ranks(self) -> Ranks | None:
        """The ranks that read the system together; ``None`` where one reads it alone."""
        return Ranks.of(self._wish.comm)

    def together(self) -> AbstractContextManager[None]:
        """A piece of work that succeeds on all of these ranks, or fails on all."""
        ranks = self.ranks
        return nullcontext() if ranks is None else ranks.together()

    @property
    def selection(self) -> Selection:
        """Through which backend the system is read, why, and what it has read otherwise than it promises so far."""
        first = self._opened
        files = [first.file] if self._connections is None else [first.file, self._connections]
        return attrs.evolve(first.selection, notes=tuple(note for one in files for note in one.selection.notes))

    @property
    def options(self) -> Mapping[str, object]:
        """The options of that backend."""
        return self._opened.options

    @property
    def cells(self) -> NeuroH5File:
        """The file with the cells."""
        return self._opened.file

    @property
    def connections(self) -> NeuroH5File:
        """The file with the projections.

        Raises
        ------
        SourceNotFoundError
            The system has cells only.
        FormatError
            It disagrees with the file of the cells about which cells there are.
        """
        first = self._opened
        if self._is_one_file(first):
            return first.file
        with self._lock:
            self._check_open()  # another thread may have closed the system meanwhile
            if self._connections is None:
                self._connections = self._open_connections(first)
            return self._connections

    @property
    def sources(self) -> dict[str, str]:
        """Paths or addresses of the files, ``{"cells": …, "connections": …}``."""
        first = self._opened
        names = (ONE_FILE, ONE_FILE) if self._is_one_file(first) else (CELLS, CONNECTIONS)
        places = [join(self._wish.uri, name) for name in names]
        if not is_address(self._wish.uri):
            places = [os.path.abspath(place) for place in places]  # noqa: PTH100 - lexical, as a server needs it too
        return dict(zip(("cells", "connections"), places, strict=True))

    def close(self) -> None:
        """Close what is open, for good; a second call does nothing."""
        self._leave_parent()
        with self._lock:
            self._closed = True
            first, connections = self._first, self._connections
            self._first = self._connections = None
        for file in (first.file if first else None, connections):
            if file is not None:
                file.close()

    @property
    def _opened(self) -> _First:
        self._leave_parent()
        with self._lock:
            self._check_open()
            if self._first is None:
                self._first = self._open_first()
            return self._first

    def _check_open(self) -> None:
        if self._closed:
            place = shown(self._wish.uri)
            raise ClosedFileError(f"the system {place!r} was closed; make a new System to read from it")

    def _is_one_file(self, first: _First) -> bool:
        return first.file.source == join(self._wish.uri, ONE_FILE)

    def _open_first(self) -> _First:
        wish = self._wish
        try:
            file = self._open_cells(wish.backend, wish.options)
        except (ConfigError, NoBackendError, UnknownBackendError):
            raise
        except Exception as error:
            if not wish.fallback:
                raise
            return self._fall_back(error)
        return _First(file, file.selection, wish.options)

    def _open_cells(self, backend: BackendNames | None, options: Mapping[str, object]) -> NeuroH5File:
        try:
            return self._open(ONE_FILE, backend, options)
        except FileNotFoundError as error:
            # Frames of the plugin host hold the error, and it them, and with them this system and all that it reads.
            traceback.clear_frames(error.__traceback__)
        try:
            return self._open(CELLS, backend, options)
        except FileNotFoundError as error:
            missing = SystemNotFoundError(_not_a_system(self._wish.uri, error))
            for note in getattr(error, "__notes__", ()):
                missing.add_note(note)
            raise missing from error

    def _fall_back(self, error: Exception) -> _First:
        """Read the whole system, not single files of it, through the next backend that can."""
        choice = self._choice()
        names = [row.name for row in choice.candidates if row.status in {"chosen", "usable"}]
        for index, name in enumerate(names[1:], start=1):
            try:
                # The options were meant for the backend that failed.
                file = self._open_cells(name, {})
            except Exception as next_error:
                error.add_note(f"livn: reading with {name!r} instead failed too: {next_error}")
                continue
            reason = f"{type(error).__name__}: {error}"
            message = f"{shown(self._wish.uri)}: backend {names[0]!r} failed ({reason}); reading with {name!r} instead"
            warnings.warn(message, BackendFallbackWarning, stacklevel=2)
            return _First(file, _instead(choice, file.selection, names[:index], reason), {})
        raise error

    def _choice(self) -> Selection:
        """The candidates in their order; of several ranks, as rank 0 sees them, so that all try the same."""
        place, backend, ranks = join(self._wish.uri, CELLS), self._wish.backend, self.ranks
        if ranks is None:
            return default_backends().explain(place, backend)
        return ranks.from_first(lambda: default_backends().explain(place, backend))

    def _open_connections(self, first: _First) -> NeuroH5File:
        try:
            with as_chosen(first.selection.by):
                file = self._open(CONNECTIONS, first.selection.name, first.options)
        except FileNotFoundError as error:
            place = shown(join(self._wish.uri, CONNECTIONS))
            raise SourceNotFoundError(
                f"{place}: there is no such file beside {CELLS}, so there are no projections"
            ) from error
        _check_same_cells(first.file, file)
        return file

    def _open(self, name: str, backend: BackendNames | None, options: Mapping[str, object]) -> NeuroH5File:
        from livn_core.neuroh5 import open_neuroh5

        return open_neuroh5(join(self._wish.uri, name), backend=backend, comm=self._wish.comm, options=options)


def _check_same_cells(cells: NeuroH5File, connections: NeuroH5File) -> None:
    ranges = cells.population_ranges
    for name, found in connections.population_ranges.items():
        if ranges.get(name) != found:
            known = f"has it as {ranges[name]}" if name in ranges else "lacks it"
            raise FormatError(
                connections.source,
                "/H5Types/Populations",
                f"population {name!r} is {found} (first gid, count) here, but {cells.source} {known}",
            )


def _instead(choice: Selection, taken: Selection, failed: list[str], reason: str) -> Selection:
    rows = tuple(
        attrs.evolve(row, status="chosen")
        if row.name == taken.name
        else attrs.evolve(row, status="failed", reason=reason if row.name == failed[0] else row.reason)
        if row.name in failed
        else row
        for row in choice.candidates
    )
    return attrs.evolve(choice, chosen=taken.backend, candidates=rows, instead_of=", ".join(failed))


def _not_a_system(uri: str, error: Exception) -> str:
    place = Path(uri)
    if is_address(uri) or not place.exists():
        from livn_core.system._places import available

        known = available()
        name = last_part(uri)
        hint = f"; there is a system of that name: System(predefined({name!r}))" if name in known else ""
        return f"{shown(uri)}: there is no system there ({error}){hint}"
    if (place / ONE_FILE).is_file() or (place / CELLS).is_file():
        return f"{uri}: {error}. A system lies on this machine at that path: to read it, name another backend"
    if not place.is_dir():
        return f"{uri}: a system is a directory, and this is a file; to read a single file, use open_neuroh5()"
    held = ", ".join(sorted(entry.name for entry in place.iterdir())[:10]) or "nothing"
    return f"{uri}: this directory is no system: it has neither {ONE_FILE} nor {CELLS}; it holds {held} ({error})"
