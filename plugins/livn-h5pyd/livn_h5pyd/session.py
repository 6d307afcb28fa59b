"""An HTTP session that gives up: one time-out over all attempts, and no waiting because a server says so."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from requests import ConnectionError as RequestsConnectionError
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import SSLError, Timeout
from urllib3 import Timeout as Limit

from livn_h5pyd.browser import IN_BROWSER
from livn_h5pyd.patience import POOLS, check_wanted, watching

POOL_SIZE = 32
"""Connections that are kept open to one server."""

BUSY = (429, 503)
"""Answers of a server that has more to do than it can queue."""

_PASSING = (*BUSY, 502, 504)
"""Answers that may be different a moment later. A 500 of HSDS is not: a node has gone, or its storage is damaged."""

_DEFAULT_SECONDS = 10.0


def bounded_session(retries: int, on_busy: Callable[[], object] | None = None) -> Session:
    """Make a session whose requests end in time, whatever the server does.

    The time-out is that of the request. Within it, one attempt or several, the answer has to begin, and later to make
    progress in every such time (:data:`livn_h5pyd.patience.PROGRESS_BYTES`).

    Parameters
    ----------
    retries
        How often a request is sent again that did not reach the server, or that a gateway could not hand on. A busy
        server is asked again until the time is over, unless this is 0. The last answer is returned whatever its
        status is, so that the caller can say what it was.
    on_busy
        Called each time that the server says that it is busy.
    """
    session = _Session()
    session.auth = _as_it_is
    adapter = _Adapter(retries, on_busy or bool)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    """Leave a request alone: requests would add what ``.netrc`` holds, in place of the login that was given."""
    return request


class _Session(Session):
    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        """Follow no redirect: HSDS sends none, and the login would go to whoever is named."""
        return iter(())


class _Adapter(HTTPAdapter):
    """Sends requests, several times if need be."""

    def __init__(self, retries: int, on_busy: Callable[[], object]) -> None:
        self._retries = retries
        self._on_busy = on_busy
        super().__init__(pool_connections=4, pool_maxsize=POOL_SIZE)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _watch(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return _watch(super().proxy_manager_for(*args, **options))

    def close(self) -> None:
        """Close all connections; urllib3 alone leaves those open whose pool an old error still holds."""
        for manager in () if IN_BROWSER else (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - it is no mapping that iterates
                pool = manager.pools.get(key)
                if pool is not None:
                    pool.close()
        super().close()

    def send(self, request: PreparedRequest, **options: Any) -> Response:  # type: ignore[override]
        seconds = float(options.pop("timeout", None) or _DEFAULT_SECONDS)
        until = time.monotonic() + seconds
        with watching(timeout=seconds):
            for attempt in itertools.count():
                check_wanted()
                pause = _pause(attempt)
                try:
                    answer = super().send(request, timeout=_limit(until - time.monotonic()), **options)
                except RequestsConnectionError as error:
                    final = isinstance(error, SSLError | Timeout) or attempt >= self._retries
                    if final or until - time.monotonic() < pause:
                        raise
                else:
                    if not self._again(answer.status_code, attempt) or until - time.monotonic() < pause:
                        return answer
                    answer.close()
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _again(self, status: int, attempt: int) -> bool:
        if status in BUSY:
            self._on_busy()
            return self._retries > 0
        return status in _PASSING and attempt < self._retries


def _pause(attempt: int) -> float:
    """Seconds before the next attempt: longer each time, and never the same for all who wait."""
    return min(0.1 * 2.0 ** min(attempt, 9), 1.0) * random.uniform(0.5, 1.0)


def _limit(seconds: float) -> Any:
    """A time-out of so many seconds for connecting and for the beginning of an answer together."""
    seconds = max(seconds, 0.001)
    return seconds if IN_BROWSER else Limit(total=seconds)


def _watch(manager: Any) -> Any:
    if not IN_BROWSER:
        manager.pool_classes_by_scheme = POOLS
    return manager
