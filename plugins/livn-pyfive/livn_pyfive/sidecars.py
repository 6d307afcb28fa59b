"""The JSON files beside a system that lies somewhere else.

For a system in a local directory this backend has none of its own, and the core reads the directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from livn_core.errors import BackendError, InvalidArgumentError, LivnError, SourceNotFoundError
from livn_pyfive.remote import filesystem, mapped
from livn_pyfive.sources import Source

# What a system may hold, where a server cannot be asked for a list.
WELL_KNOWN = ("graph.json", "mea.json", "model.json")
_MAX_SIDECAR = 1 << 28


def read_sidecar(source: Source, name: str, storage_options: Mapping[str, Any]) -> bytes:
    """Read one JSON file of a system.

    Raises
    ------
    InvalidArgumentError
        The name leads out of the system.
    SourceNotFoundError
        There is no such file.
    """
    _check_name(name)
    if source.is_local:
        return _read_local(source, name)
    address = f"{source.text.rstrip('/')}/{name}"
    with mapped(address):
        fs, path = filesystem(address, storage_options)
        # One byte more than is allowed shows that there is too much.
        data = bytes(fs.cat_file(path))
    if len(data) > _MAX_SIDECAR:
        raise BackendError(f"{address}: {len(data)} bytes are too many for a JSON file")
    return data


def list_sidecars(source: Source, storage_options: Mapping[str, Any]) -> list[str]:
    """Names of a system's JSON files, alphabetical; only the well-known ones where the server lists nothing."""
    if source.is_local:
        return sorted(one.relative_to(source.path).as_posix() for one in source.path.rglob("*.json"))
    with mapped(source.text):
        fs, root = filesystem(source.text.rstrip("/"), storage_options)
        return _listed(fs, root) or [name for name in WELL_KNOWN if fs.exists(f"{root}/{name}")]


def _listed(fs: Any, root: str) -> list[str]:
    try:
        found = fs.find(root, maxdepth=3)
    except LivnError:
        raise
    except Exception:  # a server without listings fails in a different way with every protocol
        return []
    prefix = root.rstrip("/") + "/"
    return sorted(path[len(prefix) :] for path in found if path.startswith(prefix) and path.endswith(".json"))


def _read_local(source: Source, name: str) -> bytes:
    try:
        return (source.path / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceNotFoundError(f"{source.path / name}: there is no such file") from error


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise InvalidArgumentError(f"{name!r} is not the name of a file inside a system")
