"""The companion file server: what HSDS does not hold, over HTTP, and raw ``.h5`` files for those who read them.

``settings`` says what is served, ``server`` runs it in a thread, ``connections`` ends connections that stand still.
``app`` has the endpoints, ``paths`` decides what a request's path may name, ``opening`` opens the file, ``answers``
and ``ranges`` send it, ``manifest`` and ``hashes`` describe a system.
"""

from __future__ import annotations

from livn_ui.companion.server import Companion
from livn_ui.companion.settings import CompanionSettings, Limits

__all__ = ["Companion", "CompanionSettings", "Limits"]
