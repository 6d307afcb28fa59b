"""The looks of all pictures: figures without pyplot, colours, axes, legends."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from livn_core.errors import missing_package

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#222222")
"""Okabe and Ito's colours in the order of contrast, without the yellow, which is hard to see on white."""

MARKERS = ("o", "^", "s", "D")
LINES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1.5, 1, 1.5)))

LOOKS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10.0,
    "axes.titlesize": 11.0,
    "axes.titlelocation": "left",
    "axes.labelsize": 10.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.linewidth": 0.8,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
}

P = ParamSpec("P")
T = TypeVar("T")


def styled(draw: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw with our looks, whatever the user's are, and leave theirs as they are."""

    @wraps(draw)
    def inside(*args: P.args, **settings: P.kwargs) -> T:
        try:
            import matplotlib as mpl
        except ImportError as error:
            raise missing_package("matplotlib", "a picture") from error

        with mpl.rc_context(LOOKS):
            return draw(*args, **settings)

    return inside


def blank(figure: Any, width: float, height: float, layout: str | None = "constrained") -> Any:
    """The figure to draw into: the one that was given, or a new one of that size in inches."""
    if figure is not None:
        return figure
    from livn_core.plotting._picture import Picture

    return Picture(figsize=(width, height), layout=layout, dpi=150)  # type: ignore[arg-type] # names of engines


def colour(index: int) -> str:
    """The colour of a population, by its place among all of them."""
    return PALETTE[index % len(PALETTE)]


def marker(index: int) -> str:
    """The marker of a population: another one from the eighth on."""
    return MARKERS[index // len(PALETTE) % len(MARKERS)]


def line(index: int) -> Any:
    """The line of a population: dashed from the eighth on."""
    return LINES[index // len(PALETTE) % len(LINES)]


def grid_shape(panels: int) -> tuple[int, int]:
    """Rows and columns for so many panels."""
    columns = min(panels, 2 if panels in {2, 4} else 3) if panels < 10 else 4
    return -(-panels // columns), columns
