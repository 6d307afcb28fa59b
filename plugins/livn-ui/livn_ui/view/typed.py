"""A console for Python in the browser: what somebody types, and what becomes of the name ``system``.

Runs inside Pyodide only, whose own console does the work.
"""

from __future__ import annotations

import builtins
import json
import sys
from contextlib import suppress
from typing import Any

from livn_core.system import System
from livn_ui.view.browser import Views

PREPARED = "import numpy as np\nimport livn_core\nfrom livn_core import System, open_neuroh5, predefined"


class Typed:
    """What somebody types, line by line.

    Parameters
    ----------
    views
        Shows the system that the name ``system`` is given to.
    """

    def __init__(self, views: Views) -> None:
        from pyodide.console import PyodideConsole  # type: ignore[import-not-found] # inside Pyodide only

        self._views = views
        self._names: dict[str, Any] = {"__name__": "__console__"}
        exec(PREPARED, self._names)
        with suppress(ImportError):
            import livn_h5pyd  # noqa: F401 - it makes "import h5pyd" work here
        self._console = PyodideConsole(self._names)
        self._shown: object = None
        self._typed: System | None = None

    async def push(self, line: str) -> str:
        """Take one line, and run the statement that it completes.

        Returns
        -------
        str
            JSON: ``more``, whether the statement goes on; ``system``, the name of a system to show, or nothing.
        """
        running = self._console.push(line)
        if running.syntax_check == "incomplete":
            return json.dumps({"more": True, "system": ""})
        try:
            value = None if running.syntax_check == "syntax-error" else await running
        except BaseException:  # whatever it was, its traceback is what somebody wants to see
            value = None
        if running.formatted_error:
            print(running.formatted_error.rstrip(), file=sys.stderr)
        if value is not None:
            builtins._ = value  # type: ignore[attr-defined]
            print(repr(value))
        return json.dumps({"more": False, "system": self._taken()})

    def forget(self) -> None:
        """Drop the lines of a statement that is not complete."""
        self._console.buffer = []

    def complete(self, text: str) -> str:
        """What the end of a line may become: JSON, the names and where in the line they begin."""
        names, start = self._console.complete(text)
        return json.dumps([list(names), start])

    def open(self, uri: str, backend: str) -> None:
        """Open a system for the page, which is ``system`` from now on.

        Parameters
        ----------
        uri
            Path, address or domain.
        backend
            Who is to read it.
        """
        self._show(System(uri, backend=backend))

    def retake(self) -> None:
        """Show the system that was typed last, whatever the page has opened since."""
        if self._typed is None:
            raise RuntimeError("no system was made in the console")
        self._show(self._typed)

    def _show(self, system: System) -> None:
        self._names["system"] = self._shown = system
        self._views.take(system)

    def _taken(self) -> str:
        """The name of the system that ``system`` has become since it was last asked for."""
        found = self._names.get("system")
        if found is self._shown or not isinstance(found, System):
            return ""
        self._typed = found
        self._show(found)
        return found.name
