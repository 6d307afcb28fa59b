"""Where systems and files lie: joining names to a path or an address, and finding out which of the two it is."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePosixPath

from livn_core._showing import QUERY, is_address, redacted, shown
from livn_core.errors import InvalidArgumentError, InvalidTypeError

__all__ = [
    "cache_root",
    "check_inside",
    "checked_uri",
    "has_hdf5_suffix",
    "is_address",
    "is_one_file",
    "join",
    "last_part",
    "redacted",
    "shown",
]

SUFFIXES = frozenset({".h5", ".hdf5", ".he5", ".nh5"})
"""What an HDF5 file that cannot be looked at, such as one on a server, is told by."""


def checked_uri(uri: object) -> str:
    """What the user named a system by, as a str.

    Raises
    ------
    InvalidTypeError, InvalidArgumentError
        It is no path or address.
    """
    if not isinstance(uri, str | os.PathLike):
        raise InvalidTypeError(
            f"a system is named by its path or address, not by {type(uri).__name__}; for cells without files, "
            "use ParallelSystem, and for either, resolve()"
        )
    path = os.fspath(uri)
    if not isinstance(path, str) or not path:
        raise InvalidArgumentError(f"{path!r} is no path or address of a system")
    return path


def join(uri: str, name: str) -> str:
    """The place of ``name`` inside the system at ``uri``; an address keeps its query string."""
    if not is_address(uri):
        return os.path.join(uri, *name.split("/"))  # noqa: PTH118 - "./x" must stay as the user wrote it
    query = QUERY.search(uri)
    tail = query.group() if query else ""
    return f"{uri[: len(uri) - len(tail)].rstrip('/')}/{name}{tail}"


def last_part(uri: str) -> str:
    """The name of the system at ``uri``: its last path component, whatever slashes follow it."""
    if is_address(uri):
        return QUERY.sub("", uri).rstrip("/").rsplit("/", 1)[-1]
    return os.path.basename(os.path.abspath(uri))  # noqa: PTH100, PTH119 - pathlib has no lexical abspath


def check_inside(name: str) -> str:
    """Refuse a name that would lead out of the system's directory.

    Parameters
    ----------
    name
        Path relative to the system, with forward slashes.

    Returns
    -------
    str
        The same name, normalised: ``"selection//e1.json"`` becomes ``"selection/e1.json"``.

    Raises
    ------
    InvalidArgumentError
        The name is empty or absolute, or has ``..``, a backslash, a drive or a NUL in it.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or re.search(r"[\\\0]|^[A-Za-z]:", name):
        raise InvalidArgumentError(
            f"{name!r} is no name of a file inside a system; "
            "give a relative path with forward slashes, such as 'selection/e1.json'"
        )
    return "/".join(parts)


CACHE_VARIABLE = {"win32": "LOCALAPPDATA", "darwin": ""}.get(sys.platform, "XDG_CACHE_HOME")
"""What names the folder of caches; empty where nothing does."""


def cache_root() -> Path:
    """Where programs keep what they can make again for this user."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        root = Path.home() / "Library" / "Caches"
    else:
        named = Path(os.environ.get(CACHE_VARIABLE, ""))
        # The XDG specification has relative paths ignored.
        root = named if named.is_absolute() else Path.home() / ".cache"
    return Path(root) / "livn"


def is_one_file(place: str) -> bool:
    """Whether a place is one HDF5 file instead of a system: a local file of any name, else by its suffix."""
    if is_address(place):
        return has_hdf5_suffix(re.split("[?#]", place, maxsplit=1)[0])
    return Path(place).is_file() or (has_hdf5_suffix(place) and not Path(place).is_dir())


def has_hdf5_suffix(name: str) -> bool:
    """Whether a name ends as those of HDF5 files do."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES
