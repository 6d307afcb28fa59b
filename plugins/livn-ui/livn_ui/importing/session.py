"""HTTP sessions of an import: a busy server is given time, one that is gone is not."""

from __future__ import annotations

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

_BUSY = (429, 502, 503, 504)
_BUSY_TIMES = 15
"""A data node answers 503 until it has written some of what it was given: with pauses up to 1 s, about 13 s."""

TIMEOUT = 30.0
"""Seconds at least: HSDS itself waits up to 10 s for its storage before it answers."""


def be_patient(session: Session, retries: int) -> Session:
    """Let a session ask again while the server is busy, and give up after ``retries`` where it does not answer."""
    policy = Retry(
        total=None,
        connect=retries,
        read=retries,
        other=retries,
        status=_BUSY_TIMES,
        backoff_factor=0.1,
        backoff_max=1.0,
        status_forcelist=_BUSY,
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=policy, pool_connections=2, pool_maxsize=16))
    return session
