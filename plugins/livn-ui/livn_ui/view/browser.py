"""What the page asks of Python in the browser: the views of a system.

Runs inside Pyodide only. Views are those of the server, packed the same way, so that all sources give the same arrays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from livn_core import System
from livn_ui.view import content, pack
from livn_ui.view.content import DIRECTIONS


class Views:
    """The system that the page shows, and its views."""

    def __init__(self) -> None:
        self._system: System | None = None

    def take(self, system: System) -> None:
        """Let views be those of a system."""
        self._system = system

    def view(self, name: str, arguments: Mapping[str, Any] | None = None) -> bytes:
        """One view, packed: ``cells``, ``degrees`` or ``edges`` with ``gid`` and ``direction``."""
        makers = {"cells": content.cells, "degrees": content.degrees}
        if name == "edges" and arguments is not None:
            makers["edges"] = partial(
                content.edges, gid=int(arguments["gid"]), direction=DIRECTIONS[arguments["direction"]]
            )
        return pack(*makers[name](self._opened))

    def sidecars(self) -> str:
        """Names of the JSON files, as a JSON list."""
        return json.dumps(list(self._opened.sidecar_names))

    def sidecar(self, name: str) -> str:
        """One of them, as JSON."""
        return json.dumps(self._opened.load_file(name))

    @property
    def _opened(self) -> System:
        if self._system is None:
            raise RuntimeError("no system is open")
        return self._system
