"""In-degrees as histograms."""

from __future__ import annotations

from typing import Any

import numpy as np

from livn_core.h5file import AnyArray
from livn_core.plotting._figure import styled
from livn_core.plotting._panels import add_legend, lay_out, look, panels

BINS = 40


@styled
def degrees(system: Any, figure: Any) -> Any:
    """Draw in-degrees; see :meth:`livn_core.plotting.Plot.degrees`."""
    found = panels(system)
    drawn, axes = lay_out(system, figure, found)
    for one, panel in zip(axes, found, strict=True):
        counts = {pre: system.projection(pre, panel.post).in_degree() for pre in panel.pres}
        borders = _borders(max(int(degree.max()) for degree in counts.values()))
        for pre, degree in counts.items():
            looks = look(system, pre)
            one.hist(degree, borders, histtype="stepfilled", color=looks["color"], alpha=0.16)
            one.hist(
                degree, borders, histtype="step", linewidth=1.5, label=pre, edgecolor=looks["color"],
                linestyle=looks["linestyle"],
            )  # fmt: skip
        one.set_xlabel("in-degree (edges per cell)")
        one.set_ylabel("cells")
        one.set_xlim(borders[0], borders[-1])
        one.yaxis.get_major_locator().set_params(integer=True)
        one.xaxis.get_major_locator().set_params(integer=True)
    add_legend(drawn, axes, "from")
    drawn.suptitle(f"{system.name}: in-degrees", x=0.02, ha="left", fontsize=12)
    return drawn


def _borders(most: int) -> AnyArray:
    """Bins of whole numbers, each in the middle of its bar, and all bars of the same width."""
    width = max(-(-(most + 1) // BINS), 1)
    return np.arange(0, most + 1 + width, width) - 0.5
