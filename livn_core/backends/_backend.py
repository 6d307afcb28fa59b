"""One backend, as the core and its users see it: a name, a rank, and what it can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from livn_core.backends.availability import Availability
from livn_core.errors import BackendError

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
        file = self._ask("livn_backend_open", source=source, options=dict(options or {}))
        if file is None:
            raise BackendError(f"{source}: backend {self.name!r} ({self.provider}) opened nothing: it returned None")
        return file  # type: ignore[no-any-return]

    def sidecar(self, source: str, name: str, options: Mapping[str, object] | None = None) -> bytes | None:
        """Read one JSON file of a system; see :func:`livn_core.hookspecs.livn_backend_sidecar`."""
        answer = self._ask("livn_backend_sidecar", source=source, name=name, options=dict(options or {}))
        if answer is not None and not isinstance(answer, bytes):
            raise BackendError(
                f"{source}: backend {self.name!r} ({self.provider}) returned {type(answer).__name__} "
                f"for the sidecar {name!r} instead of bytes"
            )
        return answer

    def sidecars(self, source: str, options: Mapping[str, object] | None = None) -> tuple[str, ...] | None:
        """List a system's JSON files; see :func:`livn_core.hookspecs.livn_backend_sidecars`."""
        answer: Sequence[str] | None = self._ask("livn_backend_sidecars", source=source, options=dict(options or {}))
        return None if answer is None else tuple(sorted(answer))
