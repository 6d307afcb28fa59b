"""The probability of a connection between populations."""

from __future__ import annotations

from typing import Any

import numpy as np

from livn_core.errors import InvalidArgumentError
from livn_core.plotting._figure import blank, styled


@styled
def populations(system: Any, figure: Any) -> Any:
    """Draw the table; see :meth:`livn_core.plotting.Plot.populations`."""
    from matplotlib.colors import PowerNorm

    names = [name for name in system.populations if system.population_count(name)]
    if not names:
        raise InvalidArgumentError(f"{system.name}: there are no cells, so there is nothing to draw")
    table = np.full((len(names), len(names)), np.nan)
    for pre, post in system.projection_names:
        table[names.index(pre), names.index(post)] = system.projection(pre, post).degree_statistics().probability
    side = max(4.6, 0.55 * len(names) + 1.8)
    drawn = blank(figure, side + 0.9, side)
    axes = drawn.add_subplot()
    shown = np.ma.masked_where(~(table > 0), table)
    top = float(np.nanmax(table)) if (table > 0).any() else 1.0
    image = axes.imshow(shown, cmap="magma_r", norm=PowerNorm(0.5, 0, top))
    for (row, column), value in np.ndenumerate(table):
        if value > 0:
            dark = image.norm(value) > 0.45
            axes.text(column, row, _short(value), ha="center", va="center", fontsize=8, color="w" if dark else "k")
    axes.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.set_xlabel("onto")
    axes.set_ylabel("from")
    drawn.colorbar(image, ax=axes, label="connection probability", shrink=0.85)
    drawn.suptitle(f"{system.name}: connections between populations", x=0.02, ha="left", fontsize=12)
    return drawn


def _short(value: float) -> str:
    return f"{value:.2f}".removeprefix("0") if value >= 0.01 else f"{value:.0e}".replace("e-0", "e-")
