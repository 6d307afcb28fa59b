"""Give up on a server that is silent or trickles, and on an answer that nobody wants any longer.

The time-out that sockets have is one for each piece that arrives, so a server that sends a byte now and then is never
given up. Here an answer's time is counted over its pieces.
"""

from __future__ import annotations

import http.client
import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import attrs
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.wait import wait_for_read

PROGRESS_BYTES = 64 * 2**10
"""An answer has to grow by this much, or to end, within each time-out."""

_LOOK_UP_SECONDS = 0.1
"""How long it may take until a reading thread notices that its answer is not wanted any longer."""

_BUFFER_BYTES = 64 * 2**10


class StalledError(TimeoutError):
    """An answer made too little progress."""

    def __init__(self, received: int, seconds: float) -> None:
        super().__init__(f"{received} bytes in {seconds:g} s")
        self.received = received


class NotWantedError(Exception):
    """Reading was called off; no ``OSError``, so that nobody takes it for a fault of the server and tries again."""


@attrs.frozen
class Watch:
    """What is watched while one thread waits for answers."""

    timeout: float
    """Seconds in which an answer has to make progress."""

    called_off: Callable[[], bool] = bool
    """Whether nobody wants the answer any longer."""


_NOTHING = Watch(10.0)
_WATCH: ContextVar[Watch] = ContextVar("livn_h5pyd_watch", default=_NOTHING)


@contextmanager
def watching(**changes: Any) -> Iterator[None]:
    """Change how answers are watched in this thread."""
    token = _WATCH.set(attrs.evolve(_WATCH.get(), **changes))
    try:
        yield
    finally:
        _WATCH.reset(token)


def check_wanted() -> None:
    """Raise :class:`NotWantedError` where what this thread does was called off."""
    if _WATCH.get().called_off():
        raise NotWantedError


def wait_until(condition: threading.Condition, ready: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition, which is held, until it is ready, called off, or the time is over; whether it is ready."""
    until = time.monotonic() + seconds
    while not ready():
        check_wanted()
        left = until - time.monotonic()
        if left <= 0:
            return False
        condition.wait(min(left, _LOOK_UP_SECONDS))
    return True


class _Incoming(io.RawIOBase):
    """The bytes of one answer, head and body, as they arrive."""

    def __init__(self, arriving: Any, sock: Any) -> None:
        self._arriving = arriving
        self._sock = sock
        self._watch = _WATCH.get()
        # Until the first progress, what the connection has left: earlier attempts count.
        self._allowed: float = sock.gettimeout() or self._watch.timeout
        self._waited = 0.0
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        began = time.monotonic()
        self._wait(began)
        count: int | None = self._arriving.readinto(buffer)
        self._note(count or 0, time.monotonic() - began)
        return count

    def _wait(self, began: float) -> None:
        """Wait for data. Only waiting counts: an answer that is there while its reader is busy does not stall."""
        while True:
            if self._watch.called_off():
                raise NotWantedError
            left = self._allowed - self._waited - (time.monotonic() - began)
            if left <= 0:
                raise StalledError(self._received, self._allowed)
            # What TLS has decrypted already does not show on the socket.
            if getattr(self._sock, "pending", int)() or wait_for_read(self._sock, min(left, _LOOK_UP_SECONDS)):
                self._sock.settimeout(left)
                return

    def _note(self, count: int, seconds: float) -> None:
        self._received += count
        self._waited += seconds
        if self._received >= PROGRESS_BYTES:
            self._received, self._waited, self._allowed = 0, 0.0, self._watch.timeout

    def close(self) -> None:
        self._arriving.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Incoming(self.fp.detach(), sock), _BUFFER_BYTES)


def arriving_body(raw: Any) -> http.client.HTTPResponse | None:
    """What urllib3's response reads from, if it can be read from in its place: such a body goes where it is wanted."""
    arriving = getattr(raw, "_fp", None)
    return arriving if isinstance(arriving, _Answer) else None


class _Connection(HTTPConnection):
    response_class = _Answer


class _SecureConnection(HTTPSConnection):
    response_class = _Answer


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}
"""Connection pools for a ``urllib3.PoolManager`` whose answers are watched."""
