"""Ask HSDS's nodes how they are: ready, and with nothing left to write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

PATIENCE = 1.0
"""Seconds for one question: a node that has not started keeps who asks waiting, since its socket listens already."""


def _get_json(url: str, within: float) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between us and loopback
        answer = session.get(url, timeout=within)
        answer.raise_for_status()
        body = answer.json()
    return body if isinstance(body, dict) else {}


def service_node_is_ready(endpoint: str, within: float = PATIENCE) -> bool:
    """Whether the service node knows its data nodes and takes requests."""
    try:
        return bool(_get_json(f"{endpoint}/about", within).get("state") == "READY")
    except (requests.RequestException, ValueError):
        return False


def data_node_is_ready(url: str, within: float = PATIENCE) -> bool:
    """Whether a data node answers; ``/about`` of the service node says READY even with all of them dead."""
    try:
        return bool(_get_json(f"{url}/info", within).get("node", {}).get("state") == "READY")
    except (requests.RequestException, ValueError):
        return False


def not_ready(endpoint: str, data_nodes: Sequence[str], within: float = PATIENCE) -> list[str]:
    """The addresses of all nodes that do not say, each within so many seconds, that they are ready."""
    waiting = [] if service_node_is_ready(endpoint, within) else [endpoint]
    return waiting + [url for url in data_nodes if not data_node_is_ready(url, within)]
