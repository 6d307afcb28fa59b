"""The parts of one projection in a file: ``/Projections/<post>/<pre>``, its edges and its namespaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from livn_core.errors import unknown_name
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


def choose_attributes(
    namespaces: Mapping[str, Sequence[str]], names: Sequence[str] | None, where: str
) -> tuple[tuple[str, str], ...]:
    """Edge attributes as (namespace, name).

    Parameters
    ----------
    namespaces
        What there is.
    names
        Full names, ``"Namespace/name"``; ``None``: all.
    where
        The place, for messages.

    Raises
    ------
    UnknownNameError
        There is no such attribute.
    """
    known = {f"{namespace}/{name}": (namespace, name) for namespace, all_ in namespaces.items() for name in all_}
    for name in names or ():
        if name not in known:
            raise unknown_name("edge attribute", name, known, where)
    return tuple(known.values()) if names is None else tuple(known[name] for name in names)
