"""Check ``graph.json`` against the HDF5 files: populations, counts, layers, projections, kinds of synapses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livn_core.checking._documents import Document, Facts
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray
from livn_core.system._connectivity import SIGNS
from livn_core.system._extent import box_of_layers
from livn_core.system._graph import GraphDocument

CONFIG = "/architecture/config"
TOLERANCE = 1e-3
"""µm: coordinates are float32, the extents of layers are not."""


def parse_graph(document: Document, content: Any) -> GraphDocument | None:
    """The graph; ``None`` where it is broken, which is reported."""
    try:
        return GraphDocument.parse(content, document.place)
    except FormatError as error:
        newer = error.node == "/version" and type(content["version"]) is int
        document.found("graph-version" if newer else "graph-broken", error.node, error.problem)
        return None


def check_graph(document: Document, graph: GraphDocument, facts: Facts) -> None:
    """Check a graph that could be parsed."""
    cells = document.attempt("graph-broken", lambda: graph._architecture_part("cell_distributions"))
    layers = document.attempt("graph-broken", lambda: graph._architecture_part("layer_extents"))
    if cells:
        _check_populations(document, cells, facts)
        _check_layers_of_cells(document, cells, layers or {})
    if layers and document.attempt("graph-layer-broken", lambda: graph.layer_extents) is not None:
        _check_positions(document, box_of_layers(graph.layer_extents), facts)
    config = document.attempt("graph-synapses-broken", lambda: graph.connections_config)
    if config is not None and config["synapses"]:
        _check_synapses(document, config["synapses"], facts)


def _check_populations(document: Document, cells: Mapping[str, Any], facts: Facts) -> None:
    node = f"{CONFIG}/cell_distributions"
    for name in facts.populations:
        if name not in cells:
            document.found("graph-population-missing", node, f"does not have the population {name}")
    for name, layers in cells.items():
        population = facts.populations.get(name)
        if population is None:
            document.found("graph-population-unknown", f"{node}/{name}", "the HDF5 files have no such population")
        elif isinstance(layers, Mapping) and all(isinstance(one, int | float) for one in layers.values()):
            count = sum(layers.values())
            if count != population.count:
                problem = f"sums up to {count} cells, but the HDF5 files have {population.count}"
                document.found("graph-count", f"{node}/{name}", problem)


def _check_layers_of_cells(document: Document, cells: Mapping[str, Any], layers: Mapping[str, Any]) -> None:
    named = {layer for some in cells.values() if isinstance(some, Mapping) for layer, count in some.items() if count}
    for layer in sorted(named - set(layers)):
        document.found("graph-layer-unknown", f"{CONFIG}/layer_extents", f"does not have the layer {layer}")


def _check_positions(document: Document, box: AnyArray, facts: Facts) -> None:
    for name, table in facts.coordinates.items():
        if table is None:
            continue
        outside = np.flatnonzero(((table < box[0] - TOLERANCE) | (table > box[1] + TOLERANCE)).any(axis=1))
        if outside.size:
            gid = int(outside[0]) + facts.populations[name].start
            problem = f"{outside.size:,} cells of {name} lie outside all layers, the first of them is gid {gid}"
            document.found("position-outside-layers", f"{CONFIG}/layer_extents", problem)


def _check_synapses(document: Document, synapses: Mapping[str, Mapping[str, Any]], facts: Facts) -> None:
    node = "/connections/…/config/synapses"
    declared = {(pre, post) for post, sources in synapses.items() for pre in sources}
    for name in sorted({one for pair in declared for one in pair} - set(facts.populations)):
        document.found("graph-synapse-population", node, f"the HDF5 files have no population {name}")
    for post, sources in synapses.items():
        for pre, settings in sources.items():
            if settings.get("type") not in SIGNS:
                problem = f"is {settings.get('type')!r}, not {' or '.join(SIGNS)}"
                document.found("graph-synapse-type", f"{node}/{post}/{pre}/type", problem)
    for pre, post in facts.projections:
        if (pre, post) not in declared:
            document.found("graph-projection-undeclared", node, f"does not have {pre} -> {post}, which has edges")
    for pre, post in sorted(declared - set(facts.projections)):
        document.found("graph-projection-absent", f"{node}/{post}/{pre}", "the HDF5 files have no such projection")
