"""What is drawn of a system, as arrays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np

from livn_core import System
from livn_core.errors import UnknownNameError
from livn_core.h5file import AnyArray

Direction: TypeAlias = Literal["in", "out"]
DIRECTIONS: Mapping[str, Direction] = {"in": "in", "out": "out"}
Content: TypeAlias = tuple[dict[str, AnyArray], dict[str, str]]
"""Arrays, and texts that describe them."""


def cells(system: System) -> Content:
    """Where the cells are.

    Returns
    -------
    arrays, texts
        ``positions``: float32, shape (n, 3), µm, in the order of the populations and ascending by gid in each.
        ``bounding_box``: float64, shape (2, 3), µm. Texts: ``populations``, a JSON list of name, start and count.
    """
    places = system.neuron_coordinates
    ranges = system.population_ranges
    populations = [{"name": name, "start": start, "count": count} for name, (start, count) in ranges.items()]
    arrays: dict[str, AnyArray] = {"positions": places[:, 1:].astype(np.float32), "bounding_box": system.bounding_box}
    return arrays, {"name": system.name, "populations": json.dumps(populations)}


def degrees(system: System) -> Content:
    """How many edges each cell has.

    Returns
    -------
    arrays, texts
        ``in N`` and ``out N`` for the N-th projection: uint32, one entry for each cell of its post and of its pre
        population. Texts: ``projections``, a JSON list of pre, post and number of edges.
    """
    arrays: dict[str, AnyArray] = {}
    listed = []
    for number, (pre, post) in enumerate(system.projection_names):
        projection = system.projection(pre, post)
        arrays[f"in {number}"] = projection.in_degree().astype(np.uint32)
        arrays[f"out {number}"] = projection.out_degree().astype(np.uint32)
        listed.append({"pre": pre, "post": post, "edges": projection.n_edges})
    return arrays, {"projections": json.dumps(listed)}


def edges(system: System, gid: int, direction: Direction) -> Content:
    """The edges of one cell.

    Parameters
    ----------
    direction
        ``in``: the edges onto it; ``out``: those that come from it.

    Returns
    -------
    arrays, texts
        ``gids``: int64, shape (m,), the cell at the other end of each edge; ``projection``: uint16, shape (m,), which
        of the system's projections the edge is of.

    Raises
    ------
    UnknownNameError
        There is no such cell.
    """
    own = _population_of(system, gid)
    gids, numbers = [np.empty(0, np.int64)], [np.empty(0, np.uint16)]
    for number, (pre, post) in enumerate(system.projection_names):
        if own != (post if direction == "in" else pre):
            continue
        found = _others(system, pre, post, gid, direction)
        gids.append(found)
        numbers.append(np.full(found.size, number, np.uint16))
    return {"gids": np.concatenate(gids), "projection": np.concatenate(numbers)}, {"gid": str(gid)}


def _others(system: System, pre: str, post: str, gid: int, direction: Direction) -> AnyArray:
    projection = system.projection(pre, post)
    if direction == "in":
        return projection.in_edges([gid]).pre_gids.astype(np.int64)
    return projection.out_edges([gid]).post_gid_per_edge.astype(np.int64)


def _population_of(system: System, gid: int) -> str:
    for name, (start, count) in system.population_ranges.items():
        if start <= gid < start + count:
            return name
    raise UnknownNameError(f"{system.name}: there is no cell {gid}")
