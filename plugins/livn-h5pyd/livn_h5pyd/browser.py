"""What is different in a browser (Pyodide): h5json wants h5py for five numbers, and headers have to be text."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace

IN_BROWSER = sys.platform == "emscripten"

_H5Z = {
    "SZIP_EC_OPTION_MASK": 4,
    "SZIP_NN_OPTION_MASK": 32,
    "SO_FLOAT_DSCALE": 0,
    "SO_FLOAT_ESCALE": 1,
    "SO_INT": 2,
}
"""What ``h5json.filters`` takes from ``h5py.h5z``; the values are those of HDF5's H5Zpublic.h."""


def import_h5pyd() -> None:
    """Import h5pyd where there is no h5py: Pyodide's need not be loaded for five constants.

    What stands in for h5py is taken away again, so that whoever asks whether h5py is there hears the truth.
    """
    if "h5pyd" in sys.modules or "h5py" in sys.modules or find_spec("h5py") is not None:
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
