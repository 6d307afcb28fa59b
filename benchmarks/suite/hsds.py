"""HSDS for the works that are served: graphs are imported when they are first asked for."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path


def why_not():
    """What it takes to start HSDS and is missing here, or an empty string."""
    if not os.environ.get("LIVN_TEST_HSDS_PYTHON"):
        return "LIVN_TEST_HSDS_PYTHON does not name the Python that starts HSDS"
    missing = [name for name in ("livn_ui", "livn_h5pyd") if find_spec(name) is None]
    return f"{' and '.join(missing)} cannot be imported" if missing else ""


class ServedGraphs:
    """Graphs on an HSDS of its own, of which the processes that read learn through ``LIVN_HSDS``."""

    def __init__(self, graphs, scratch):
        self._graphs, self._scratch = graphs, scratch
        self._imported = set()

    def __enter__(self):
        from livn_ui.hsds import HsdsServer, HsdsSettings
        from livn_ui.testing import admin_of

        settings = HsdsSettings(python=os.environ["LIVN_TEST_HSDS_PYTHON"], store=Path(self._scratch, "store"))
        self._server = HsdsServer(settings)
        self._server.start()
        self._admin = admin_of(self._server, timeout=60)
        os.environ["LIVN_HSDS"] = json.dumps({"endpoint": self._server.endpoint})
        return self

    def __exit__(self, *_):
        del os.environ["LIVN_HSDS"]
        self._server.stop()

    def place(self, graph):
        """The name under which HSDS has it."""
        from livn_ui.importing import import_system

        if graph.folder not in self._imported:
            import_system(self._admin, self._graphs.place(graph), graph.folder)
            self._imported.add(graph.folder)
        return graph.folder
