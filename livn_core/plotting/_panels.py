"""A panel for each post population, and in it something for each population that projects onto it."""

from __future__ import annotations

from typing import Any

import attrs

from livn_core.errors import InvalidArgumentError
from livn_core.plotting._figure import blank, colour, grid_shape, line

MOST = 6
"""How many pre populations a panel shows; of more, those with the most edges."""


@attrs.frozen
class Panel:
    """One post population."""

    post: str
    pres: tuple[str, ...]
    """Those that are drawn, in the order of the system."""
    others: int
    """How many project onto it as well, with fewer edges."""


def panels(system: Any) -> list[Panel]:
    """The panels of a system, in the order of its populations; none for a population that nothing projects onto."""
    pairs = system.projection_names
    edges = {pair: system.projection(*pair).n_edges for pair in pairs}
    found = []
    for post in system.populations:
        onto = sorted((pair for pair in pairs if pair[1] == post and edges[pair]), key=lambda pair: -edges[pair])
        shown = {pre for pre, _ in onto[:MOST]}
        if onto:
            pres = tuple(name for name in system.populations if name in shown)
            found.append(Panel(post, pres, len(onto) - len(pres)))
    if not found:
        raise InvalidArgumentError(f"{system.name}: there are no edges, so there is nothing to draw")
    return found


def lay_out(system: Any, figure: Any, found: list[Panel]) -> tuple[Any, list[Any]]:
    """A figure with axes for each panel, titled."""
    rows, columns = grid_shape(len(found))
    drawn = blank(figure, 3.3 * columns + 1.4, 2.5 * rows + 0.6)
    axes = drawn.subplots(rows, columns, squeeze=False).ravel().tolist()
    for empty in axes[len(found) :]:
        empty.set_axis_off()
    for one, panel in zip(axes, found, strict=False):
        more = f" ({panel.others} more not shown)" if panel.others else ""
        one.set_title(f"onto {panel.post}{more}")
    return drawn, axes[: len(found)]


def look(system: Any, population: str) -> dict[str, Any]:
    """The colour and the line of a population."""
    index = system.populations.index(population)
    return {"color": colour(index), "linestyle": line(index)}


def add_legend(figure: Any, axes: list[Any], title: str) -> None:
    """One legend for all panels."""
    found: dict[str, Any] = {}
    for one in axes:
        for handle, label in zip(*one.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    figure.legend(list(found.values()), list(found), loc="outside right upper", title=title, alignment="left")
