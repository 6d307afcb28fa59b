"""What h5pyd needs in a browser (Pyodide), applied when this package is imported there.

h5json imports h5py, which is not there, for five numbers. h5pyd's headers are bytes, of which a browser makes the text
``b'...'``. And with the server down h5pyd asks again and again for minutes, which would hold up everything else: its
own time-outs do nothing. What goes through livn-core has a session of its own (:mod:`livn_h5pyd.session`); here the
same is done for ``h5pyd.File`` as users call it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
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
    """Make h5pyd work, whoever imports it; a second call does nothing."""
    if find_spec("h5pyd") is not None and "h5pyd" not in sys.modules:
        _import_h5pyd()
        _level(sys.modules["h5pyd.httpconn"].HttpConn)


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


def _import_h5pyd() -> None:
    """Import h5pyd where there is no h5py: Pyodide's need not be loaded for five constants.

    What stands in for h5py is taken away again, so that whoever asks whether h5py is there hears the truth.
    """
    if "h5py" in sys.modules or find_spec("h5py") is not None:
        import h5pyd

        return
    stand_in = ModuleType("h5py")
    stand_in.h5z = SimpleNamespace(**_H5Z)  # type: ignore[attr-defined]
    sys.modules["h5py"] = stand_in
    try:
        import h5pyd  # noqa: F401 - for its effect
    finally:
        del sys.modules["h5py"]


def as_text(headers: Mapping[str, str | bytes]) -> dict[str, str]:
    """Headers as a browser takes them: h5pyd's login is bytes, and how to encode is for the browser to say."""
    return {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in headers.items()
        if name.lower() != "accept-encoding"
    }
