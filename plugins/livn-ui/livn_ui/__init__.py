"""Serve systems over HTTP: start HSDS (:mod:`livn_ui.hsds`), import into it (:mod:`livn_ui.importing`), and serve files
beside it (:mod:`livn_ui.companion`).
"""

from __future__ import annotations

__version__ = "0.1.0"
