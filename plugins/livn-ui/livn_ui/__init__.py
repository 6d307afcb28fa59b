"""Serve systems over HTTP.

:mod:`livn_ui.hsds` starts an HSDS server, :mod:`livn_ui.importing` imports systems into it, and
:mod:`livn_ui.companion` serves files beside it.
"""

from __future__ import annotations

__version__ = "0.1.0"
