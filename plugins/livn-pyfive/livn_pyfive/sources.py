"""What a source string means, and whether what it takes to read it is installed.

Nothing here imports fsspec: a probe must be quick.
"""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

import attrs

from livn_core.backends.availability import Availability
from livn_core.errors import SourceNotFoundError

IN_BROWSER = sys.platform == "emscripten"

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)(://|::)")

# fsspec's protocols, and the module and distribution that each needs beside it.
_NEEDS = {
    "http": ("aiohttp", "livn-pyfive[http]"),
    "https": ("aiohttp", "livn-pyfive[http]"),
    "s3": ("s3fs", "livn-pyfive[s3]"),
    "s3a": ("s3fs", "livn-pyfive[s3]"),
    "gs": ("gcsfs", "gcsfs"),
    "gcs": ("gcsfs", "gcsfs"),
    "az": ("adlfs", "adlfs"),
    "abfs": ("adlfs", "adlfs"),
    "abfss": ("adlfs", "adlfs"),
    "oss": ("ossfs", "ossfs"),
    "hf": ("huggingface_hub", "huggingface_hub"),
    "sftp": ("paramiko", "paramiko"),
    "ssh": ("paramiko", "paramiko"),
    "hdfs": ("pyarrow", "pyarrow"),
    "webhdfs": ("requests", "requests"),
    "github": ("requests", "requests"),
    "dropbox": ("dropboxdrivefs", "dropboxdrivefs"),
    "gdrive": ("gdrivefs", "gdrivefs"),
    "smb": ("smbprotocol", "smbprotocol"),
    "webdav": ("webdav4", "webdav4"),
    "memory": ("fsspec", "fsspec"),
    "ftp": ("fsspec", "fsspec"),
    "zip": ("fsspec", "fsspec"),
    "tar": ("fsspec", "fsspec"),
    "simplecache": ("fsspec", "fsspec"),
    "filecache": ("fsspec", "fsspec"),
    "blockcache": ("fsspec", "fsspec"),
    "reference": ("fsspec", "fsspec"),
}


@attrs.frozen
class Source:
    """A source, taken apart: a path on this machine, or an address for fsspec."""

    text: str
    """What the user wrote."""
    scheme: str = ""
    """In lower case; empty for a plain path."""

    @property
    def is_local(self) -> bool:
        """Whether it is a file of this machine."""
        return self.scheme in ("", "file", "local")

    @property
    def path(self) -> Path:
        """The local path.

        Raises
        ------
        SourceNotFoundError
            The address is none of a file on this machine.
        """
        if not self.scheme:
            return Path(self.text)
        rest = self._below_the_host()
        if sys.platform == "win32":
            from urllib.request import url2pathname  # brings ssl and the whole HTTP client with it

            return Path(url2pathname(rest))
        return Path(unquote(rest))

    def _below_the_host(self) -> str:
        _, separator, rest = self.text.partition("://")
        host, slash, tail = rest.partition("/")
        what_to_write = f"write {self.scheme}:///the/path with three slashes, or the path alone"
        if not separator:
            raise SourceNotFoundError(f"{self.text}: is not the address of a file; {what_to_write}")
        # file://localhost/x and file:///x are the same; fsspec takes local://x for a path that is not absolute.
        if host.lower() == "localhost":
            return slash + tail
        is_drive = sys.platform == "win32" and host[1:2] == ":"
        if host and self.scheme == "file" and not is_drive:
            raise SourceNotFoundError(
                f"{self.text}: names a file of the machine {host!r}, not of this; {what_to_write}"
            )
        return rest


def parse_source(text: str) -> Source:
    """Find the scheme of a source; chained addresses (``simplecache::https://…``) have that of their first part."""
    match = _SCHEME.match(text)
    return Source(text, match[1].lower() if match else "")


_installed: set[str] = set()


def _is_installed(module: str) -> bool:
    """Whether a module is there; what was found once is not looked for again, which takes as long as opening a file."""
    if module not in _installed and find_spec(module) is not None:
        _installed.add(module)
    return module in _installed


def availability(text: str | None) -> Availability:
    """Whether a source can be read here, and what is missing if it cannot."""
    if not _is_installed("pyfive"):
        return Availability.no("pyfive is not installed", "pip install pyfive")
    if text is None:
        return Availability.yes("reads local files and what fsspec reaches")
    source = parse_source(text)
    if source.is_local:
        return Availability.yes("reads local files")
    if source.scheme == "hdf5":
        return Availability.no("hdf5:// names an HSDS server's domain, and this backend reads files")
    return _remote_availability(source.scheme)


def _remote_availability(scheme: str) -> Availability:
    if find_spec("fsspec") is None:
        return Availability.no(f"{scheme}:// needs fsspec", "pip install 'livn-pyfive[remote]'")
    if IN_BROWSER and scheme in ("http", "https"):
        return Availability.yes(f"reads {scheme}:// as the browser does")
    needed = _NEEDS.get(scheme)
    if needed is None:
        return _ask_fsspec(scheme)
    module, distribution = needed
    if find_spec(module) is None:
        return Availability.no(f"{scheme}:// needs {module}", f"pip install '{distribution}'")
    return Availability.yes(f"reads {scheme}:// through fsspec")


def _ask_fsspec(scheme: str) -> Availability:
    """A scheme that is not in the table: only then is fsspec's own registry worth its import."""
    from fsspec.registry import get_filesystem_class

    try:
        get_filesystem_class(scheme)
    except ValueError:
        return Availability.no(f"neither pyfive nor fsspec knows {scheme}://")
    except ImportError as error:
        return Availability.no(f"{scheme}:// needs something that is missing: {error}")
    return Availability.yes(f"reads {scheme}:// through fsspec")
