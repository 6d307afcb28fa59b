"""Which datasets hold bulk values, and what neuroh5 calls them."""

from __future__ import annotations

from typing import TypeAlias

import attrs

EDGES = "Edges"
SOURCES = "Source Index"
VALUES = "Attribute Value"


@attrs.frozen
class CellValues:
    """The values of one attribute of cells; the columns of trees are such attributes too."""

    path: str
    population: str
    namespace: str
    name: str

    @property
    def group(self) -> tuple[str, ...]:
        """What neuroh5 reads in one call: a namespace of a population."""
        return ("Populations", self.population, self.namespace)


@attrs.frozen
class EdgeValues:
    """One value for each edge of a projection: where it comes from, or an attribute."""

    path: str
    post: str
    pre: str
    namespace: str
    """``"Edges"``: the sources."""
    name: str

    @property
    def group(self) -> tuple[str, ...]:
        """What neuroh5 reads in one call: a projection."""
        return ("Projections", self.post, self.pre)


Target: TypeAlias = CellValues | EdgeValues


def parse_target(path: str) -> Target | None:
    """What the dataset at a path holds; ``None``: metadata, or something that NeuroH5 does not know.

    Examples
    --------
    >>> parse_target("/Projections/INH/EXC/Edges/Source Index").pre
    'EXC'
    >>> parse_target("/H5Types/Populations")
    """
    parts = path.removeprefix("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        return None
    match parts:
        case ["Populations", population, namespace, name, "Attribute Value"]:
            return CellValues(path, population, namespace, name)
        case ["Projections", post, pre, "Source Index"]:  # the older layout
            return EdgeValues(path, post, pre, EDGES, SOURCES)
        case ["Projections", post, pre, namespace, name] if namespace != EDGES or name == SOURCES:
            return EdgeValues(path, post, pre, namespace, name)
    return None
