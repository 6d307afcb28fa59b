"""Open a source with the chosen backend; what goes wrong then is that backend's error, with a note."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from livn_core.backends._backend import Backend
from livn_core.backends._choice import Choice
from livn_core.backends._override import ENV_VAR, BackendNames
from livn_core.errors import BackendDeclined, BackendFallbackWarning, ConfigError

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
    choice = Choice(backends, source, names)
    last: Exception | None = None
    for backend in choice.usable():
        if last is not None:
            _warn_of_fallback(source, choice.failed[-1], backend.name, last)
        try:
            file = backend.open(source, options)
        except BackendDeclined as declined:
            choice.declined(backend, str(declined))
            last = None
            continue
        except Exception as error:
            error.add_note(_note(source, backend, choice))
            if not fallback or isinstance(error, ConfigError):
                raise
            choice.failed_with(backend, error)
            last = error
            continue
        return file, choice.selection(backend)
    raise last or choice.nothing_opens()


def _warn_of_fallback(source: str, failed: str, taken: str, error: Exception) -> None:
    message = f"{source}: backend {failed!r} failed ({type(error).__name__}: {error}); reading with {taken!r} instead"
    warnings.warn(message, BackendFallbackWarning, stacklevel=4)


def _note(source: str, backend: Backend, choice: Choice) -> str:
    why = choice.selection(backend).why
    return (
        f"livn: while opening {source} with backend {backend.name!r} ({backend.provider}), chosen {why}; "
        f"choose another with backend=, use_backend() or {ENV_VAR}"
    )
