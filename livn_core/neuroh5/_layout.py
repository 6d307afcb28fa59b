"""The parts of one projection in a file: ``/Projections/<post>/<pre>``, its edges and its namespaces."""

from __future__ import annotations

import attrs

from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Population

TOP = "/Projections"
EDGES = "Edges"
BLOCK_INDEX = "Destination Block Index"
BLOCK_POINTER = "Destination Block Pointer"
POINTER = "Destination Pointer"
SOURCE = "Source Index"
DATASETS = (BLOCK_INDEX, BLOCK_POINTER, POINTER, SOURCE)


@attrs.frozen
class EdgeLayout:
    """One projection's place in the file."""

    pre: Population
    post: Population
    top: str
    """The projection's group, whose subgroups are the namespaces."""
    edges: str
    """The group that holds the four datasets of the edges."""

    def path(self, dataset: str) -> str:
        """Path of one of the four datasets."""
        return f"{self.edges}/{dataset}"


def list_edge_namespaces(store: Store, layout: EdgeLayout) -> dict[str, tuple[str, ...]]:
    """Namespaces of a projection, with the names of their attributes, both ordered by name."""
    return {
        namespace: tuple(
            name
            for name in store.keys(f"{layout.top}/{namespace}")
            if store.is_dataset(f"{layout.top}/{namespace}/{name}")
        )
        for namespace in store.keys(layout.top)
        if namespace != EDGES and store.is_group(f"{layout.top}/{namespace}")
    }
