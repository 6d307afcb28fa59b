"""Connection probability over distance."""

from __future__ import annotations

from typing import Any

from livn_core.analysis import distance_statistics
from livn_core.plotting._figure import marker, styled
from livn_core.plotting._panels import add_legend, lay_out, look, panels


@styled
def distance(system: Any, bins: Any, figure: Any) -> Any:
    """Draw probabilities; see :meth:`livn_core.plotting.Plot.distance`."""
    found = panels(system)
    drawn, axes = lay_out(system, figure, found)
    sampled = False
    for one, panel in zip(axes, found, strict=True):
        for pre in panel.pres:
            measured = distance_statistics(system, pre, panel.post, bins)
            sampled |= not measured.exact
            middles = (measured.bins[:-1] + measured.bins[1:]) / 2
            shape = marker(system.populations.index(pre))
            one.plot(middles, measured.probability, marker=shape, markersize=3.5, label=pre, **look(system, pre))
        one.set_xlabel("distance (µm)")
        one.set_ylabel("connection probability")
        one.set_xlim(left=0)
        one.set_ylim(bottom=0)
    add_legend(drawn, axes, "from")
    note = "; pairs of cells estimated from a sample" if sampled else ""
    drawn.suptitle(f"{system.name}: connection probability over distance{note}", x=0.02, ha="left", fontsize=12)
    return drawn
