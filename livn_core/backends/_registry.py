"""The set of installed backends: listed without importing, loaded one at a time, kept for the process."""

from __future__ import annotations

import html
import importlib
import warnings
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import TYPE_CHECKING

from livn_core.backends._backend import Backend
from livn_core.backends._discovery import Installed, discover
from livn_core.backends._loading import Broken, PluginError, load, new_manager, register
from livn_core.backends._override import BackendNames
from livn_core.errors import BackendWarning, InvalidArgumentError, LivnError
from livn_core.forking import Lock

if TYPE_CHECKING:
    from livn_core.backends._selection import Selection
    from livn_core.h5file import H5File


class Backends:
    """Installed backends, and the choice between them.

    Most code uses :func:`default_backends`; tests and hosts of their own build one.

    Parameters
    ----------
    entries
        Entry points to take instead of the installed ones.

    Notes
    -----
    Safe to use from several threads: a plugin is imported once, under a lock that a plugin may take again while it is
    being imported.
    """

    def __init__(self, entries: Iterable[EntryPoint] | None = None) -> None:
        self._entries = None if entries is None else tuple(entries)
        self._lock = Lock()
        self._warned: set[tuple[str, str]] = set()
        self._reset()

    def _reset(self) -> None:
        self._installed: Mapping[str, Installed] | None = None
        self._loaded: dict[str, Backend | Broken] = {}
        self._registered: dict[str, Backend] = {}
        self._manager = new_manager()

    def refresh(self) -> None:
        """Forget what was found and loaded, for instance after ``pip install`` in a running notebook.

        Backends that were added with :meth:`register` are forgotten as well.
        """
        with self._lock:
            importlib.invalidate_caches()
            self._reset()

    def register(self, plugin: object, name: str) -> Backend:
        """Add a backend by hand, without a distribution: a module or an object that has the hooks.

        Raises
        ------
        InvalidArgumentError
            The name is taken, or a hook does not fit its specification.
        """
        with self._lock:
            if name in self.names:
                raise InvalidArgumentError(f"there is a backend {name!r} already")
            try:
                backend = register(plugin, name, "registered by hand", self._manager)
            except PluginError as error:
                raise InvalidArgumentError(f"{name!r} cannot be a backend: {error.reason}") from error
            self._registered[name] = backend
            return backend

    @property
    def installed(self) -> Mapping[str, Installed]:
        """What entry points offer, in order of name. Imports no plugin."""
        with self._lock:
            if self._installed is None:
                self._installed = MappingProxyType(discover(self._entries))
            return self._installed

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all backends, in alphabetical order. Imports no plugin."""
        with self._lock:
            return tuple(sorted({*self.installed, *self._registered}))

    def get(self, name: str) -> Backend | Broken:
        """Load one backend by name, and no other; a plugin that cannot be used is a value too.

        Raises
        ------
        KeyError
            There is none of that name.
        """
        with self._lock:
            if name in self._registered:
                return self._registered[name]
            if name not in self._loaded:
                self._loaded[name] = self._load(self.installed[name])
            return self._loaded[name]

    def _load(self, installed: Installed) -> Backend | Broken:
        try:
            return load(installed, self._manager)
        except PluginError as error:
            message = f"backend {installed.name!r} ({installed.provider}) cannot be used: {error.reason}"
            self.warn_once(installed.name, f"{message} -> {error.remedy}")
            return Broken(installed.name, installed.provider, error.reason, error.remedy)

    def warn_once(self, name: str, message: str) -> None:
        """Show a warning about a backend, once for each of these objects."""
        with self._lock:
            if (name, message) in self._warned:
                return
            self._warned.add((name, message))
        warnings.warn(message, BackendWarning, stacklevel=2)

    def all(self) -> tuple[Backend | Broken, ...]:
        """Load every backend, in the order of the choice: highest priority first, ties by name, unusable ones last."""
        return tuple(sorted((self.get(name) for name in self.names), key=_rank))

    def select(self, source: str | None, backend: BackendNames | None = None) -> Selection:
        """Choose the backend that would open ``source``, without opening it.

        Parameters
        ----------
        source
            A path or an address; ``None``: anything at all.
        backend
            A name, or names in the order in which to ask them. Left out: :func:`use_backend`, then
            ``LIVN_H5_BACKEND``, then priority.

        Raises
        ------
        UnknownBackendError
            No backend of a given name is known.
        ConfigError
            A setting of a backend that was asked is wrong.
        FileNotFoundError
            None can open it, and there is no such file.
        NoBackendError
            None can open it; the message has a line for each.
        """
        from livn_core.backends._choice import Choice

        return Choice(self, source, backend).select()

    def explain(self, source: str | None = None, backend: BackendNames | None = None) -> Selection:
        """Ask every backend in play, and say what would be chosen; never raises for a source that nothing can open."""
        from livn_core.backends._choice import Choice

        return Choice(self, source, backend).explain()

    def open(
        self,
        source: str,
        backend: BackendNames | None = None,
        options: Mapping[str, object] | None = None,
        fallback: bool = False,
    ) -> tuple[H5File, Selection]:
        """Choose a backend and open ``source`` with it.

        Parameters
        ----------
        source, backend
            As for :meth:`select`.
        options
            Options of the chosen backend.
        fallback
            Where the chosen backend fails, warn and take the next one. Without it, its error is raised: the data's
            source never changes behind the user's back.

        Returns
        -------
        tuple
            The open file, and the :class:`Selection` with the backend that really opened it.
        """
        from livn_core.backends._opening import open_source

        return open_source(self, source, backend, options or {}, fallback)

    def __repr__(self) -> str:
        return f"Backends({', '.join(self.names) or 'none'})"

    def _repr_html_(self) -> str:
        try:
            return self.explain()._repr_html_()
        except LivnError as error:  # an unknown name in the environment, for one
            return f"<pre>{html.escape(f'{self!r}: {error}')}</pre>"


def _rank(backend: Backend | Broken) -> tuple[bool, int, str]:
    if isinstance(backend, Broken):
        return (True, 0, backend.name)
    return (False, -backend.priority, backend.name)


_default: Backends | None = None
_default_lock = Lock()


def default_backends() -> Backends:
    """The process's own set of backends: whatever is installed."""
    global _default  # noqa: PLW0603 - one lazily made object for the process, guarded by its lock
    with _default_lock:
        if _default is None:
            _default = Backends()
        return _default
