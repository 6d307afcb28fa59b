"""Check how the files of a system fit together, and the JSON documents beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import attrs

from livn_core.backends import Selection
from livn_core.checking._documents import Document, Facts, check_model, check_params, check_selection
from livn_core.checking._file import Contents
from livn_core.checking._findings import Findings
from livn_core.checking._graph import check_graph, parse_graph
from livn_core.checking._mea import check_mea
from livn_core.errors import BackendError
from livn_core.locations import join
from livn_core.neuroh5._layout import TOP
from livn_core.neuroh5._populations import ROWS
from livn_core.system._documents import GRAPH_FILE, MODEL_FILE
from livn_core.system._files import CELLS, CONNECTIONS, ONE_FILE
from livn_core.system._graph import GraphDocument
from livn_core.system._mea import FILE as MEA_FILE
from livn_core.system._sidecars import Sidecars, parse_json

Found = Mapping[str, Contents | None]
"""What was found in each file that is there; ``None`` where it cannot be read."""


def check_together(place: str, found: Found, findings: Findings) -> None:
    """Check which files there are, and whether a pair agrees."""
    if not found:
        findings.add("files-missing", place, "/", f"has neither {ONE_FILE} nor {CELLS}")
    if ONE_FILE in found or not found:
        return
    for name, code in ((CELLS, "cells-missing"), (CONNECTIONS, "connections-missing")):
        if name not in found:
            findings.add(code, join(place, name), "/", "there is no such file")
    cells, connections = found.get(CELLS), found.get(CONNECTIONS)
    if cells is not None and cells.projections:
        cells.look.found("data-unread", TOP, f"projections are read from {CONNECTIONS}")
    if connections is not None and connections.has_attributes:
        connections.look.found("data-unread", "/Populations", f"attributes of cells are read from {CELLS}")
    if cells is None or connections is None:
        return
    for name, population in connections.populations.items():
        other = cells.populations.get(name)
        if other != population:
            here = f"population {name} is {population.start}, {population.count} (first gid, cells) here"
            there = f"has it as {other.start}, {other.count}" if other else "lacks it"
            connections.look.found("files-disagree", ROWS, f"{here}, but {CELLS} {there}")


@attrs.frozen
class _Reached:
    """Through what sidecars are read: the backend of the HDF5 files."""

    selection: Selection
    options: Mapping[str, object]
    ranks: None = None


def check_directory(
    place: str, found: Found, selection: Selection | None, options: Mapping[str, object], findings: Findings
) -> None:
    """Check every JSON document of a system; without any HDF5 file that opens, nothing says how to read them."""
    if selection is None:
        return
    sidecars = Sidecars(place, _Reached(selection, options))
    contents: dict[str, Any] = {}
    try:
        names = sidecars.names()
    except BackendError as error:  # what was found in the HDF5 files is worth having all the same
        findings.add("documents-unknown", place, "/", str(error))
        return
    documents = {name: Document(name, sidecars.place(name), findings) for name in names}
    for name, document in documents.items():
        read = document.attempt("json-broken", partial(_parsed, sidecars, name))
        if read is not None:
            contents[name] = read[0]
    if GRAPH_FILE not in documents:
        findings.add("graph-missing", sidecars.place(GRAPH_FILE), "/", "there is no such file")
    graph = parse_graph(documents[GRAPH_FILE], contents[GRAPH_FILE]) if GRAPH_FILE in contents else None
    facts = _facts(found, documents, graph)
    _check_coordinates(found, facts)
    if graph is not None:
        check_graph(documents[GRAPH_FILE], graph, facts)
    for name, content in contents.items():
        check = _check_of(name)
        if check is not None:
            check(documents[name], content, facts)


def _parsed(sidecars: Sidecars, name: str) -> list[Any]:
    """The content of a document, in a list, since it may be ``null``."""
    return [parse_json(sidecars.read(name), name)]


def _facts(found: Found, documents: Collection[str], graph: GraphDocument | None) -> Facts:
    cells = found.get(ONE_FILE) or found.get(CELLS)
    connections = found.get(ONE_FILE) or found.get(CONNECTIONS)
    known = cells or connections
    projections = connections.projections if connections else {}
    return Facts(known.populations if known else {}, cells.coordinates if cells else {}, projections, documents, graph)


def _check_coordinates(found: Found, facts: Facts) -> None:
    cells = found.get(ONE_FILE) or found.get(CELLS)
    for name, population in facts.populations.items():
        if cells is not None and population.count and name not in facts.coordinates:
            cells.look.found("coordinates-missing", f"/Populations/{name}", "has no Generated Coordinates")


def _check_of(name: str) -> Callable[[Document, Any, Facts], None] | None:
    if name.startswith("selection/"):
        return check_selection
    if name.startswith("params/"):
        return check_params
    return {MEA_FILE: check_mea, MODEL_FILE: check_model}.get(name)
