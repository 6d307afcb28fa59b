"""What h5pyd needs in a browser (Pyodide): after this package is imported there, importing h5pyd applies it.

h5json imports h5py, which is not there, for five numbers. h5pyd's headers are bytes, of which a browser makes the text
``b'...'``. And with the server down h5pyd asks again and again for minutes, which would hold up everything else: its
own time-outs do nothing. What goes through livn-core has a session of its own (:mod:`livn_h5pyd.session`); here the
same is done for ``h5pyd.File`` as users call it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

IN_BROWSER = sys.platform == "emscripten"

_H5Z = {
    "SZIP_EC_OPTION_MASK": 4,
    "SZIP_NN_OPTION_MASK": 32,
    "SO_FLOAT_DSCALE": 0,
    "SO_FLOAT_ESCALE": 1,
    "SO_INT": 2,
}
"""What ``h5json.filters`` takes from ``h5py.h5z``; the values are those of HDF5's H5Zpublic.h."""


def prepare() -> None:
    """Make h5pyd work, whoever imports it, once that is done; a second call does nothing.

    Nothing is imported here: h5pyd and what it needs take a second, and many a user wants other sources.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds h5pyd and h5json where they are, and has them loaded by :class:`_Loader`."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Where a module is; nothing for all others."""
        if name not in ("h5pyd", "h5json"):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    """Loads a package as its own loader does, with something in h5py's place meanwhile."""

    def __init__(self, own: Loader) -> None:
        self._own = own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the package's own loader."""
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the package, and level what is found in it."""
        with _h5py_stands_in():
            self._own.exec_module(module)
        if module.__name__ == "h5pyd":
            _level(sys.modules["h5pyd.httpconn"].HttpConn)


@contextmanager
def _h5py_stands_in() -> Iterator[None]:
    """Have the constants of h5py where there is none: Pyodide's need not be loaded for five numbers.

    What stands in is taken away again, so that whoever asks whether h5py is there hears the truth.
    """
    if "h5py" in sys.modules or find_spec("h5py") is not None:
        yield
        return
    stand_in = ModuleType("h5py")
    stand_in.h5z = SimpleNamespace(**_H5Z)  # type: ignore[attr-defined]
    sys.modules["h5py"] = stand_in
    try:
        yield
    finally:
        del sys.modules["h5py"]


def _level(connection: type[Any]) -> None:
    """Give h5pyd's connections headers that a browser can send, and one attempt for each request."""
    headers, opened = connection.getHeaders, connection.open

    def get_headers(self: Any, *args: Any, **options: Any) -> dict[str, str]:
        return as_text(headers(self, *args, **options))

    def open_once(self: Any, *args: Any, **options: Any) -> Any:
        from requests.adapters import HTTPAdapter

        result = opened(self, *args, **options)
        if self._s is not None:
            for scheme in ("http://", "https://"):
                self._s.mount(scheme, HTTPAdapter(max_retries=0))
        return result

    connection.getHeaders, connection.open = get_headers, open_once


def as_text(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """Headers as a browser takes them: h5pyd's login is bytes, and how to encode is for the browser to say."""
    return {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in headers.items()
        if name.lower() != "accept-encoding"
    }
