"""Files of a system at an address: which there are, with size and hash where the source says so, and getting them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from livn_core.errors import (
    BackendConnectionError,
    InvalidArgumentError,
    LivnError,
    MissingPackageError,
    SystemNotFoundError,
)
from livn_core.locations import check_inside, redacted, shown

CHUNK = 4 * 2**20
"""Bytes that are asked for at a time, and after which a bar moves on."""

ATTEMPTS = 4
PAUSE = 0.5
"""Seconds before the second attempt; twice as long before each further one."""

PATIENCE = 30.0
"""Seconds without an answer, or without a byte more of one, after which an attempt has failed."""

Advance = Callable[[int], None]
_COMPANION = re.compile(r"(?P<base>https?://.*)/(?:systems|files)/(?P<name>[^/?#]+)/?")


@attrs.frozen
class RemoteFile:
    """One file of a system."""

    name: str
    """Below the system, with forward slashes."""
    address: str
    size: int | None
    sha256: str | None
    mark: str | None
    """What changes with the content: a hash, or an ETag."""


@attrs.frozen(eq=False)
class Remote:
    """The files of a system at an address."""

    filesystem: Any
    files: tuple[RemoteFile, ...]
    place: str
    """The address as messages show it."""

    @classmethod
    def find(cls, uri: str) -> Remote:
        """List the files at an address, by its companion server's manifest where it has one.

        Raises
        ------
        SystemNotFoundError
            There is nothing.
        BackendConnectionError
            It could not be listed.
        InvalidArgumentError
            It lists a file that would lie outside of the system.
        """
        filesystem, root = _filesystem(uri)
        match = _COMPANION.fullmatch(uri)
        files = _from_manifest(filesystem, match, shown(uri)) if match else None
        if files is None:
            files = _listed(filesystem, root, uri)
        for one in files:
            check_inside(one.name)
        return cls(filesystem, files, shown(uri))

    def get(self, file: RemoteFile, local: Path, advance: Advance) -> None:
        """Get one file, from where an interrupted attempt left off, and check it.

        Raises
        ------
        BackendConnectionError
            It could not be read, or it is not as large, or not the same, as the source announced.
        """
        local.parent.mkdir(parents=True, exist_ok=True)
        opening: dict[str, Any] = {"block_size": CHUNK, "cache_type": "readahead"}
        for attempt in range(ATTEMPTS):
            try:
                self._continue(file, local, advance, opening)
                break
            except LivnError:
                raise
            except Exception as error:
                if isinstance(error, ValueError):  # fsspec's word for a server that gives no ranges
                    opening = {"block_size": 0}
                if attempt + 1 == ATTEMPTS or isinstance(error, FileNotFoundError | PermissionError):
                    problem = redacted(f"{file.name} could not be read: {type(error).__name__}: {error}")
                    raise BackendConnectionError(f"{self.place}: {problem}; what has arrived is kept") from error
                time.sleep(PAUSE * 2**attempt)
        self._check(file, local)

    def _continue(self, file: RemoteFile, local: Path, advance: Advance, opening: Mapping[str, Any]) -> None:
        there = local.stat().st_size if local.exists() else 0
        with self.filesystem.open(file.address, "rb", **opening) as source:
            if there and not _skip(source, there):
                advance(-there)
                there = 0
            with local.open("r+b" if there else "wb") as target:
                target.seek(there)
                while piece := source.read(CHUNK):
                    target.write(piece)
                    advance(len(piece))
                    if file.size is not None and target.tell() > file.size:
                        break  # it might never end
        if file.size is not None and local.stat().st_size < file.size:
            raise EOFError(f"it ends after {local.stat().st_size} of {file.size} bytes")

    def _check(self, file: RemoteFile, local: Path) -> None:
        arrived = local.stat().st_size
        if file.size is not None and arrived != file.size:
            local.unlink()
            raise BackendConnectionError(
                f"{self.place}: {file.name} has {file.size} bytes, but {arrived} arrived; try again"
            )
        if file.sha256 is not None and _hash(local) != file.sha256:
            local.unlink()
            raise BackendConnectionError(
                f"{self.place}: {file.name} is not what the source says that it is: its SHA-256 differs; try again"
            )


def _skip(source: Any, there: int) -> bool:
    """Go on where an earlier attempt ended; no, where the source can only be read from its beginning."""
    try:
        source.seek(there)
    except (ValueError, OSError, NotImplementedError):
        return False
    return True


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_manifest(filesystem: Any, match: re.Match[str], place: str) -> tuple[RemoteFile, ...] | None:
    """The files by the manifest of our own file server; None where there is none."""
    base, name = match["base"], match["name"]
    try:
        found = json.loads(filesystem.cat_file(f"{base}/systems/{name}"))
        rows = [*found["sidecars"], *found["h5"]]
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            return None
        problem = redacted(f"{type(error).__name__}: {error}")
        raise BackendConnectionError(f"{place}: could not be listed: {problem}") from error
    except Exception:  # whatever else is there, it is no companion server
        return None
    if not found.get("serve_h5"):
        raise SystemNotFoundError(
            f"{place}: this server gives JSON files only; start it with serve_h5=true, or read through HSDS"
        )
    return tuple(
        RemoteFile(one["name"], f"{base}/files/{name}/{quote(one['name'])}", one["size"], one["sha256"], one["sha256"])
        for one in rows
    )


def _listed(filesystem: Any, root: str, uri: str) -> tuple[RemoteFile, ...]:
    try:
        found: dict[str, dict[str, Any]] = filesystem.find(root, detail=True)
        if set(found) <= {root}:  # fsspec's answer also where there is no web server at all: this asks it again
            filesystem.info(root)
    except Exception as error:
        # Of a web server that cannot be reached fsspec says that there is no such file, and the cause says why.
        reason = error.__cause__ or error
        if not isinstance(reason, FileNotFoundError):
            problem = redacted(f"{type(reason).__name__}: {reason}")
            raise BackendConnectionError(f"{shown(uri)}: could not be listed: {problem}") from error
        found = {}
    if set(found) <= {root}:
        raise SystemNotFoundError(f"{shown(uri)}: there is no such directory, or nothing in it")
    files = []
    for address, details in found.items():
        name = os.path.relpath(address, root).replace(os.sep, "/")
        known = details if details.get("size") is not None else {**details, **_info(filesystem, address)}
        files.append(RemoteFile(name, address, known.get("size"), _sha256(known), _mark(known)))
    return tuple(files)


def _info(filesystem: Any, address: str) -> Mapping[str, Any]:
    """Size and ETag of one file, where a listing, such as a web page, has none; getting it says what is wrong."""
    try:
        found: Mapping[str, Any] = filesystem.info(address)
    except Exception:  # of any of fsspec's file systems
        return {}
    return found


def _sha256(details: Mapping[str, Any]) -> str | None:
    """The hash, where a listing has it: Hugging Face's of large files."""
    lfs = details.get("lfs")
    return lfs.get("sha256") if isinstance(lfs, Mapping) else None


def _mark(details: Mapping[str, Any]) -> str | None:
    for name in ("blob_id", "ETag", "etag", "mtime", "LastModified"):
        if details.get(name) is not None:
            return str(details[name])
    return _sha256(details)


def _filesystem(uri: str) -> tuple[Any, str]:
    try:
        import fsspec

        filesystem, root = fsspec.core.url_to_fs(uri, **_with_patience(uri))
    except ImportError as error:
        # fsspec's own errors are sentences; Python's name the module.
        problem = f"this needs {error.name}" if error.name else str(error)
        raise MissingPackageError(
            f'{shown(uri)}: {problem}; pip install "livn-core[fetch]" for hf:// and https://, s3fs for s3://'
        ) from error
    except ValueError as error:
        raise InvalidArgumentError(f"{shown(uri)}: {redacted(str(error))}") from error
    return filesystem, root


def _with_patience(uri: str) -> dict[str, Any]:
    """A time-out for web servers: aiohttp's own is five minutes for a whole answer."""
    if not uri.lower().startswith(("http://", "https://")):
        return {}
    import aiohttp

    limit = aiohttp.ClientTimeout(total=None, sock_connect=PATIENCE, sock_read=PATIENCE)
    return {"client_kwargs": {"timeout": limit}}
