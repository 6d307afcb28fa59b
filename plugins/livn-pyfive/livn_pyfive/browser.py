"""What is different in a browser (Pyodide): pyfive wants a library that is not there; requests are the browser's."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType

from livn_core.errors import BackendError
from livn_pyfive.filters import fletcher32


class Fletcher32:
    """The one part of numcodecs that pyfive 1.3 imports: the checksum of HDF5's filter, over bytes."""

    def encode(self, data: bytes) -> bytes:
        """The bytes, and their checksum after them."""
        low, high = fletcher32(data)
        return bytes(data) + (high << 16 | low).to_bytes(4, "little")

    def decode(self, data: bytes) -> bytes:
        """The bytes before the checksum.

        Raises
        ------
        RuntimeError
            The checksum is not theirs.
        """
        body = bytes(data[:-4])
        if self.encode(body) != bytes(data):
            raise RuntimeError("The fletcher32 checksum of the data did not match")
        return body


def provide_numcodecs() -> None:
    """Let pyfive 1.3 be imported where there is no numcodecs: it is compiled, and Pyodide's is too old."""
    if "numcodecs" not in sys.modules and find_spec("numcodecs") is None:
        module = ModuleType("numcodecs", Fletcher32.__doc__)
        module.Fletcher32 = Fletcher32  # type: ignore[attr-defined]
        sys.modules["numcodecs"] = module


def provide_http() -> None:
    """Have fsspec send requests as the browser does: aiohttp needs sockets.

    Raises
    ------
    BackendError
        Python runs in the page's own thread, where browsers give no bytes to code that waits for them.
    """
    import js  # type: ignore[import-not-found] # inside Pyodide only

    if hasattr(js, "document"):
        raise BackendError(
            "a browser gives no bytes to code that waits in the page's own thread: run Python in a Web Worker, as "
            "JupyterLite and livn's page do, or download the files first"
        )
    from fsspec.implementations.http_sync import HTTPFileSystem
    from fsspec.registry import register_implementation

    for scheme in ("http", "https"):
        register_implementation(scheme, HTTPFileSystem, clobber=True)
