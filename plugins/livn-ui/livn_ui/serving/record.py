"""Which server serves a directory: a small file beside HSDS's storage, as long as the server runs.

The lock of the storage, which the system gives back however a process ends, says whether the file still holds.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Self

import attrs

from livn_ui.hsds.environment import PASSWORDS
from livn_ui.hsds.lock import StoreLock, is_running

_FILE = "server.json"


def store_of(root_dir: Path) -> Path:
    """HSDS's own storage, which may not be the directory of the raw files."""
    return root_dir / ".hsds"


def run_dir_of(root_dir: Path) -> Path:
    """Where a running server keeps its lock, its log, its passwords and its record."""
    return store_of(root_dir) / ".run"


@attrs.frozen
class ServerRecord:
    """A server that runs on this machine, without anything secret."""

    endpoint: str
    """Address of HSDS, as this machine reaches it."""

    files_endpoint: str
    """Address of the companion file server."""

    bucket: str
    pid: int
    """Process id of ``livn ui server``."""

    public: bool
    """Whether imported systems can be read without a password."""

    admin: str
    """The user who may import."""

    password_file: Path
    """Passwords of HSDS's users, beside the record, for the eyes of the user who started the server."""

    def login(self) -> tuple[str, str] | None:
        """Name and password of the admin; ``None`` where this user may not read them.

        A record says to whom passwords are sent. So they must be the same user's as the record: else somebody could
        leave a record that has others send what he may not read.
        """
        try:
            text, owner = _content_and_owner(self.password_file)
            if owner != self.password_file.with_name(_FILE).lstat().st_uid:
                return None
        except (OSError, ValueError):
            return None
        lines = text.splitlines()
        passwords = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
        return (self.admin, passwords[self.admin]) if self.admin in passwords else None

    def write(self, root_dir: Path) -> None:
        """Make the server known."""
        text = json.dumps(attrs.asdict(self, filter=lambda field, _: field.name != "password_file"), indent=1)
        path = run_dir_of(root_dir) / _FILE
        temporary = path.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)

    @classmethod
    def read(cls, root_dir: Path) -> Self | None:
        """The last record that a server left, whether or not it still runs; ``None`` without a readable one."""
        try:
            fields = json.loads((run_dir_of(root_dir) / _FILE).read_text(encoding="utf-8"))
            return cls(**fields, password_file=run_dir_of(root_dir) / PASSWORDS)
        except (OSError, ValueError, TypeError):
            return None


def _content_and_owner(path: Path) -> tuple[str, int]:
    """The text of a file that is no link, and the id of its owner."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # a pipe would wait
    with os.fdopen(os.open(path, flags), encoding="utf-8") as file:
        return file.read(), os.fstat(file.fileno()).st_uid


def remove_record(root_dir: Path) -> None:
    """Take the record away; it may have gone already."""
    (run_dir_of(root_dir) / _FILE).unlink(missing_ok=True)


def running_server(root_dir: str | os.PathLike[str]) -> ServerRecord | None:
    """Find the server that serves a directory on this machine.

    Parameters
    ----------
    root_dir
        The directory that holds the systems.

    Returns
    -------
    ServerRecord or None
        ``None``: no server runs there, or it is not ready yet.
    """
    directory = Path(root_dir).resolve()
    record = ServerRecord.read(directory)
    if record is None or not StoreLock(run_dir_of(directory) / "lock").is_held():
        return None
    return record if is_running(record.pid) else None
