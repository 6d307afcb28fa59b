"""livn 2.0.0, from the package index."""

from __future__ import annotations

from suite.graphs import PAIRS


class Original:
    """What its own documentation shows."""

    def __init__(self, place):
        from livn.system import System

        self._place, self._system = place, System

    def _edges(self, system, pairs):
        edges = [system.projection_array(*pair) for pair in pairs]
        return sum(len(sources) for pair in edges for _, (sources, _) in pair)

    def network(self):
        def work():
            system = self._system(self._place)
            return len(system.neuron_coordinates), self._edges(system, PAIRS)

        return work

    def projection(self):
        return lambda: self._edges(self._system(self._place), [("EXC", "EXC")])

    sizes = projection

    def coordinates(self):
        return lambda: len(self._system(self._place).neuron_coordinates)

    def counts(self):
        def work():
            system = self._system(self._place)
            edges = self._edges(system, PAIRS)
            return edges, system.summary()["num_projections"]

        return work
