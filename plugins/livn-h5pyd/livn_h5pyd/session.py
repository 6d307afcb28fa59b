"""An HTTP session that gives up: bounded attempts, short pauses, and no waiting because a server says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from requests import Session

POOL_SIZE = 16
_PASSING = (429, 502, 503, 504)
"""Answers that may be different a moment later. A 500 of HSDS is not: a node has gone, or its storage is damaged."""


def bounded_session(retries: int) -> Session:
    """Make a session whose requests are sent at most ``retries + 1`` times.

    After the last attempt the answer is returned whatever its status is, so that the caller can say what it was.
    The time-out belongs to each request, because requests has none for a session.
    """
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    policy = Retry(
        total=retries,
        backoff_factor=0.1,
        backoff_max=1.0,
        status_forcelist=_PASSING,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    session = requests.Session()
    adapter = HTTPAdapter(max_retries=policy, pool_connections=2, pool_maxsize=POOL_SIZE)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session
