"""Systems that stay open between requests, for as long as their files stay the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import attrs

from livn_core import System
from livn_ui.companion.opening import LEADS_OUT, NotServedError, Signature, open_served
from livn_ui.systems import ServedSystem, find_system
from livn_ui.view.arrays import pack
from livn_ui.view.content import Content

_KEPT = 4
_MOST_BYTES = 64 << 20

T = TypeVar("T")
Version = tuple[Signature, ...]


@attrs.define
class Opened:
    """One system, and the answers that were made of it."""

    path: Path
    version: Version
    system: System
    answers: dict[str, bytes] = attrs.field(factory=dict)
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def answer(self, name: str, make: Callable[[System], Content]) -> bytes:
        """An answer, made once; the same for all who ask for it meanwhile."""
        with self.lock:
            found = self.answers.get(name)
            if found is None:
                found = pack(*make(self.system))
                if len(found) + sum(map(len, self.answers.values())) <= _MOST_BYTES:
                    self.answers[name] = found
            return found


class OpenedSystems:
    """The systems that were asked for last. Safe to use from several threads.

    Parameters
    ----------
    root_dir
        The served directory.
    """

    def __init__(self, root_dir: Path) -> None:
        self._root_dir = root_dir
        self._known: OrderedDict[str, Opened] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> Opened:
        """A system by name, opened again where one of its files was written to.

        Raises
        ------
        SystemNotFoundError
            There is no such system.
        NotServedError
            A file of it may not be handed out.
        """
        served = find_system(self._root_dir, name)
        if served.refused:
            raise NotServedError(403, f"{', '.join(served.refused)} of the system {name!r} {LEADS_OUT}")
        version = self._version(served)
        with self._lock:
            found = self._known.get(name)
            if found is None or found.version != version:
                # What others still read stays open until they let go of it.
                found = self._known[name] = Opened(served.path, version, System(served.path, backend="pyfive"))
            self._known.move_to_end(name)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return found

    def _version(self, served: ServedSystem) -> Version:
        return tuple(self._signature(served.name, name) for name in (*served.h5_files, *served.sidecars))

    def _signature(self, system: str, name: str) -> Signature:
        file = open_served(self._root_dir, system, name)
        try:
            return file.signature
        finally:
            file.close()
