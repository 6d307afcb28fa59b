"""One answer that tells all about a system: what it holds, which files it has, how large they are, and their hashes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from livn_ui.companion.hashes import Hashes
from livn_ui.companion.opening import LEADS_OUT, NotServedError, OpenFile, open_served
from livn_ui.companion.structure import Structures
from livn_ui.systems import ServedSystem, resolve_inside

FORMAT = 1
_ONE_FILE, _CELLS, _CONNECTIONS = "graph.h5", "cells.h5", "connections.h5"
_HASHED_AT_ONCE = 8 << 20
_HASHED_AT_ONCE_IN_ALL = 32 << 20


@attrs.define
class Manifests:
    """Describes systems, and remembers what takes long to find out."""

    root_dir: Path
    serve_h5: bool
    hashes: Hashes
    structures: Structures = attrs.field(factory=Structures)

    def describe(self, system: ServedSystem) -> dict[str, Any]:
        """Describe a system, in plain values for JSON.

        Files that are damaged, or that went away meanwhile, are named in ``errors`` and take nothing else down.
        """
        errors = [{"file": name, "error": LEADS_OUT} for name in system.refused]
        h5 = self._describe_files(system, system.h5_files, errors)
        sidecars = self._describe_files(system, system.sidecars, errors)
        populations, projections = self._structure(system, {one["name"] for one in h5}, errors)
        return {
            "format": FORMAT,
            "name": system.name,
            "populations": populations,
            "projections": projections,
            "files": [one["name"] for one in sidecars],
            "sidecars": sidecars,
            "h5": h5,
            "serve_h5": self.serve_h5,
            "complete": all(one["sha256"] is not None for one in (*h5, *sidecars)),
            "errors": errors,
        }

    def _describe_files(
        self, system: ServedSystem, names: Iterable[str], errors: list[dict[str, str]]
    ) -> list[dict[str, Any]]:
        found, left = [], _HASHED_AT_ONCE_IN_ALL
        for name in names:
            again = partial(open_served, self.root_dir, system.name, name)
            try:
                file = again()
            except NotServedError as error:
                errors.append({"file": name, "error": error.reason})
                continue
            at_once = file.size <= min(left, _HASHED_AT_ONCE)
            left -= file.size if at_once else 0
            try:
                found.append(_file(name, file, self.hashes.get(file, again, now=at_once)))
            finally:
                file.close()
        return found

    def _structure(
        self, system: ServedSystem, names: set[str], errors: list[dict[str, str]]
    ) -> tuple[list[Any], list[Any]]:
        one_file = _ONE_FILE in names
        cells, connections = (_ONE_FILE, _ONE_FILE) if one_file else (_CELLS, _CONNECTIONS)
        found = {name: self._read(system, name) for name in dict.fromkeys((cells, connections)) if name in names}
        for name, content in found.items():
            errors += [{"file": name, "error": sentence} for sentence in content["errors"]]
        populations = found.get(cells, {}).get("populations", [])
        return populations, found.get(connections, {}).get("projections", [])

    def _read(self, system: ServedSystem, name: str) -> dict[str, Any]:
        path = resolve_inside(self.root_dir, system.path / name)
        try:
            file = open_served(self.root_dir, system.name, name)
        except NotServedError as error:
            return {"errors": [error.reason]}
        try:
            return {"errors": ["has gone"]} if path is None else self.structures.get(path, file)
        finally:
            file.close()


def _file(name: str, file: OpenFile, sha256: str | None) -> dict[str, Any]:
    modified = datetime.fromtimestamp(file.modified, UTC).isoformat(timespec="seconds")
    return {"name": name, "size": file.size, "modified": modified, "sha256": sha256}
