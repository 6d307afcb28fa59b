"""``livn systems stats``: degrees, distances and probabilities of each projection."""

from __future__ import annotations

import math
from typing import Any

import attrs
import click
import numpy as np

from livn_core.backends import BackendNames
from livn_core.cli._locate import locate
from livn_core.cli._options import backend_option, debug_option, json_option, system_argument
from livn_core.cli._output import print_heading, print_json, print_line, print_table
from livn_core.system import System

COLUMNS = (
    "projection", "edges", "in-degree", "out-degree", "edges/pair", "probability", "reciprocity", "distance (µm)",
)  # fmt: skip


@click.command()
@system_argument("system")
@backend_option
@json_option
@debug_option
def stats(system: str, backend: BackendNames | None, as_json: bool) -> None:
    """Show statistics of each projection of SYSTEM; all edges are read, a block at a time.

    Degrees and distances are means, with the standard deviation and the range; cells without edges count as 0. The
    JSON also has quantiles, and the probability of a connection over distance.
    """
    with System(locate(system, backend), backend=backend) as found:
        measured = found.statistics()
        if as_json:
            counts = {name: count for name, (_, count) in found.population_ranges.items()}
            print_json({"system": found.name, "populations": counts, "projections": [_plain(one) for one in measured]})
            return
        print_heading(f"{found.name}: {found.num_neurons:,} cells, {len(measured)} projections")
        if measured:
            print_table(COLUMNS, [_row(one) for one in measured], COLUMNS[1:])
        if any(one.distances is not None and not one.distances.exact for one in measured):
            print_line("probabilities over distance, in the JSON, are estimated from a sample where pairs are many")


def _row(one: Any) -> tuple[object, ...]:
    degrees, distances = one.degrees, one.distances
    return (
        f"{one.pre} -> {one.post}",
        f"{degrees.n_edges:,}",
        _spread(degrees.in_degree),
        _spread(degrees.out_degree),
        _short(degrees.edges_per_pair),
        _short(degrees.probability),
        _short(one.reciprocity),
        None if distances is None else _spread(distances),
    )


def _spread(one: Any) -> str | None:
    if math.isnan(one.mean):
        return None
    return f"{_short(one.mean)} ± {_short(one.std)} [{_short(one.minimum)}–{_short(one.maximum)}]"


def _short(number: float) -> str | None:
    return None if math.isnan(number) else f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.3g}"


def _plain(one: Any) -> Any:
    """Values as JSON has them: arrays are lists, and what is not a number is null."""
    match one:
        case np.ndarray():
            return [_plain(value) for value in one.tolist()]
        case float():
            return one if math.isfinite(one) else None
        case _ if attrs.has(type(one)):
            fields = {field.name: _plain(getattr(one, field.name)) for field in attrs.fields(type(one))}
            derived = {
                name: _plain(getattr(one, name)) for name in ("probability", "edges_per_pair") if hasattr(one, name)
            }
            return fields | derived
        case _ if hasattr(one, "items"):
            return {str(key): _plain(value) for key, value in one.items()}
    return one
