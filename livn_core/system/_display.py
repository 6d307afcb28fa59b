"""A system as text and as HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from livn_core.errors import LivnError

if TYPE_CHECKING:
    from livn_core.system._system import System


def summary_html(system: System) -> str:
    """A table of populations and one of projections, for notebooks."""
    try:
        populations = [(name, start, count) for name, (start, count) in system.population_ranges.items()]
        selection = system.backend_selection
    except LivnError as error:
        return f"<p>{html.escape(repr(system))}: {html.escape(str(error))}</p>"
    caption = f"{system.name}: {system.num_neurons} cells, read through {selection.name}, {selection.why}"
    return _table(caption, ("population", "first gid", "cells"), populations) + _table(
        "projections", ("pre", "post", "edges"), _projections(system)
    )


def _projections(system: System) -> list[tuple[object, ...]]:
    try:
        return [(pre, post, system.projection(pre, post).n_edges) for pre, post in system.projection_names]
    except LivnError as error:
        return [("", "", str(error))]


def _table(caption: str, head: tuple[str, ...], rows: list[tuple[object, ...]] | list[tuple[str, int, int]]) -> str:
    header = "".join(f"<th>{name}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><caption>{html.escape(caption)}</caption><tr>{header}</tr>{body}</table>"


def state(system: System) -> str:
    """An opened system in one phrase."""
    if system.closed:
        return "closed"
    try:
        cells = f"{system.num_neurons} cells in {len(system.populations)} populations"
        return f"{cells}, backend {system.backend!r}, {system.backend_selection.why}"
    except LivnError as error:
        # A repr that raises hides the error that somebody is looking for.
        return f"unreadable: {error}"
