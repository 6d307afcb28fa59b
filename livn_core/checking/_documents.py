"""Check the JSON files beside a system."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import attrs
import numpy as np

from livn_core.checking._findings import Findings
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray
from livn_core.neuroh5.values import Population
from livn_core.system._graph import GraphDocument
from livn_core.system._original import ALLOWED, class_and_arguments


@attrs.frozen(eq=False)
class Facts:
    """What documents are held against: the sound part of the HDF5 files, and which documents there are."""

    populations: Mapping[str, Population]
    coordinates: Mapping[str, AnyArray | None]
    projections: Mapping[tuple[str, str], int]
    documents: Collection[str]
    """Names of the documents that are there."""
    graph: GraphDocument | None

    @property
    def uuid(self) -> str | None:
        """Identity of the system."""
        return None if self.graph is None else self.graph.uuid


@attrs.frozen
class Document:
    """One document, and where findings about it go."""

    name: str
    place: str
    findings: Findings

    def found(self, code: str, node: str, problem: str) -> None:
        """Report something about a place in it."""
        self.findings.add(code, self.place, node, problem)

    def attempt(self, code: str, work: Callable[[], Any]) -> Any:
        """What a piece of work gives; ``None`` where it fails, which is reported."""
        try:
            return work()
        except FormatError as error:
            self.found(code, error.node, error.problem)
            return None


def check_selection(document: Document, content: Any, facts: Facts) -> None:
    """Check a stored selection: gids of its populations, made for this system."""
    gids = content.get("gids") if isinstance(content, Mapping) else None
    if not isinstance(gids, Mapping) or not gids:
        document.found("selection-broken", "/gids", "has to hold the selected gids of each population")
        return
    for name, chosen in gids.items():
        _check_gids(document, name, chosen, facts.populations.get(name))
    meta = content.get("meta") or {}
    if not isinstance(meta, Mapping):
        document.found("selection-broken", "/meta", "has to be an object")
        return
    made_for = meta.get("graph")
    if made_for is not None and facts.uuid is not None and made_for != facts.uuid:
        document.found("selection-other-graph", "/meta/graph", f"is {made_for}, but this is {facts.uuid}")


def _check_gids(document: Document, name: str, chosen: Any, population: Population | None) -> None:
    node = f"/gids/{name}"
    if population is None:
        document.found("selection-population", node, "there is no population of this name")
        return
    if not isinstance(chosen, list) or not all(isinstance(one, int) and not isinstance(one, bool) for one in chosen):
        document.found("selection-broken", node, "has to be an array of gids")
        return
    outside = [gid for gid in chosen if not population.start <= gid < population.stop]
    if outside:
        held = f"{population.start} to {population.stop - 1}" if population.count else "no cell"
        document.found("selection-gid", node, f"{len(outside)} gids are not in it, which holds {held}: {outside[0]}, …")
    if len(set(chosen)) != len(chosen):
        document.found("selection-gid-twice", node, f"{len(chosen) - len(set(chosen))} gids are there already")


def check_params(document: Document, content: Any, facts: Facts) -> None:
    """Check parameters: an object, of a selection that is there."""
    if not isinstance(content, Mapping):
        document.found("params-broken", "/", "has to be an object")
    name = document.name.removeprefix("params/")
    if name != "default.json" and "/" not in name and f"selection/{name}" not in facts.documents:
        document.found("params-without-selection", "/", f"there is no selection/{name}")


def check_model(document: Document, content: Any, facts: Facts) -> None:
    """Check that a model names a class that may be built; nothing is imported."""
    named = document.attempt("model-broken", lambda: class_and_arguments(content, document.place))
    if named is not None and named[0] is not None and not named[0].startswith(ALLOWED):
        document.found("model-refused", "/cls", f"names {named[0]!r}, which is not under {', '.join(ALLOWED)}")


def box_of(tables: Mapping[str, AnyArray | None]) -> AnyArray | None:
    """The box around all cells whose places are known: float64, shape (2, 3), µm."""
    known = [table for table in tables.values() if table is not None and table.size]
    if not known:
        return None
    return np.stack([np.min([one.min(axis=0) for one in known], 0), np.max([one.max(axis=0) for one in known], 0)])
