"""The JSON documents of a part that becomes a system of its own."""

from __future__ import annotations

import copy
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livn_core import __version__
from livn_core.errors import LivnError
from livn_core.h5file import IntArray
from livn_core.locations import shown
from livn_core.system._documents import GRAPH_FILE

if TYPE_CHECKING:
    from livn_core.system._subset import Subset

ORIGIN_FILE = "origin.json"
SELECTIONS = "selection/"
COUNTS, DISTRIBUTIONS = "cell_counts", "cell_distributions"

Renumber = Callable[[str, IntArray], IntArray]


def documents(subset: Subset, new: Renumber) -> dict[str, object]:
    """All documents of the new system.

    Parameters
    ----------
    subset
        What becomes a system.
    new
        Called with a population and gids of the source; gives the new gids.

    Returns
    -------
    dict
        ``{name: JSON, or bytes that are copied as they are}``.
    """
    names = [name for name in subset.sidecar_names if name != ORIGIN_FILE]
    stored = [name for name in names if name.startswith(SELECTIONS)]
    made: dict[str, object] = {
        name: subset.load_file(name, mode="rb") for name in names if name not in {GRAPH_FILE, *stored}
    }
    identity = None
    if GRAPH_FILE in names:
        identity = _identity(subset)
        made[GRAPH_FILE] = _graph(subset, identity)
    kept = {name: _selection(subset, name, new, identity) for name in stored}
    made |= {name: document for name, document in kept.items() if document is not None}
    left_out = [name for name, document in kept.items() if document is None]
    return {**made, ORIGIN_FILE: _origin(subset, new, left_out)}


def _identity(subset: Subset) -> str | None:
    """A uuid that the source's and the cells decide, so that cutting twice gives the same; None where it has none."""
    source = subset.graph.uuid
    if source is None:
        return None
    cells = hashlib.sha256(subset.gids.astype("<i8").tobytes()).hexdigest()
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{source}#{cells}"))


def _graph(subset: Subset, identity: str | None) -> Any:
    document = copy.deepcopy(subset.load_file(GRAPH_FILE))
    architecture = document.get("architecture")
    if identity is not None and isinstance(architecture, dict):
        architecture["lineage"] = [*(architecture.get("lineage") or []), architecture["uuid"]]
        architecture["uuid"] = identity
    for config in _configs(document):
        _count_again(config, subset)
    return document


def _configs(part: Any) -> Iterator[dict[str, Any]]:
    """Every ``config`` of every element."""
    if not isinstance(part, dict):
        return
    for name, value in part.items():
        if name == "config" and isinstance(value, dict):
            yield value
        else:
            yield from _configs(value)


def _count_again(config: dict[str, Any], subset: Subset) -> None:
    ranges = subset.population_ranges
    counts, distributions = config.get(COUNTS), config.get(DISTRIBUTIONS)
    if isinstance(counts, dict):
        config[COUNTS] = {name: ranges[name][1] if name in ranges else count for name, count in counts.items()}
    if isinstance(distributions, dict):
        config[DISTRIBUTIONS] = {
            name: _by_layer(subset, name, layers) if name in ranges and isinstance(layers, dict) else layers
            for name, layers in distributions.items()
        }


def _by_layer(subset: Subset, population: str, layers: Mapping[str, Any]) -> dict[str, int]:
    """How many of the cells each layer has: those nearest to it, which for a cell inside a layer is that one."""
    used = [name for name, count in layers.items() if count]
    count = subset.population_count(population)
    found = dict.fromkeys(layers, 0)
    if len(used) == 1 or not count:
        return {**found, **dict.fromkeys(used[:1], count)}
    extents = subset.graph.layer_extents
    boxes = [name for name in used if name in extents]
    if boxes:
        xyz = subset.coordinate_array(population)[:, 1:4]
        nearest = np.argmin([_distance(xyz, extents[name]) for name in boxes], axis=0)
        found |= dict(zip(boxes, np.bincount(nearest, minlength=len(boxes)).tolist(), strict=True))
    return found


def _distance(xyz: npt.NDArray[np.float64], box: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    outside = np.maximum(np.maximum(box[0] - xyz, xyz - box[1]), 0)
    distance: npt.NDArray[np.float64] = np.linalg.norm(outside, axis=1)
    return distance


def _selection(subset: Subset, file: str, new: Renumber, identity: str | None) -> dict[str, Any] | None:
    """A stored selection with new gids; None where nothing is left of it, or it was none of this system."""
    name = file.removeprefix(SELECTIONS).removesuffix(".json")
    try:
        whole, part = subset.source.selection_document(name), subset.selection_document(name)
    except LivnError:
        return None
    if not part["gids"]:
        return None
    gids = {one: new(one, np.array(chosen, np.int64)).tolist() for one, chosen in part["gids"].items()}
    meta = dict(part.get("meta") or {})
    if "graph" in meta and identity is not None:
        meta["graph"] = identity
    lost = sum(map(len, whole["gids"].values())) - sum(map(len, gids.values()))
    return {**part, "gids": gids, "meta": {**meta, "cells_left_out": lost} if lost else meta}


def _origin(subset: Subset, new: Renumber, left_out: list[str]) -> dict[str, Any]:
    source = subset.source
    return {
        "version": 1,
        "written_by": f"livn-core {__version__}",
        "source": {
            "name": source.name,
            "uri": shown(source.uri),
            "uuid": subset.graph.uuid if GRAPH_FILE in source.sidecar_names else None,
            "population_ranges": {name: list(one) for name, one in source.population_ranges.items()},
            "origin": source.load_file(ORIGIN_FILE, None),
        },
        "population_ranges": {
            name: [int(new(name, subset.population_gids(name)[:1])[0]) if count else None, count]
            for name, (_, count) in subset.population_ranges.items()
        },
        "gids": "cell attribute Origin/gid: the gid that each cell had in the source",
        "documents_left_out": left_out,
    }
