"""Run the companion file server in a thread of this process, whose signals stay its own."""

from __future__ import annotations

import asyncio
import math
import threading
from functools import partial
from socket import socket
from types import TracebackType
from typing import Self

import uvicorn

from livn_core.errors import BackendError
from livn_ui import ports
from livn_ui.companion.app import build_app
from livn_ui.companion.connections import Connection, watch
from livn_ui.companion.hashes import Hashes
from livn_ui.companion.settings import CompanionSettings
from livn_ui.systems import find_systems

_START_WITHIN = 10.0
_STOP_WITHIN = 5.0


class Companion:
    """The file server, as a context manager or with :meth:`start` and :meth:`stop`.

    Parameters
    ----------
    settings
        What to serve, and where.

    Examples
    --------
    >>> with Companion(CompanionSettings("systems/graphs")) as companion:  # doctest: +SKIP
    ...     print(companion.address)
    """

    def __init__(self, settings: CompanionSettings) -> None:
        self.settings = settings
        self.address = ""
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def start(self) -> Self:
        """Start serving, and return when requests are answered.

        Raises
        ------
        ConfigError
            ``root_dir`` cannot be read, or nothing can listen on that host and port; at once.
        BackendError
            It runs already, or did not start.
        """
        if self._thread is not None:
            raise BackendError(f"the companion file server at {self.address} is running already")
        settings, hashes = self.settings, Hashes()
        find_systems(settings.root_dir)
        server = _Server(_configuration(settings, hashes))
        sockets = ports.listen(settings.host, settings.port, "the companion file server", "files_port=")
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.address = f"http://{shown}:{ports.port_of(sockets)}"
        self._server, self._error = server, None
        self._thread = threading.Thread(
            target=self._run, args=(server, sockets, hashes), name="livn-companion", daemon=True
        )
        self._thread.start()
        try:
            server.answers.wait(_START_WITHIN)
        finally:  # Ctrl-C may come here as well
            if not server.started:
                self.stop()
        if self._thread is None:
            raise BackendError(f"the companion file server did not start at {self.address}: {self._error}")
        return self

    def check(self) -> None:
        """Raise a ``BackendError`` where the server has ended."""
        if self._thread is None or not self._thread.is_alive():
            reason = f": {self._error}" if self._error else ""
            raise BackendError(f"the companion file server at {self.address} is not running{reason}")

    def stop(self) -> None:
        """Stop: answers on their way get a moment, and then every connection is closed. Twice is harmless."""
        if self._thread is None or self._server is None:
            return
        self._server.should_exit = True
        # A read from a disk that has gone away may never end; the thread is a daemon and ends with the process.
        self._thread.join(self.settings.limits.stop + _STOP_WITHIN)
        self._thread = self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, server: _Server, sockets: list[socket], hashes: Hashes) -> None:
        try:
            asyncio.run(_serve(server, sockets, self.settings))
        except BaseException as error:  # whatever it was, check() tells
            self._error = error
        finally:
            hashes.close()
            for one in sockets:
                one.close()
            server.answers.set()


class _Server(uvicorn.Server):
    """uvicorn's server, which tells when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


def _configuration(settings: CompanionSettings, hashes: Hashes) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(settings, hashes),
        http=partial(Connection, limits=settings.limits),  # type: ignore[arg-type]
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,  # the process that we run in has its own
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=math.ceil(settings.limits.idle),
    )


async def _serve(server: _Server, sockets: list[socket], settings: CompanionSettings) -> None:
    watching = asyncio.create_task(watch(server, settings.limits))
    try:
        await server.serve(sockets)
    finally:
        watching.cancel()
