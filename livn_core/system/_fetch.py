"""Copying a system to this machine, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from livn_core.errors import (
    BackendConnectionError,
    FormatError,
    InvalidArgumentError,
    LivnError,
    MissingPackageError,
    SystemNotFoundError,
)
from livn_core.locations import is_address, last_part, redacted, shown
from livn_core.parallel import Ranks
from livn_core.system._predefined import holds_system
from livn_core.system._sidecars import parse_json

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""How every HDF5 file begins that has no user block."""


def fetch(
    source: str | os.PathLike[str],
    directory: str | os.PathLike[str] = ".",
    name: str | None = None,
    force: bool = False,
    comm: Any = None,
) -> str:
    """Copy a system to ``directory/systems/graphs/name``.

    The copy appears under its name when it is complete and every file has the size that the source announced, so
    what an interrupted one leaves behind is never taken for a system.

    Parameters
    ----------
    source
        A local directory, or an address that fsspec understands: ``hf://…``, ``s3://…``, ``https://…``.
    directory
        Where ``systems/graphs/`` is, by default the working directory.
    name
        The copy's name; by default that of the source.
    force
        Copy again where a copy is there already, and replace it when the new one is complete.
    comm
        A communicator: rank 0 copies, the others wait for it, and an error there is raised on all.

    Returns
    -------
    str
        The copy's directory.

    Raises
    ------
    SystemNotFoundError
        There is no system at ``source``.
    BackendConnectionError
        It could not be read, or not completely.
    InvalidArgumentError
        Something else is in the way of the copy, or nothing says what to call it.
    ImportError
        fsspec, or what it needs for such an address, is not installed.
    """
    uri = os.fspath(source)
    target = Path(directory) / "systems" / "graphs" / _checked_name(name or last_part(uri), uri)
    ranks = Ranks.of(comm)

    def copy() -> None:
        if force or not holds_system(target):
            _copy_whole(uri, target, force)

    if ranks is None:
        copy()
    else:
        ranks.from_first(copy)
    return str(target)


def _copy_whole(uri: str, target: Path, force: bool) -> None:
    if target.exists() and not force:
        raise InvalidArgumentError(f"{target}: is there already, but is no system; give another name=, or force=True")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        (_copy_remote if is_address(uri) else _copy_local)(uri, fresh)
        if not holds_system(fresh):
            raise SystemNotFoundError(f"{shown(uri)}: is no system: it has neither graph.h5 nor cells.h5")
        _check_content(fresh, shown(uri))
        if target.is_dir():
            target.rename(Path(scratch) / "replaced")
        fresh.rename(target)


def _check_content(fresh: Path, place: str) -> None:
    """Refuse what is not what its name says: servers answer many an address with a page of HTML."""
    for path in fresh.rglob("*"):
        name = path.relative_to(fresh).as_posix()
        if path.suffix == ".h5":
            with path.open("rb") as file:
                if file.read(len(SIGNATURE)) != SIGNATURE:
                    raise FormatError(place, name, "is no HDF5 file, so nothing was copied; is the address right?")
        elif path.suffix == ".json":
            parse_json(path.read_bytes(), f"{place}/{name}")


def _copy_local(uri: str, fresh: Path) -> None:
    if not Path(uri).is_dir():
        raise SystemNotFoundError(f"{uri}: there is no such directory")
    if fresh.resolve().is_relative_to(Path(uri).resolve()):
        raise InvalidArgumentError(f"{uri}: would be copied into itself; give another directory=")
    shutil.copytree(uri, fresh, ignore=_no_files)


def _no_files(folder: str, names: list[str]) -> list[str]:
    """What a copy leaves out: pipes and the like, which would be waited for."""
    return [name for name in names if not (Path(folder) / name).is_dir() and not (Path(folder) / name).is_file()]


def _copy_remote(uri: str, fresh: Path) -> None:
    filesystem, root = _filesystem(uri)
    fresh.mkdir()
    for remote, details in _listing(filesystem, root, uri).items():
        local = fresh / os.path.relpath(remote, root)
        if not local.resolve().is_relative_to(fresh.resolve()):
            raise InvalidArgumentError(f"{shown(uri)}: lists {shown(remote)!r}, which lies outside of it")
        local.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(filesystem, remote, local, details.get("size"), shown(uri))


def _copy_file(filesystem: Any, remote: str, local: Path, size: int | None, place: str) -> None:
    try:
        filesystem.get_file(remote, str(local))
    except Exception as error:
        problem = redacted(f"{remote} could not be read: {type(error).__name__}: {error}")
        raise BackendConnectionError(f"{place}: {problem}") from error
    if size is not None and local.stat().st_size != size:
        raise BackendConnectionError(
            f"{place}: {shown(remote)} has {size} bytes, but {local.stat().st_size} arrived; try again"
        )


def _filesystem(uri: str) -> tuple[Any, str]:
    try:
        import fsspec

        filesystem, root = fsspec.core.url_to_fs(uri)
    except ImportError as error:
        raise MissingPackageError(
            f"{shown(uri)}: copying from there needs {error.name or error} -> pip install fsspec huggingface_hub"
        ) from error
    except ValueError as error:
        raise InvalidArgumentError(f"{shown(uri)}: {redacted(str(error))}") from error
    return filesystem, root


def _listing(filesystem: Any, root: str, uri: str) -> dict[str, dict[str, Any]]:
    try:
        found: dict[str, dict[str, Any]] = filesystem.find(root, detail=True)
    except FileNotFoundError:
        found = {}
    except LivnError:
        raise
    except Exception as error:
        problem = redacted(f"{type(error).__name__}: {error}")
        raise BackendConnectionError(f"{shown(uri)}: could not be listed: {problem}") from error
    if not found:
        raise SystemNotFoundError(f"{shown(uri)}: there is no such directory")
    return found


def _checked_name(name: str, uri: str) -> str:
    if not name or name in {".", ".."} or set(name) & set("/\\:\0"):
        raise InvalidArgumentError(f"{shown(uri)!r} does not say what to call the copy ({name!r}); give name=")
    return name
