"""Write beside, then rename: what stands at the final path is whole, or what was there before."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livn_core.errors import InvalidArgumentError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """Make a directory beside ``target``, on the same file system, that is gone afterwards whatever happens.

    Raises
    ------
    InvalidArgumentError
        Nothing can be made there.
    OSError
        The disk became full, or a quota was used up.
    """
    beside = target.parent / f".{target.name}.{uuid.uuid4().hex[:12]}.writing"
    make_room(beside, target)
    try:
        yield beside
    except Exception as error:
        if full := _full_disk(error):
            problem = f"{os.strerror(full)}; nothing was written: make room, or choose another path"
            raise OSError(full, problem, str(target)) from error
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _full_disk(error: BaseException | None) -> int | None:
    """The number of the error that says so; libraries meet more of them while they close what they could not write."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return error.errno
        error = error.__context__
    return None


def make_room(directory: Path, target: Path) -> None:
    """Make a directory and those above it, for ``target`` to be written in.

    Raises
    ------
    InvalidArgumentError
        Something is in the way, or nothing may be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))
    except OSError as error:
        there = next(one for one in (directory, *directory.parents) if os.path.lexists(one))
        problem = f"in {there}: {error.strerror}" if there.is_dir() else f"{there} is no directory"
        raise InvalidArgumentError(f"{target} cannot be made ({problem}); choose another path") from error


@contextmanager
def new_file(target: Path) -> Iterator[Path]:
    """Give a path to write a file at, which takes the place of ``target`` if all goes well.

    Raises
    ------
    InvalidArgumentError
        Nothing can be made there, or there is a directory.
    """
    if target.is_dir():
        raise InvalidArgumentError(f"{target}: is a directory, and cannot be replaced by a file; choose another path")
    with workspace(target) as beside:
        yield beside / target.name
        (beside / target.name).replace(target)


def check_free(target: str | os.PathLike[str], overwrite: bool | None) -> Path:
    """Refuse to write over something, unless that was asked for; None: it cannot be asked for."""
    if not os.fspath(target):
        raise InvalidArgumentError("the path to write to is empty; name one")
    path = Path(target)
    if os.path.lexists(path) and not overwrite:
        way = "" if overwrite is None else ", or pass overwrite=True"
        what = "exists already" if path.exists() else "is a symbolic link that leads nowhere"
        raise InvalidArgumentError(f"{path} {what}; choose another path{way}")
    return path


def check_may_be_file(target: str | os.PathLike[str]) -> None:
    """Refuse what is written as a directory, for one file; a ``Path`` has no slash at its end any more."""
    if os.fspath(target).endswith(("/", os.sep)):
        raise InvalidArgumentError(
            f"{target}: is written as a directory, but one file is to be made; leave out the slash at its end, or name "
            "a file in it"
        )


def place(beside: Path, target: Path) -> None:
    """Put what was written in a workspace in its place, where nothing was and nothing may be by now.

    Raises
    ------
    InvalidArgumentError
        Something was made there meanwhile.
    """
    taken = os.path.lexists(target)
    if not taken and beside.is_file():
        try:
            target.hardlink_to(beside)  # unlike a rename, it never takes a name from something else
        except FileExistsError:
            taken = True
        except OSError:  # there are file systems without links
            beside.rename(target)
    elif not taken:
        beside.rename(target)
    if taken:
        raise InvalidArgumentError(f"{target} was made meanwhile, and is left as it is; choose another path")


def publish(beside: Path, target: Path) -> None:
    """Put a directory that was written in a workspace in its place; files that are there are replaced one by one."""
    if not target.exists():
        target.unlink(missing_ok=True)  # a link that leads nowhere
        beside.rename(target)
        return
    files = sorted(one for one in beside.rglob("*") if one.is_file())
    for file in files:
        final = target / file.relative_to(beside)
        if final.is_dir() or any(parent.is_file() for parent in final.parents):
            raise InvalidArgumentError(f"{final}: cannot be replaced by a file: something else is in its place")
    for file in files:
        final = target / file.relative_to(beside)
        final.parent.mkdir(parents=True, exist_ok=True)
        file.replace(final)


def swap(beside: Path, target: Path) -> None:
    """Put a finished directory in the place of another, which is moved aside and goes only when the new one stands.

    Raises
    ------
    InvalidArgumentError
        There is something else than a directory.
    OSError
        It cannot be renamed; then what was there is there again.
    """
    if target.exists() and not target.is_dir():
        raise InvalidArgumentError(f"{target}: is no directory, and cannot be replaced by one; choose another path")
    if not target.exists():
        beside.rename(target)
        return
    old = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.replaced")
    target.rename(old)
    try:
        beside.rename(target)
    except BaseException:
        old.rename(target)
        raise
    if old.is_symlink():
        old.unlink()
    else:
        shutil.rmtree(old, ignore_errors=True)
