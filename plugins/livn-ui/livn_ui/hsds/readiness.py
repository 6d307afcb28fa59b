"""Ask HSDS's nodes how they are: ready, and with nothing left to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

_QUICK = 1.0
"""Seconds: a node that has not started yet keeps who asks it waiting, since its socket listens already."""


def _get_json(url: str) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between us and loopback
        answer = session.get(url, timeout=_QUICK)
        answer.raise_for_status()
        body = answer.json()
    return body if isinstance(body, dict) else {}


def service_node_is_ready(endpoint: str) -> bool:
    """Whether the service node knows its data nodes and takes requests."""
    try:
        return bool(_get_json(f"{endpoint}/about").get("state") == "READY")
    except (requests.RequestException, ValueError):
        return False


def data_node_is_ready(url: str) -> bool:
    """Whether a data node answers; ``/about`` of the service node says READY even with all of them dead."""
    try:
        return bool(_get_json(f"{url}/info").get("node", {}).get("state") == "READY")
    except (requests.RequestException, ValueError):
        return False


def not_ready(endpoint: str, data_nodes: Sequence[str]) -> list[str]:
    """The addresses of all nodes that are not ready."""
    waiting = [] if service_node_is_ready(endpoint) else [endpoint]
    return waiting + [url for url in data_nodes if not data_node_is_ready(url)]
