"""The JSON files beside a system that lies somewhere else.

For a system in a local directory this backend has none of its own, and the core reads the directory.
A web server gives no listing that programs can rely on, but livn's own file server does: what is served at
``/files/SYSTEM/`` is listed at ``/systems/SYSTEM``, as ``{"files": ["graph.json", …]}`` among other things.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from livn_core.errors import BackendError, InvalidArgumentError, LivnError, SourceNotFoundError
from livn_core.locations import join, shown
from livn_pyfive.remote import filesystem, mapped, read_bounded
from livn_pyfive.sources import Source

# What a system may hold, where a server cannot be asked for a list.
WELL_KNOWN = ("graph.json", "mea.json", "model.json")
_MAX_SIDECAR = 1 << 28
_MAX_MANIFEST = 1 << 26
_SERVED_SYSTEM = re.compile(r"(https?://[^?#]*)/files/([^/?#]+)/*([?#].*)?", re.IGNORECASE | re.DOTALL)


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
    address = join(source.text, name)
    with mapped(address):
        fs, path = filesystem(address, storage_options)
        data = read_bounded(fs, path, _MAX_SIDECAR)
    if data is None:
        raise BackendError(f"{shown(address)}: more than {_MAX_SIDECAR} bytes are too many for a JSON file")
    return data


def list_sidecars(source: Source, storage_options: Mapping[str, Any]) -> list[str]:
    """Names of a system's JSON files that are not hidden, sorted; where a server lists nothing, the well-known ones."""
    if source.is_local:
        return _visible(one.relative_to(source.path).as_posix() for one in source.path.rglob("*.json"))
    address = source.text.rstrip("/")
    with mapped(address):
        fs, root = filesystem(address, storage_options)
        listed = _in_manifest(fs, address)
        if listed is not None:
            return listed
        # Of an address with a query nothing is listed: fsspec puts what a page links to behind the query.
        found = [] if "?" in address else _listed(fs, root)
        return found or [name for name in WELL_KNOWN if _exists(join(address, name), storage_options)]


def _exists(address: str, storage_options: Mapping[str, Any]) -> bool:
    fs, path = filesystem(address, storage_options)
    return bool(fs.exists(path))


def _in_manifest(fs: Any, address: str) -> list[str] | None:
    """What the manifest of a system says; ``None`` where there is none."""
    served = _SERVED_SYSTEM.fullmatch(address)
    if served is None:
        return None
    place = f"{served[1]}/systems/{served[2]}{served[3] or ''}"
    try:
        manifest = json.loads(_read_manifest(fs, place))
    except LivnError:
        raise
    except Exception:  # some other server, with files of its own
        return None
    names = manifest.get("files") if isinstance(manifest, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return sorted(names)


def _read_manifest(fs: Any, place: str) -> bytes:
    data = read_bounded(fs, place, _MAX_MANIFEST)
    if data is None:
        raise BackendError(f"{shown(place)}: more than {_MAX_MANIFEST} bytes are too many for a list of files")
    return data


def _listed(fs: Any, root: str) -> list[str]:
    try:
        found = fs.find(root, maxdepth=3)
    except LivnError:
        raise
    except Exception:  # a server without listings fails in a different way with every protocol
        return []
    prefix = root.rstrip("/") + "/"
    return _visible(path[len(prefix) :] for path in found if path.startswith(prefix) and path.endswith(".json"))


def _visible(names: Iterable[str]) -> list[str]:
    """Leave out what is hidden, as the core does for a local directory."""
    return sorted(name for name in names if not any(part.startswith(".") for part in name.split("/")))


def _read_local(source: Source, name: str) -> bytes:
    try:
        return (source.path / name).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceNotFoundError(f"{source.path / name}: there is no such file") from error


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if not name or path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise InvalidArgumentError(f"{name!r} is not the name of a file inside a system")
