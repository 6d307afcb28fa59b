"""Time over the number of edges, one picture for all layouts of a work."""

from __future__ import annotations

import statistics


def draw(found, path):
    """Write a picture of ``{graph: {contender: [sample, ...]}}``; needs matplotlib."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "livn"  # or each run names its parts anew
    mpl.rcParams["svg.fonttype"] = "none"  # letters, not their outlines: smaller by far
    from matplotlib import pyplot

    layouts = list(dict.fromkeys(graph.layout for graph in found))
    figure, axes = pyplot.subplots(1, len(layouts), figsize=(9, 3.6), sharey=True, squeeze=False)
    for layout, panel in zip(layouts, axes[0], strict=True):
        for contender, points in _lines(found, layout).items():
            panel.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=contender)
        panel.set(title=layout, xlabel="edges", ylabel="seconds, warm" if panel is axes[0][0] else "")
        panel.grid(alpha=0.3)
    axes[0][0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _lines(found, layout):
    lines = {}
    for graph, samples in found.items():
        if graph.layout == layout:
            for contender, taken in samples.items():
                point = (graph.edges, statistics.median(sample["warm"] for sample in taken))
                lines.setdefault(contender, []).append(point)
    return lines
