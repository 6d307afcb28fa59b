"""What a NeuroH5 file holds, as plain values for JSON: from its metadata alone, and damage as a sentence."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from livn_core import open_neuroh5
from livn_core.errors import FormatError
from livn_core.neuroh5 import NeuroH5File
from livn_ui.companion.opening import OpenFile, Signature

_REMEMBERED = 1 << 10


class Structures:
    """What files hold, remembered for as long as they do not change. Safe to use from several threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[Signature, dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: Path, file: OpenFile) -> dict[str, Any]:
        """What :func:`read_structure` finds in a file, which lies at ``path``."""
        with self._lock:  # held while reading: many who ask for a new system at once shall not all read it
            found = self._known.get(file.signature)
            if found is None:
                found = read_structure(path)
                if not file.is_fresh:
                    self._known[file.signature] = found
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return found


def read_structure(path: Path) -> dict[str, Any]:
    """Read the populations and projections of a file.

    Returns
    -------
    dict
        ``populations`` and ``projections``, as far as they can be read, and ``errors``, a list of sentences.
    """
    found: dict[str, Any] = {"populations": [], "projections": [], "errors": []}
    try:
        with open_neuroh5(path, backend="pyfive") as file:
            found["populations"] = [_population(file, one.name) for one in file.populations]
            for pre, post in file.projections:
                _add_projection(found, file, pre, post, path)
    except Exception as error:  # a damaged file is a fact about the system, and no reason to fail
        found["errors"].append(sentence(error, path))
    return found


def _population(file: NeuroH5File, name: str) -> dict[str, Any]:
    start, count = file.population_ranges[name]
    namespaces = {space: list(names) for space, names in file.namespaces(name).items()}
    return {"name": name, "start": start, "count": count, "namespaces": namespaces}


def _add_projection(found: dict[str, Any], file: NeuroH5File, pre: str, post: str, path: Path) -> None:
    one: dict[str, Any] = {"pre": pre, "post": post, "edges": None, "namespaces": {}}
    found["projections"].append(one)
    try:
        projection = file.projection(pre, post)
        one["edges"] = projection.n_edges
        one["namespaces"] = {space: list(names) for space, names in projection.namespaces.items()}
    except Exception as error:
        found["errors"].append(sentence(error, path))


def sentence(error: Exception, path: Path) -> str:
    """What is wrong, without telling where on this machine the file lies."""
    text = f"{error.node}: {error.problem}" if isinstance(error, FormatError) else f"{type(error).__name__}: {error}"
    return text.replace(str(path), path.name).replace(str(path.parent), "")
