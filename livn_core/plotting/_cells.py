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
"""A system whose depth is no more than this part of its narrower side is drawn from above."""

LEFT, RIGHT, TOP, BOTTOM, GAP = 0.75, 1.75, 0.45, 0.55, 0.7
"""Inches around the axes, for labels and the legend, and between them."""

LARGEST, LEGEND = (8.6, 6.2), 0.195
"""Width and height of a new figure, at most; the height of a line of the legend."""

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
        view = "all" if extent[2] > FLAT * extent[:2].min() else "xy"
    contacts = _electrodes(system) if electrodes else np.empty((0, 3))
    box = _box(np.concatenate([*places.values(), contacts]))
    lines = len(places) + bool(len(contacts))
    drawn, axes = _lay_out(figure, ("xy", "xz", "zy") if view == "all" else (view,), box[1] - box[0], lines)
    for plane, one in axes.items():
        _draw(one, plane, places, system, contacts)
        first, second = ("xyz".index(axis) for axis in plane)
        one.set(xlim=box[:, first], ylim=box[:, second], xlabel=f"{plane[0]} (µm)", ylabel=f"{plane[1]} (µm)")
    _legend(drawn, next(iter(axes.values())))
    drawn.suptitle(f"{system.name}: {system.num_neurons:,} cells", x=0.02, y=0.98, ha="left", va="top", fontsize=12)
    return drawn


def _box(points: Points) -> Points:
    """What the axes show: float64, shape (2, 3), µm: all points with a margin, and no side too thin to be seen."""
    low, high = points.min(axis=0), points.max(axis=0)
    widest = max(float((high - low).max()), 1.0)
    middle, half = (low + high) / 2, np.maximum(high - low, 0.06 * widest) / 2 + 0.03 * widest
    return np.stack([middle - half, middle + half])


def _lay_out(figure: Any, planes: tuple[str, ...], extent: Points, lines: int) -> tuple[Any, dict[str, Any]]:
    """Axes of one scale: the plan, and beside and below it, the two views from the sides.

    Layout engines of matplotlib know no scale that several axes share, so the places are computed here, in inches.
    """
    sizes = dict(zip("xyz", extent.tolist(), strict=True))
    across, up = ({plane[at] for plane in planes} for at in (0, 1))
    columns, rows = [one for one in "xyz" if one in across], [one for one in "yxz" if one in up]
    gaps = GAP * (len(columns) - 1), GAP * (len(rows) - 1)
    width, height = _size(figure)
    room = width - LEFT - RIGHT - gaps[0], height - TOP - BOTTOM - gaps[1]
    scale = min(room[0] / sum(sizes[one] for one in columns), room[1] / sum(sizes[one] for one in rows))
    if figure is None:
        used = height - room[1] + scale * sum(sizes[one] for one in rows)
        height = max(used, LEGEND * lines + 0.25)
        width -= room[0] - scale * sum(sizes[one] for one in columns)
    drawn = blank(figure, width, height, layout=None)
    axes = {}
    for plane in planes:
        left = LEFT + sum(sizes[one] * scale + GAP for one in columns[: columns.index(plane[0])])
        above = TOP + sum(sizes[one] * scale + GAP for one in rows[: rows.index(plane[1])])
        wide, high = (sizes[axis] * scale for axis in plane)
        axes[plane] = drawn.add_axes((left / width, 1 - (above + high) / height, wide / width, high / height))
    return drawn, axes


def _size(figure: Any) -> tuple[float, float]:
    """The size of a figure in inches; of a new one, how large it may be at most."""
    if figure is None:
        return LARGEST
    box = figure.bbox.transformed(figure.dpi_scale_trans.inverted())
    return float(box.width), float(box.height)


def _draw(axes: Any, plane: str, places: dict[str, Points], system: Any, contacts: Points) -> None:
    first, second = ("xyz".index(axis) for axis in plane)
    total = sum(map(len, places.values()))
    size = float(np.clip(12_000 / total, 1.5, 70))
    order = {name: index for index, name in enumerate(system.populations)}
    if len(contacts):
        square = float(np.clip(9_000 / len(contacts), 6, 120))
        axes.scatter(
            contacts[:, first], contacts[:, second], square, marker="s", facecolors="none", edgecolors="#888888",
            linewidths=0.9 if len(contacts) < 200 else 0.5, label=f"electrodes ({len(contacts):,})", zorder=1,
        )  # fmt: skip
    # The largest population first, or it would hide the others.
    for name in sorted(places, key=lambda one: -len(places[one])):
        xyz = places[name]
        axes.scatter(
            xyz[:, first], xyz[:, second], size, marker=marker(order[name]), color=colour(order[name]), linewidths=0,
            alpha=0.85 if total < MANY else 0.6, label=f"{name} ({len(xyz):,})", rasterized=total >= MANY, zorder=2,
        )  # fmt: skip


def _legend(figure: Any, axes: Any) -> None:
    handles, labels = axes.get_legend_handles_labels()
    legend = figure.legend(handles, labels, loc="upper right", handletextpad=0.4, borderaxespad=0.6)
    for handle in legend.legend_handles:
        handle.set_sizes([36])
        handle.set_alpha(1)


def _electrodes(system: Any) -> Points:
    """Where the electrodes are: float64, shape (n, 3), µm; none where there is no MEA."""
    document = system.load_file(FILE, None)
    if document is None:
        return np.empty((0, 3))
    return MEA.from_json(document, FILE).electrode_coordinates[:, 1:4]
