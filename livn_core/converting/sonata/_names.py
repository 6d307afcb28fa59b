"""What is called how on either side."""

from __future__ import annotations

DOCUMENT = "sonata.json"
"""The document beside the HDF5 files that has what NeuroH5 has no place for."""

BOOKS = "SONATA"
"""Namespace of what only the way back needs: ids, groups, parts of numbers."""

LABELS = "Labels"
"""Namespace of text, as positions in the lists of words of the document."""

COORDINATES = "Generated Coordinates"

HOMES = {"node": "Attributes", "edge": "Synapses", "other": "Other Attributes"}
"""Namespaces of what has no other place."""

DYNAMICS = "dynamics_params"
AXES = ("x", "y", "z")


def flat(path: str) -> str:
    """A path as one name."""
    return path.replace("/", ".")


def home_of(kind: str, path: str, given: str | None = None) -> tuple[str, str]:
    """Namespace and name of an attribute in NeuroH5.

    Parameters
    ----------
    kind
        ``"node"`` or ``"edge"``.
    path
        Its place below a group of SONATA.
    given
        ``"Namespace/name"``, where it came from NeuroH5.
    """
    if given is not None and given.count("/") == 1 and all(given.split("/")):
        namespace, _, name = given.partition("/")
        return namespace, name
    if kind == "node" and path in AXES:
        return COORDINATES, f"{path.upper()} Coordinate"
    space, _, name = path.rpartition("/")
    if kind == "node" and space == "positions":
        return COORDINATES, f"{AXES[int(name)].upper()} Coordinate"
    return (space, name) if space else (HOMES[kind], name)


def of_groups(namespace: str, having: list[int], present: list[int]) -> str:
    """The namespace of an attribute that only cells of some groups have.

    neuroh5 confuses the names of attributes in one namespace unless the same cells have all of them.
    """
    if having == present:
        return namespace
    return f"{namespace} (group{'s' * (len(having) > 1)} {', '.join(map(str, having))})"
