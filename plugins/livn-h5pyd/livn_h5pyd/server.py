"""What all open files of one server share: an HTTP session, and leave to send requests.

Shared by configuration, counted, and closed with the last user; a forked process gets its own.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from livn_core.errors import BackendConnectionError
from livn_core.forking import Lock, renew_after_fork
from livn_h5pyd.config import HsdsConfig
from livn_h5pyd.patience import wait_until
from livn_h5pyd.session import bounded_session

if TYPE_CHECKING:
    from requests import Session

AT_A_TIME = 32
"""Requests in flight to one server, whoever sends them. 64 small ones made one data node answer 503."""

LARGE_AT_A_TIME = 8
"""Requests for megabytes in flight; more of them are not faster, since the server is busy with these."""

_GROWTH = 0.25
"""How much more is allowed at a time after each request that a server, busy before, has answered."""


class Slots:
    """Leave to send a request, for all threads together: fewer at a time as long as the server is busy.

    Parameters
    ----------
    config
        The server. Who waits gives up when none of the requests under way has ended for as long as they may take.
    """

    def __init__(self, config: HsdsConfig) -> None:
        self._config = config
        self._changed = threading.Condition()
        self._used = 0
        self._allowed = float(AT_A_TIME)
        self._ended = 0

    @contextmanager
    def taken(self, large: bool = False) -> Iterator[None]:
        """Wait for leave to send a request, and give it back."""
        weight = AT_A_TIME // LARGE_AT_A_TIME if large else 1
        with self._changed:
            while not self._wait(weight):
                pass
            self._used += weight
        try:
            yield
        finally:
            with self._changed:
                self._used -= weight
                self._ended += 1
                self._allowed = min(self._allowed + _GROWTH, float(AT_A_TIME))
                self._changed.notify_all()

    def _wait(self, weight: int) -> bool:
        """Wait for room until something ends; whether there is room."""
        ended, config = self._ended, self._config

        def free() -> bool:
            return self._used == 0 or self._used + weight <= self._allowed

        if not wait_until(self._changed, lambda: free() or self._ended != ended, config.timeout):
            raise BackendConnectionError(
                f"{config.endpoint}: none of the requests under way has ended within {config.timeout:g} s, "
                "so no more are sent; the server hangs or is busy: look at its log"
            )
        return free()

    def busy(self) -> None:
        """Note that the server has more to do than it can queue."""
        with self._changed:
            self._allowed = max(self._allowed / 2, 2.0)


class Server:
    """One server, as its open files share it; got from :func:`leased`."""

    def __init__(self, config: HsdsConfig) -> None:
        self.config = config
        self.known = False
        """Whether it has shown that it is HSDS."""
        self.users = 0
        self.renew()
        renew_after_fork(self)

    def renew(self) -> None:
        """Begin anew: a child must not write to its parent's connections, nor wait for its parent's threads."""
        self.slots = Slots(self.config)
        self.session: Session = bounded_session(self.config.retries, self.slots.busy)


class _Register:
    """The servers that are in use."""

    def __init__(self) -> None:
        self._servers: dict[HsdsConfig, Server] = {}
        self._kept: Lease | None = None
        # A file that is dropped gives its lease back from wherever the garbage collector runs, these methods included.
        self._lock = Lock()

    def take(self, config: HsdsConfig) -> Server:
        with self._lock:
            if config not in self._servers:
                self._servers[config] = Server(config)
            server = self._servers[config]
            server.users += 1
            return server

    def give_back(self, server: Server) -> None:
        with self._lock:
            server.users -= 1
            if server.users == 0:
                self._servers.pop(server.config, None)
                server.session.close()

    def keep(self, config: HsdsConfig | None) -> None:
        with self._lock:
            self._kept = Lease(config) if config else None


class Lease:
    """A share in a server; given back with :meth:`end`, or when it is dropped.

    Parameters
    ----------
    config
        Names the server, and who asks it.
    """

    def __init__(self, config: HsdsConfig) -> None:
        self.server = _REGISTER.take(config)
        self.end = weakref.finalize(self, _REGISTER.give_back, self.server)
        """Give it back; a second call does nothing."""
        self.end.atexit = False


@contextmanager
def leased(config: HsdsConfig) -> Iterator[Server]:
    """Share a server for the length of a block."""
    lease = Lease(config)
    try:
        yield lease.server
    finally:
        lease.end()


def keep_for_next(config: HsdsConfig | None) -> None:
    """Keep the connections to a server until something is opened there, or another one is kept; ``None``: no more."""
    _REGISTER.keep(config)


_REGISTER = _Register()
