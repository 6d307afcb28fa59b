"""Which server to import into, as whom, and why it cannot write, where that can be known.

The server that was named; else the one that serves the directory of systems on this machine; else that of
``LIVN_HSDS``; else the usual address.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
from livn_h5pyd.config import ENV_VAR, HsdsConfig

from livn_core.errors import ConfigError
from livn_ui.hsds.settings import is_loopback
from livn_ui.serving.passwords import ADMIN, read_passwords
from livn_ui.serving.record import ServerRecord, run_dir_of, running_server, store_of

USUAL_ENDPOINT = "http://localhost:5101"
_TAIL = 2**18
_TOO_LITTLE = 2**23
"""Bytes: a few chunks."""
_REASON = re.compile(rb"IOError .*\[Errno \d+\] ([^:\n]+)")


@attrs.frozen
class Destination:
    """A server to import into."""

    config: HsdsConfig
    """Its address, with the login of a user who may import."""

    public: bool
    """Whether new systems are to be readable by everybody; a server that was started as private says no."""

    log: ServerLog


class ServerLog:
    """What a server of this machine writes about its troubles, from now on.

    Parameters
    ----------
    root_dir
        The directory of systems that it serves; ``None``: it is somewhere else.
    """

    def __init__(self, root_dir: Path | None) -> None:
        self._path = run_dir_of(root_dir) / "hsds.log" if root_dir else None
        self._store = store_of(root_dir) if root_dir else None
        self._begin = self._size()

    def _size(self) -> int:
        try:
            return os.path.getsize(self._path) if self._path else 0  # noqa: PTH202 - as short as can be
        except OSError:
            return 0

    def trouble(self) -> str:
        """Why the server could not write lately; empty where nothing is known."""
        if self._store is None or self._path is None:
            return ""
        with contextlib.suppress(OSError):
            if shutil.disk_usage(self._store).free < _TOO_LITTLE:
                return f"the disk of {self._store} is full"  # and the log may say nothing of it, being there too
        size = self._size()
        if size == self._begin:
            return ""
        try:
            with self._path.open("rb") as file:
                # A log that is shorter than it was is a new one.
                file.seek(max(self._begin if size > self._begin else 0, size - _TAIL))
                reasons = _REASON.findall(file.read(_TAIL))
        except OSError:
            return ""
        return f"{reasons[-1].decode(errors='replace').strip()} ({self._store})" if reasons else ""


def find_destination(
    root_dir: Path,
    *,
    endpoint: str | None = None,
    bucket: str | None = None,
    username: str | None = None,
    password_file: Path | None = None,
) -> Destination:
    """Find the server, and log in.

    Parameters
    ----------
    root_dir
        The directory of systems.
    endpoint, bucket
        The server, instead of the one that is found.
    username, password_file
        Who imports, instead of the server's admin, and a file of lines ``USER:PASSWORD``.

    Raises
    ------
    ConfigError
        An argument or ``LIVN_HSDS`` is wrong, or it is not known how to log in.
    """
    record = running_server(root_dir)
    fields = _server(record, endpoint, root_dir)
    here = record is not None and fields["endpoint"] == record.endpoint
    if bucket is not None:
        fields["bucket"] = bucket
    user, password = _login(fields, record if here else None, username, password_file)
    config = HsdsConfig.from_mapping({**fields, "username": user, "password": password})
    return Destination(config, record.public if record and here else True, ServerLog(root_dir if here else None))


def _server(record: ServerRecord | None, endpoint: str | None, root_dir: Path) -> dict[str, Any]:
    """The fields of ``LIVN_HSDS`` for the server that was found."""
    if endpoint is not None:
        endpoint = HsdsConfig.from_mapping({"endpoint": endpoint}).endpoint
    if record is not None and endpoint in {None, record.endpoint}:
        return {"endpoint": record.endpoint, "files_endpoint": record.files_endpoint, "bucket": record.bucket}
    setting = HsdsConfig.from_environment()
    if setting is not None and endpoint in {None, setting.endpoint}:
        return attrs.asdict(setting)
    if endpoint is None:
        _check_usual(root_dir)
    return {"endpoint": endpoint or USUAL_ENDPOINT}


def _check_usual(root_dir: Path) -> None:
    """Nothing was named and nothing was found, so the usual address is a guess; where it is wrong, say what to do."""
    usual = urlsplit(USUAL_ENDPOINT)
    try:
        socket.create_connection((usual.hostname, usual.port), timeout=2).close()
    except OSError as error:
        raise ConfigError(
            f"no server is known: none on this machine serves {root_dir}, {ENV_VAR} is not set, and nothing answers at "
            f"{USUAL_ENDPOINT}; start one with 'livn ui server root_dir={root_dir} --launch', or name it with endpoint="
        ) from error


def _login(
    fields: dict[str, Any], record: ServerRecord | None, username: str | None, password_file: Path | None
) -> tuple[str, str]:
    """Name and password, from the first place that knows them."""
    if password_file is not None:
        user = username or ADMIN
        return user, read_passwords(password_file, user)[user]
    known = [record.login() if record else None, (fields.get("username"), fields.get("password"))]
    if is_loopback(urlsplit(fields["endpoint"]).hostname or ""):
        known.append((ADMIN, ADMIN))
    for login in known:
        if login is not None and login[0] and login[1] and username in {None, login[0]}:
            return login[0], login[1]
    whom = f"user {username!r}" if username else "an importing user"
    raise ConfigError(
        f"{fields['endpoint']}: no password of {whom} is known; give password_file=, with a line USER:PASSWORD, or "
        f"'username' and 'password' in {ENV_VAR}"
    )
