"""HSDS and the companion file server as one: both run, or neither does."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from livn_core.errors import ConfigError
from livn_ui import ports
from livn_ui.companion import Companion, CompanionSettings
from livn_ui.hsds import HsdsServer
from livn_ui.serving.folders import Folders
from livn_ui.serving.passwords import ADMIN, Users, users_for
from livn_ui.serving.record import ServerRecord, remove_record, running_server
from livn_ui.serving.settings import ServeSettings

GENERATED = "generated-password.txt"


class Serving:
    """A directory of systems, served: a context manager, or :meth:`start` and :meth:`stop`.

    Parameters
    ----------
    settings
        What to serve.
    report
        Called with a line about something that does not keep the rest from being served.
    """

    def __init__(self, settings: ServeSettings, report: Callable[[str], None] = lambda line: None) -> None:
        self.settings = settings
        self.record: ServerRecord | None = None
        """Both addresses, once everything is ready."""
        self.users: Users | None = None
        self.hsds: HsdsServer | None = None
        self.companion: Companion | None = None
        self._report = report
        self._stack = ExitStack()

    def start(self, still_wanted: Callable[[], bool] = lambda: True) -> Self:
        """Start both, and return when both answer, each system has its folder, and the record is written.

        Parameters
        ----------
        still_wanted
            Asked again and again; its ``False`` ends the start early, and there is no record then.

        Raises
        ------
        ConfigError
            A setting cannot be followed: a port is taken, the directory is served already, there is no HSDS, …
        BackendError
            A server did not start; with the end of its log.
        """
        check_root_dir(self.settings.root_dir)
        check_not_served(self.settings.root_dir)
        port, files_port = choose_ports(self.settings)
        try:
            self._start(port, files_port, still_wanted)
        except BaseException:
            self.stop()
            raise
        return self

    def _start(self, port: int, files_port: int, still_wanted: Callable[[], bool]) -> None:
        settings = self.settings
        self.users = users_for(settings.host, settings.password_file, settings.run_dir / GENERATED)
        self.hsds = HsdsServer(settings.hsds(self.users.passwords, port))
        self._stack.callback(self.hsds.stop)
        self.hsds.launch(still_wanted)
        _keep_out_of_git(settings.store)
        self.companion = Companion(
            CompanionSettings(
                settings.root_dir,
                settings.host,
                files_port,
                settings.origins,
                settings.serve_h5,
                pyodide=settings.pyodide,
                hsds_port=urlsplit(self.hsds.endpoint).port,
                bucket=settings.bucket,
            )
        )
        self._stack.callback(self.companion.stop)
        self.companion.start()
        self.hsds.wait_until_ready(still_wanted)
        if still_wanted():
            self._make_folders()
            self._make_known()

    def _make_folders(self) -> None:
        assert self.users is not None
        assert self.hsds is not None
        login = (ADMIN, self.users.passwords[ADMIN])
        folders = Folders(self.settings.root_dir, self.hsds.endpoint, self.settings.bucket, login, self._report)
        self._stack.callback(folders.stop)
        folders.start()

    def _make_known(self) -> None:
        assert self.hsds is not None
        self.record = ServerRecord(
            endpoint=self.hsds.endpoint,
            files_endpoint=f"http://{ports.listening(self.settings.host).here}:{self.files_port}",
            bucket=self.settings.bucket,
            pid=os.getpid(),
            public=not self.settings.private,
            admin=ADMIN,
            password_file=self.hsds.password_file,
        )
        self._stack.callback(remove_record, self.settings.root_dir)
        self.record.write(self.settings.root_dir)

    @property
    def files_port(self) -> int:
        """The port of the companion file server, while it runs."""
        return (self.companion and urlsplit(self.companion.address).port) or 0

    def check(self) -> None:
        """Raise a ``BackendError`` if a part of it has ended, with the reason."""
        if self.hsds is not None:
            self.hsds.check()
        if self.companion is not None:
            self.companion.check()

    def stop(self) -> None:
        """Stop everything in order; the data nodes write what they hold. Twice is harmless."""
        self.record = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _keep_out_of_git(store: Path) -> None:
    """Have git ignore HSDS's storage, since systems often lie in a repository."""
    with contextlib.suppress(OSError), (store / ".gitignore").open("x", encoding="utf-8") as file:
        file.write("*\n")


def check_root_dir(root_dir: Path) -> None:
    """Raise a ``ConfigError`` where there is no directory to serve."""
    if not root_dir.is_dir():
        problem = "it is no directory" if root_dir.exists() else "there is no such directory"
        raise ConfigError(
            f"root_dir {root_dir}: {problem}; name the directory that holds one sub-directory per system, root_dir=PATH"
        )


def check_not_served(root_dir: Path) -> None:
    """Raise a ``ConfigError`` where a server of this machine serves the directory already."""
    other = running_server(root_dir)
    if other is not None:
        raise ConfigError(
            f"root_dir {root_dir} is served already, at {other.endpoint}, by process {other.pid}; "
            "use that one, or stop it"
        )


def choose_ports(settings: ServeSettings) -> tuple[int, int]:
    """The ports of HSDS and of the companion, both free.

    Raises
    ------
    ConfigError
        One of them is taken, or ``host`` is not this machine; says which.
    """
    addresses = ports.listening(settings.host).addresses
    if settings.port == 0 and settings.files_port is None:
        port = ports.free_port(addresses, count=2)  # side by side, where clients look for the companion
        return port, port + 1
    port = settings.port or ports.free_port(addresses)
    files_port = port + 1 if settings.files_port is None else settings.files_port
    if settings.port:
        ports.check_port_is_free(settings.host, port, "HSDS", "port=")
    if files_port:
        ports.check_port_is_free(settings.host, files_port, "the companion file server", "files_port=")
    return port, files_port
