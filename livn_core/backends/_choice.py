"""Ask backends in order whether they can open a source, and keep every answer."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import attrs

from livn_core._showing import shown
from livn_core.backends._backend import Backend
from livn_core.backends._hints import first_install, install_hint, wanted
from livn_core.backends._loading import Broken
from livn_core.backends._override import BackendNames, names_in_play
from livn_core.backends._registry import Backends
from livn_core.backends._selection import BY_TEXT, Candidate, Selection, Status
from livn_core.errors import (
    ConfigError,
    InvalidArgumentError,
    InvalidTypeError,
    NoBackendError,
    SourceNotFoundError,
    UnknownBackendError,
)


class Choice:
    """One choice in progress.

    Asks lazily: a backend that ranks below the chosen one is never probed, so its settings cannot get in the way.
    """

    def __init__(self, backends: Backends, source: str | None, names: BackendNames | None) -> None:
        if source is not None and not isinstance(source, str):
            raise InvalidTypeError(f"a source is a str, not {type(source).__name__}; use str(path)")
        if source == "":
            raise InvalidArgumentError("a source cannot be empty")
        self.source = source
        self._backends = backends
        self._names, self._by = names_in_play(names)
        self._entries = self._in_order()
        self._rows: dict[str, Candidate] = {}
        self.failed: list[str] = []

    def _in_order(self) -> list[Backend | Broken]:
        if self._names is None:
            self._warn_of_missing()
            return list(self._backends.all())
        return [self._named(name) for name in self._names]

    def _named(self, name: str) -> Backend | Broken:
        if name in self._backends.names:
            return self._backends.get(name)
        # An ordered list may name a backend of livn's own that this machine lacks; a typing error never passes.
        if self._names is not None and len(self._names) > 1 and install_hint(name):
            return Broken(name, "", "not installed", install_hint(name))
        raise UnknownBackendError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        names = self._backends.names
        text = f"no backend {name!r} is installed; there is {', '.join(names) or 'none at all'}"
        close = difflib.get_close_matches(name, names, n=1)
        if install_hint(name):
            return f"{text}. To get it: {install_hint(name)}"
        return f"{text}; did you mean {close[0]!r}?" if close else text

    def _warn_of_missing(self) -> None:
        for hint in wanted():
            if hint.name not in self._backends.names:
                message = f"{hint.env_var} is set, but no backend {hint.name!r} is installed -> {hint.install}"
                self._backends.warn_once(hint.name, message)

    def usable(self) -> Iterator[Backend]:
        """The backends that can open the source, best first, each asked when its turn comes."""
        for entry in self._entries:
            if isinstance(entry, Backend) and self._ask(entry):
                yield entry

    def _ask(self, backend: Backend) -> bool:
        try:
            answer = backend.available(self.source)
        except ConfigError:
            raise
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # whatever a third party's code raises is a row, even SystemExit
            reason = f"its probe failed: {type(error).__name__}: {error}"
            self._backends.warn_once(backend.name, f"backend {backend.name!r} ({backend.provider}): {reason}")
            self._put(backend, "broken", reason)
            return False
        self._put(backend, "usable" if answer.ok else "unavailable", answer.reason, answer.remedy)
        return answer.ok

    def _put(self, backend: Backend, status: Status, reason: str = "", remedy: str = "") -> None:
        row = Candidate(backend.name, backend.provider, backend.priority, status, reason, remedy)
        self._rows[backend.name] = row

    def declined(self, backend: Backend, reason: str) -> None:
        """Note that an opener passed."""
        self._put(backend, "declined", reason)

    def failed_with(self, backend: Backend, error: Exception) -> None:
        """Note that an opener failed and that the next one is taken."""
        self.failed.append(backend.name)
        self._put(backend, "failed", f"{type(error).__name__}: {error}")

    def selection(self, backend: Backend | None) -> Selection:
        """The outcome, with ``backend`` as the one that was chosen."""
        rows = tuple(self._row(entry, backend) for entry in self._entries)
        return Selection(self.source, backend, self._by, rows, ", ".join(self.failed))

    def _row(self, entry: Backend | Broken, chosen: Backend | None) -> Candidate:
        if isinstance(entry, Broken):
            return Candidate(entry.name, entry.provider, None, "broken", entry.reason, entry.remedy)
        row = self._rows.get(entry.name)
        if row is None:
            reason = f"ranks below {chosen.name}" if chosen else ""
            return Candidate(entry.name, entry.provider, entry.priority, "not asked", reason)
        return attrs.evolve(row, status="chosen") if chosen is not None and entry.name == chosen.name else row

    def select(self) -> Selection:
        """Take the first usable backend."""
        for backend in self.usable():
            return self.selection(backend)
        raise self.nothing_opens()

    def explain(self) -> Selection:
        """Ask everybody, taking a broken setting for a row of its own."""
        chosen: Backend | None = None
        stopped = False
        for entry in self._entries:
            if isinstance(entry, Broken):
                continue
            try:
                usable = self._ask(entry)
            except ConfigError as error:
                self._put(entry, "broken", str(error))
                stopped = stopped or chosen is None
                continue
            if usable and chosen is None and not stopped:
                chosen = entry
        return self.selection(chosen)

    def nothing_opens(self) -> Exception:
        """The error for a source that no backend can open; whether it exists comes first."""
        source = self.source
        if source is not None and "://" not in source and not _exists(source):
            return SourceNotFoundError(f"{source}: no such file or directory")
        what = shown(source) if source else "anything"
        if not self._entries:
            return NoBackendError(f"no backend is installed that could open {what} -> {first_install()}")
        lines = "\n".join(f"  {row.line()}" for row in self.selection(None).candidates)
        only = "" if self._names is None else f" (chosen {BY_TEXT[self._by]}, so no others are asked)"
        return NoBackendError(f"no backend can open {what}{only}:\n{lines}")


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:
        return False  # longer than any path can be, for one
