"""Start and stop a real HSDS server on this machine.

``settings`` says what to start, ``installation`` finds HSDS, ``lock`` and ``environment`` prepare the start,
``nodes`` are its processes, ``_node`` is what runs in them, inside HSDS's own Python, ``readiness`` asks them how they
are, ``log`` keeps what they say, and ``server`` ties these together.
"""

from __future__ import annotations

from livn_ui.hsds.installation import default_python, find_hsds
from livn_ui.hsds.server import HsdsServer, HsdsStartError
from livn_ui.hsds.settings import HsdsSettings

__all__ = ["HsdsServer", "HsdsSettings", "HsdsStartError", "default_python", "find_hsds"]
