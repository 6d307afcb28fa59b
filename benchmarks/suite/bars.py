"""Figures that bars are about, out of the samples of a work."""

from __future__ import annotations

import statistics


def pairs(samples, contender, reference, key="warm"):
    """The ratios of samples that were taken in the same round."""
    return [one[key] / base[key] for one, base in zip(samples[contender], samples[reference], strict=False)]


def middle(samples, contender, reference, key="warm"):
    """The median of the ratios, or ``None`` where one of the two was missing."""
    if not samples.get(contender) or not samples.get(reference):
        return None
    return statistics.median(pairs(samples, contender, reference, key))


def ratio(contender, reference, layout=None, key="warm"):
    """A contender's time divided by another's, on the graph of a layout."""

    def value(found):
        graph = _of_layout(found, layout)
        return graph and middle(found[graph], contender, reference, key)

    return value


def largest(contender, key):
    """The largest figure of a contender on any graph."""

    def value(found):
        figures = [sample[key] for samples in found.values() for sample in samples.get(contender, ())]
        return max(figures) if figures else None

    return value


def growth(contender, key="warm", per_edge=True):
    """By how much a figure, or that for each edge, grows from the smallest graph to the largest."""

    def value(found):
        graphs = sorted((graph for graph in found if found[graph].get(contender)), key=lambda graph: graph.edges)
        if len(graphs) < 2:
            return None
        small, large = graphs[0], graphs[-1]
        one, other = (statistics.median(sample[key] for sample in found[graph][contender]) for graph in (small, large))
        return other / one / (large.edges / small.edges if per_edge else 1)

    return value


def _of_layout(found, layout):
    return next((graph for graph in found if layout in (None, graph.layout)), None)
