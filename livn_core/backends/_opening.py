"""Open a source with the chosen backend; what goes wrong then is that backend's error, with a note."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from livn_core._showing import shown
from livn_core.backends._backend import Backend
from livn_core.backends._choice import Choice
from livn_core.backends._override import ENV_VAR, BackendNames
from livn_core.errors import BackendDeclined, BackendFallbackWarning, ConfigError
from livn_core.threads import default_threads

if TYPE_CHECKING:
    from livn_core.backends._registry import Backends
    from livn_core.backends._selection import Selection
    from livn_core.h5file import H5File


def open_source(
    backends: Backends,
    source: str,
    names: BackendNames | None,
    options: Mapping[str, object],
    fallback: bool,
) -> tuple[H5File, Selection]:
    """Do the work of :meth:`livn_core.backends.Backends.open`."""
    # A read that is large enough for threads may come much later, or in another system only.
    default_threads()
    choice = Choice(backends, source, names)
    failures: list[Exception] = []
    for backend in choice.usable():
        try:
            # Options are meant for the backend that was chosen, not for one that stands in for it.
            file = backend.open(source, {} if failures else options)
        except BackendDeclined as declined:
            choice.declined(backend, str(declined))
        except Exception as error:
            error.add_note(_note(source, backend, choice))
            if not fallback or isinstance(error, ConfigError):
                raise
            choice.failed_with(backend, error)
            failures.append(error)
        else:
            selection = choice.selection(backend)
            if failures:
                _warn_of_fallback(selection, failures[0])
            return file, selection
    raise _worst(failures) or choice.nothing_opens()


def _worst(failures: list[Exception]) -> Exception | None:
    """The failure of the backend that was chosen first, with those of its stand-ins as notes."""
    for other in failures[1:]:
        failures[0].add_note(f"livn: then {type(other).__name__}: {other}")
    return failures[0] if failures else None


def _warn_of_fallback(selection: Selection, error: Exception) -> None:
    message = (
        f"{shown(selection.source or '')}: backend {selection.instead_of} failed ({type(error).__name__}: {error}); "
        f"reading with {selection.name} instead"
    )
    warnings.warn(message, BackendFallbackWarning, stacklevel=4)


def _note(source: str, backend: Backend, choice: Choice) -> str:
    why = choice.selection(backend).why
    return (
        f"livn: while opening {shown(source)} with backend {backend.name!r} ({backend.provider}), chosen {why}; "
        f"choose another with backend=, use_backend() or {ENV_VAR}"
    )
