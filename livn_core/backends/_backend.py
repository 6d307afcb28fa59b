"""One backend, as the core and its users see it: a name, a rank, and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from livn_core._showing import shown
from livn_core.backends.availability import Availability
from livn_core.errors import BackendError, ConfigError, InvalidTypeError

if TYPE_CHECKING:
    from livn_core.h5file import H5File

Ask: TypeAlias = Callable[..., Any]
"""Calls one hook of one plugin: ``ask("livn_backend_open", source=..., options=...)``."""


@attrs.frozen
class Backend:
    """A loaded plugin whose hooks were checked.

    Built by :class:`~livn_core.backends.Backends`; the attributes are what a user may look at.
    """

    name: str
    """The entry point's name."""

    provider: str
    """Distribution and version, such as ``"livn-pyfive 0.1.0"``."""

    priority: int
    """Its rank; the highest that is available is taken."""

    takes_options: bool
    """Whether its opener takes options at all."""

    _ask: Ask = attrs.field(repr=False, eq=False)

    def available(self, source: str | None) -> Availability:
        """Ask whether it can open ``source`` (``None``: anything at all).

        Raises whatever the plugin raises, and a ``TypeError`` where the answer is none.
        """
        answer = self._ask("livn_backend_available", source=source)
        if answer is None:
            return Availability.yes()
        if not isinstance(answer, Availability):
            raise TypeError(f"livn_backend_available returned {answer!r} instead of an Availability")
        return answer

    def open(self, source: str, options: Mapping[str, object] | None = None) -> H5File:
        """Open one file; see :func:`livn_core.hookspecs.livn_backend_open`."""
        given = checked_options(options)
        if given and not self.takes_options:
            raise ConfigError(f"backend {self.name!r} takes no options, but was given {', '.join(map(str, given))}")
        file = self._ask("livn_backend_open", source=source, options=given)
        if file is None:
            raise BackendError(
                f"{shown(source)}: backend {self.name!r} ({self.provider}) opened nothing: it returned None"
            )
        missing = [name for name in ("__getitem__", "keys", "close") if not hasattr(file, name)]
        if missing:
            raise self._error(source, f"opened a {type(file).__name__}, which has no {', '.join(missing)}")
        return file  # type: ignore[no-any-return]

    def _error(self, source: str, problem: str) -> BackendError:
        return BackendError(f"{shown(source)}: backend {self.name!r} ({self.provider}) {problem}")

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return _installed, (self.name,)

    def sidecar(self, source: str, name: str, options: Mapping[str, object] | None = None) -> bytes | None:
        """Read one JSON file of a system; see :func:`livn_core.hookspecs.livn_backend_sidecar`."""
        answer = self._ask("livn_backend_sidecar", source=source, name=name, options=checked_options(options))
        if answer is not None and not isinstance(answer, bytes):
            raise self._error(source, f"returned {type(answer).__name__} for the sidecar {name!r} instead of bytes")
        return answer

    def sidecars(self, source: str, options: Mapping[str, object] | None = None) -> tuple[str, ...] | None:
        """List a system's JSON files; see :func:`livn_core.hookspecs.livn_backend_sidecars`."""
        answer: Sequence[str] | None = self._ask(
            "livn_backend_sidecars", source=source, options=checked_options(options)
        )
        if isinstance(answer, str):
            raise BackendError(
                f"{shown(source)}: backend {self.name!r} ({self.provider}) listed {answer!r} instead of names"
            )
        return None if answer is None else tuple(sorted(answer))


def checked_options(options: object) -> dict[str, object]:
    """Check ``options=``: a mapping, or nothing; what it is else is not shown, since it may be credentials.

    Raises
    ------
    InvalidTypeError
        It is neither.
    """
    if options is not None and not isinstance(options, Mapping):
        raise InvalidTypeError(f"options= takes a mapping of names to values, not {type(options).__name__}")
    return dict(options or {})


def _installed(name: str) -> Backend:
    """What a pickled backend becomes: the one of that name in this process."""
    from livn_core.backends._registry import default_backends

    found = default_backends().get(name)
    if not isinstance(found, Backend):
        raise BackendError(f"backend {name!r} cannot be used in this process: {found.reason}")
    return found
