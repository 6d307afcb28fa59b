"""Copying a system to this machine, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from livn_core.errors import FormatError, InvalidArgumentError, SystemNotFoundError
from livn_core.locations import is_address, last_part, shown
from livn_core.parallel import Ranks
from livn_core.system._lock import one_at_a_time
from livn_core.system._places import holds_system
from livn_core.system._remote import Remote
from livn_core.system._sidecars import parse_json
from livn_core.writing._atomic import make_room, swap

Progress: TypeAlias = "Callable[[int, int | None], None]"

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""How every HDF5 file begins that has no user block."""


def fetch(
    source: str | os.PathLike[str],
    directory: str | os.PathLike[str] = ".",
    name: str | None = None,
    force: bool = False,
    comm: Any = None,
    *,
    progress: Progress | None = None,
) -> str:
    """Copy a system to ``directory/systems/graphs/name``.

    The copy appears under its name when it is complete and every file has the size, and the SHA-256, that the source
    announced, so what an interrupted one leaves behind is never taken for a system. It is kept, hidden beside the copy,
    and the next attempt continues it if the source has not changed. Of several processes, one copies and the others
    wait for it.

    Parameters
    ----------
    source
        A local directory, or an address that fsspec understands: ``hf://…``, ``s3://…``, ``https://…``; of livn's
        own file server, ``http://HOST:PORT/systems/NAME``.
    directory
        Where ``systems/graphs/`` is, by default the working directory.
    name
        The copy's name; by default that of the source.
    force
        Copy again where a copy is there already, and replace it when the new one is complete.
    comm
        A communicator: rank 0 copies, the others wait for it, and an error there is raised on all.
    progress
        Called with the bytes that have arrived and, where it is known, how many there are; else None.

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
            _copy_whole(uri, target, force, progress)

    if ranks is None:
        copy()
    else:
        ranks.from_first(copy)
    return str(target)


def _copy_whole(uri: str, target: Path, force: bool, progress: Progress | None) -> None:
    make_room(target.parent, target)
    with one_at_a_time(target.parent / f".{target.name}.lock"):
        if not force and holds_system(target):
            return  # another process was faster
        if target.exists() and not force:
            raise InvalidArgumentError(
                f"{target}: is there already, but is no system; give another name=, or force=True"
            )
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
            fresh = Path(scratch) / "fresh"
            if is_address(uri):
                _get_remote(uri, fresh, target.parent / f".{target.name}.partial", progress)
            else:
                _copy_local(uri, fresh)
            if not holds_system(fresh):
                raise SystemNotFoundError(f"{shown(uri)}: is no system: it has neither graph.h5 nor cells.h5")
            _check_content(fresh, shown(uri))
            swap(fresh, target)


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


def _get_remote(uri: str, fresh: Path, partial: Path, progress: Progress | None) -> None:
    """Get a system into ``partial``, which an interrupted attempt leaves for the next one, then move it."""
    remote = Remote.find(uri)
    _keep_what_fits(partial, remote)
    sizes = [one.size for one in remote.files]
    total = sum(one for one in sizes if one is not None) if None not in sizes else None
    files = partial / "files"
    done = sum(one.stat().st_size for one in files.rglob("*") if one.is_file())

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    advance(0)
    for one in remote.files:
        local = files / one.name
        if not (local.exists() and one.size is not None and local.stat().st_size == one.size and one.sha256 is None):
            remote.get(one, local, advance)
    files.rename(fresh)
    shutil.rmtree(partial, ignore_errors=True)


def _keep_what_fits(partial: Path, remote: Remote) -> None:
    """Throw away what an earlier attempt left, unless it was of the very same files."""
    listing = json.dumps([[one.address, one.size, one.mark] for one in remote.files])
    noted = partial / "listing.json"
    if not noted.is_file() or noted.read_text(encoding="utf-8") != listing:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "files").mkdir(parents=True)
        noted.write_text(listing, encoding="utf-8")
    for one in remote.files:
        if one.mark is None:  # nothing tells whether it is still the same
            (partial / "files" / one.name).unlink(missing_ok=True)


def _checked_name(name: str, uri: str) -> str:
    if not name or name in {".", ".."} or set(name) & set("/\\:\0"):
        raise InvalidArgumentError(f"{shown(uri)!r} does not say what to call the copy ({name!r}); give name=")
    return name
