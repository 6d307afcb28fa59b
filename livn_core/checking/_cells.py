"""Check the attributes of cells: whose values they are, and whether each has its own."""

from __future__ import annotations

import attrs
import numpy as np

from livn_core.checking._looking import Look
from livn_core.h5file import IntArray
from livn_core.neuroh5._cells import INDEX, POINTER, VALUE
from livn_core.neuroh5.values import Population

DATASETS = frozenset({INDEX, POINTER, VALUE})
TREES = "Trees"


@attrs.frozen(eq=False)
class Attribute:
    """An attribute whose structure is sound."""

    path: str
    cells: IntArray
    """int64, shape (n,): its cells, relative to the population, in file order."""
    counts: IntArray
    """int64, shape (n,): how many values each has."""
    shared: bool
    """Whether every cell has all of the values."""

    @property
    def values(self) -> str:
        """Path of the dataset of its values."""
        return f"{self.path}/{VALUE}"


def check_attributes(look: Look, population: Population) -> dict[str, dict[str, Attribute]]:
    """Check all attributes of a population, and give the sound ones: ``{namespace: {name: …}}``."""
    top = f"/Populations/{population.name}"
    found: dict[str, dict[str, Attribute]] = {}
    for namespace in look.keys(top):
        if not look.is_group(f"{top}/{namespace}"):
            look.found("object-unknown", f"{top}/{namespace}", "is no namespace")
            continue
        for name in look.keys(f"{top}/{namespace}"):
            attribute = _check_member(look, population, namespace, name)
            if attribute is not None:
                found.setdefault(namespace, {})[name] = attribute
    return found


def _check_member(look: Look, population: Population, namespace: str, name: str) -> Attribute | None:
    path = f"/Populations/{population.name}/{namespace}/{name}"
    if not look.is_group(path):
        if (namespace, name) != (TREES, INDEX):
            look.found("object-unknown", path, "is no attribute")
        return None
    members = set(look.keys(path))
    if VALUE not in members or not look.is_dataset(f"{path}/{VALUE}"):
        if members & DATASETS:
            look.found("attribute-values-missing", path, f"has no dataset {VALUE!r}")
        else:
            look.found("object-unknown", path, "is no attribute")
        return None
    aliases = {"Section Pointer"} if namespace == TREES else set()
    for other in sorted(members - DATASETS - aliases):
        look.found("object-unknown", f"{path}/{other}", "is no part of an attribute")
    return _check_attribute(look, population, path)


def _check_attribute(look: Look, population: Population, path: str) -> Attribute | None:
    dtype, index = look.check_values(f"{path}/{VALUE}"), f"{path}/{INDEX}"
    if not look.is_dataset(index):
        look.found("attribute-index-missing", path, f"has no dataset {INDEX!r}")
        return None
    cells = look.integers(index, "uint32")
    if cells is None or dtype is None:
        return None
    size = look.store.length(f"{path}/{VALUE}")
    sound = check_cells(look, "cell-outside", index, cells, population)
    _check_twice(look, index, cells, population)
    counts = _counts(look, path, cells.size, size)
    if counts is None or not sound:
        return None
    return Attribute(path, cells, counts, not look.is_dataset(f"{path}/{POINTER}"))


def check_cells(look: Look, code: str, node: str, cells: IntArray, population: Population) -> bool:
    """Whether cells, relative to a population, are all in it; those that are not are reported, with their number."""
    outside = np.flatnonzero((cells >= population.count) | (cells < 0))
    if outside.size:
        look.found(
            code,
            node,
            f"{outside.size:,} entries lie outside population {population.name}, which has {population.count:,} cells; "
            f"the first of them, number {outside[0]}, is cell {cells[outside[0]]}",
        )
    return not outside.size


def _check_twice(look: Look, node: str, cells: IntArray, population: Population) -> None:
    unique, counts = np.unique(cells, return_counts=True)
    twice = unique[counts > 1]
    if twice.size:
        gid = population.start + int(twice[0])
        look.found("cell-twice", node, f"{twice.size:,} cells have several rows; the first of them is gid {gid}")


def _counts(look: Look, path: str, n_cells: int, size: int) -> IntArray | None:
    """How many values each cell has; ``None`` where the pointer is wrong, which is reported."""
    node = f"{path}/{POINTER}"
    if not look.is_dataset(node):
        look.found("attribute-pointer-missing", path, f"has no dataset {POINTER!r}")
        return np.full(n_cells, size, np.int64)
    pointer = look.integers(node, "uint64")
    if pointer is None:
        return None
    if n_cells == 0 and size == 0 and pointer.size <= 1:
        return np.empty(0, np.int64)
    if pointer.size != n_cells + 1:
        look.found("attribute-pointer-length", node, f"has {pointer.size} elements for {n_cells} cells")
        return None
    return np.diff(pointer) if look.check_pointer(node, pointer, size, "values") else None
