"""One import of a domain at a time, wherever the imports run, and whatever becomes of them.

Who imports into a domain holds the name DOMAIN.importing, under which the new content grows: HSDS makes a name once.
An import that is killed leaves it behind, and the next one takes it over, content and all. Whether its holder still
runs shows in two ways. On one machine a locked file says so at once; the system gives it back however a process ends.
Anywhere else the time of the name's last change does: a holder changes it every two seconds, and whoever sees it
stand still five times as long takes over. A holder that was only asleep notices that before it does anything final.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from h5json.objid import createObjId  # type: ignore[import-untyped]
from livn_h5pyd.config import HsdsConfig

from livn_core.errors import BackendError, LivnError
from livn_ui.importing.administration import Administration
from livn_ui.importing.progress import WAITING, Watch

fcntl: Any
try:
    import fcntl
except ImportError:  # not a POSIX system: imports there see each other by the time of the last change only
    fcntl = None

BEAT = 2.0
"""Seconds between two changes of the name's time."""

MISSED = 5
"""So many beats that do not come mean that the holder has gone."""


class ClaimLostError(BackendError):
    """Another import took this one over, or somebody deleted what it was writing."""


class Claim:
    """The right to import into a domain; made by :meth:`take`, given back by :meth:`release`.

    Parameters
    ----------
    config
        The server, with the login of a user who may import.
    name
        The temporary name.
    root
        Id of its content.
    fresh
        Whether there is no content yet.
    """

    def __init__(self, config: HsdsConfig, name: str, root: str, lock: _LocalLock, *, fresh: bool) -> None:
        self.name = name
        self.root = root
        self.fresh = fresh
        self.over = False
        """Whether the name has gone for good; otherwise the next import finds it."""
        self._lock = lock
        self._administration = Administration(config)
        self._last: float | None = None
        self._lost = False
        self._ended = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._thread = threading.Thread(target=self._beat, name=f"claim of {name}", daemon=True)

    @classmethod
    def take(cls, config: HsdsConfig, name: str, watch: Watch) -> Self:
        """Get hold of a name; wait while another import has it.

        Raises
        ------
        BackendError
            The server does not let this user make it, or fails.
        """
        with Administration(config) as administration:
            while True:
                watch.check()
                # Asked first, because a name that is there already costs HSDS a root that nobody will use.
                left = _left_behind(administration, name, watch)
                if left is not None:
                    return cls(config, name, *left, fresh=False)._hold()
                root = str(createObjId("groups"))
                lock = _LocalLock.made(root)
                try:
                    made = administration.create(name, root)
                except BaseException:
                    lock.release(remove=False)
                    raise
                if made:
                    return cls(config, name, root, lock, fresh=True)._hold()
                lock.release(remove=True)

    def _hold(self) -> Self:
        try:
            self.check()
        except BaseException:
            self.release()
            raise
        self._thread.start()
        return self

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with contextlib.suppress(LivnError):  # whatever it is, who works with the name will meet it too
                self.check()

    def check(self, change: Callable[[], object] = bool) -> None:
        """Show that the import runs; raise a ``ClaimLostError`` if the name is no longer ours.

        Parameters
        ----------
        change
            Called if it is: something that changes the time of the name's last change.
        """
        with self._one_at_a_time:
            now = self._administration.state(self.name)
            others = now is None or now[0] != self.root or (self._last is not None and now[1] != self._last)
            self._lost = self._lost or others
            if self._lost:
                raise ClaimLostError(
                    f"{self.name}: another import took over while this one stood still, or it was deleted; import again"
                )
            self._last = None  # until it is known: a request may have been obeyed though its answer was lost
            change()
            self._last = self._administration.touch(self.name)

    def rest(self) -> None:
        """No longer show that the import runs: the name is about to go."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def release(self) -> None:
        """Let the next import have the name."""
        self.rest()
        self._administration.close()
        self._lock.release(remove=self.over)


def _left_behind(administration: Administration, name: str, watch: Watch) -> tuple[str, _LocalLock] | None:
    """Root and lock of a name whose holder has gone; ``None`` when there is no such name, or no longer."""
    seen, missed = administration.state(name), 0
    while seen is not None:
        lock = _LocalLock.found(seen[0])
        if lock.held:
            return seen[0], lock
        watch.begin(WAITING)
        if not lock.others and missed >= MISSED:
            return seen[0], _LocalLock.made(seen[0])
        watch.pause(BEAT)
        now = administration.state(name)
        missed = missed + 1 if now == seen else 0
        seen = now
    return None


class _LocalLock:
    """A locked file that says to other processes of this user and machine that an import runs."""

    def __init__(self, path: Path | None, handle: int | None, *, others: bool = False) -> None:
        self._path = path
        self._handle = handle
        self.others = others
        """Whether another process holds it."""

    @property
    def held(self) -> bool:
        """Whether this object holds it."""
        return self._handle is not None

    @classmethod
    def made(cls, root: str) -> _LocalLock:
        """Lock the file of a root id, which is made; hold nothing where that cannot be."""
        return cls._open(root, os.O_CREAT)

    @classmethod
    def found(cls, root: str) -> _LocalLock:
        """Lock the file of a root id if it is there and nobody else has it."""
        return cls._open(root, 0)

    @classmethod
    def _open(cls, root: str, flags: int) -> _LocalLock:
        directory = _lock_directory()
        if directory is None:
            return cls(None, None)
        path = directory / f"{root}.lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | flags, 0o600)
        except OSError:
            return cls(None, None)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return cls(None, None, others=True)
        return cls(path, handle)

    def release(self, *, remove: bool) -> None:
        """Give the lock back, and remove the file if nobody will look for it; doing so twice is harmless."""
        if self._handle is not None and self._path is not None:
            if remove:
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = None


def _lock_directory() -> Path | None:
    """A directory of this user alone, in which a name says nothing that others may not know."""
    if fcntl is None:
        return None
    directory = Path(tempfile.gettempdir()) / f"livn-import-{os.getuid()}"
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
    except OSError:
        return None
    private = found.st_uid == os.getuid() and not found.st_mode & 0o022
    return directory if private and directory.is_dir() and not directory.is_symlink() else None
