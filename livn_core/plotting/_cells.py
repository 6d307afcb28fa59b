"""Cells in space, by population, with electrodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError
from livn_core.plotting._figure import blank, colour, marker, styled
from livn_core.system._extent import NAMESPACE
from livn_core.system._mea import FILE, MEA

PLANES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}
FLAT = 0.3
"""A system whose depth is no more than this part of its width is drawn from above."""

MANY = 20_000
"""From so many cells on, they are drawn as pixels also into a file of shapes, such as SVG."""

Points = npt.NDArray[np.float64]


@styled
def cells(system: Any, view: str, electrodes: bool, figure: Any) -> Any:
    """Draw the cells; see :meth:`livn_core.plotting.Plot.cells`."""
    if view not in {"auto", "all", *PLANES}:
        raise InvalidArgumentError(f"view={view!r} is no view; there is auto, all, {', '.join(PLANES)}")
    places = {
        name: system.coordinate_array(name)[:, 1:4]
        for name in system.populations
        if system.population_count(name) and NAMESPACE in system.namespaces(name)
    }
    if not places:
        raise InvalidArgumentError(f"{system.name}: no cell has a position, so there is nothing to draw")
    extent = np.ptp(np.concatenate(list(places.values())), axis=0)
    if view == "auto":
        view = "all" if extent[2] > FLAT * extent[:2].max() else "xy"
    contacts = _electrodes(system) if electrodes else np.empty((0, 3))
    drawn = blank(figure, *((8.2, 6.8) if view == "all" else (7.2, 5.4)))
    axes = _planes(drawn, extent) if view == "all" else {view: drawn.add_subplot(aspect="equal")}
    for plane, one in axes.items():
        _draw(one, plane, places, system, contacts)
    _legend(drawn, next(iter(axes.values())))
    drawn.suptitle(f"{system.name}: {system.num_neurons:,} cells", x=0.02, ha="left", fontsize=12)
    return drawn


def _planes(figure: Any, extent: Points) -> dict[str, Any]:
    """Above the plan from above, beside it the two views from the sides, all to one scale."""
    x, y, z = np.maximum(extent, extent.max() * 0.08)
    grid = figure.add_gridspec(2, 2, width_ratios=[x, z], height_ratios=[y, z])
    above = figure.add_subplot(grid[0, 0], aspect="equal", adjustable="datalim")
    front = figure.add_subplot(grid[1, 0], aspect="equal", adjustable="datalim", sharex=above)
    side = figure.add_subplot(grid[0, 1], aspect="equal", adjustable="datalim", sharey=above)
    return {"xy": above, "xz": front, "zy": side}


def _draw(axes: Any, plane: str, places: dict[str, Points], system: Any, contacts: Points) -> None:
    first, second = ("xyz".index(axis) for axis in plane)
    total = sum(map(len, places.values()))
    size = float(np.clip(12_000 / total, 1.5, 70))
    order = {name: index for index, name in enumerate(system.populations)}
    if len(contacts):
        square = float(np.clip(9_000 / len(contacts), 6, 120))
        axes.scatter(
            contacts[:, first], contacts[:, second], square, marker="s", facecolors="none", edgecolors="#888888",
            linewidths=0.9, label=f"electrodes ({len(contacts):,})", zorder=1,
        )  # fmt: skip
    # The largest population first, or it would hide the others.
    for name in sorted(places, key=lambda one: -len(places[one])):
        xyz = places[name]
        axes.scatter(
            xyz[:, first], xyz[:, second], size, marker=marker(order[name]), color=colour(order[name]), linewidths=0,
            alpha=0.85 if total < MANY else 0.6, label=f"{name} ({len(xyz):,})", rasterized=total >= MANY, zorder=2,
        )  # fmt: skip
    axes.set_xlabel(f"{plane[0]} (µm)")
    axes.set_ylabel(f"{plane[1]} (µm)")


def _legend(figure: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="outside right upper", handletextpad=0.4)
    for handle in legend.legend_handles:
        handle.set_sizes([36])
        handle.set_alpha(1)


def _electrodes(system: Any) -> Points:
    """Where the electrodes are: float64, shape (n, 3), µm; none where there is no MEA."""
    document = system.load_file(FILE, None)
    if document is None:
        return np.empty((0, 3))
    return MEA.from_json(document, FILE).electrode_coordinates[:, 1:4]
