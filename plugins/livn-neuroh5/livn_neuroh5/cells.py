"""Which cell attributes neuroh5 reads right.

neuroh5 reads the Cell Index and Attribute Pointer of *every* attribute of a namespace, whichever is asked for, and
what it throws while it lists them unwinds through HDF5's own C. So all of them must be sound, not only the one that is
wanted.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from livn_core.h5file import IntArray
from livn_neuroh5.metadata import Metadata, check_pointer, labels_of
from livn_neuroh5.populations import Population, Populations, check_name
from livn_neuroh5.routes import Refused
from livn_neuroh5.rows import Rows
from livn_neuroh5.targets import VALUES

INDEX = "Cell Index"
POINTER = "Attribute Pointer"
READ_RIGHT = frozenset(("float32", "uint8", "int8", "uint16", "int16", "uint32", "int32"))


@attrs.frozen(eq=False)
class CellNamespace:
    """A namespace of cell attributes that neuroh5 can be shown."""

    population: str
    owner: Population
    name: str
    index: Mapping[str, IntArray]
    """int64, relative to the population, in the order of the file; by attribute."""
    pointer: Mapping[str, IntArray]
    """int64; attributes without a pointer are not in it."""

    @property
    def top(self) -> str:
        """Path of its group."""
        return f"/Populations/{self.population}/{self.name}"

    @property
    def index_by_path(self) -> dict[str, IntArray]:
        """All indices and pointers, by path."""
        index = {f"{self.top}/{name}/{INDEX}": values for name, values in self.index.items()}
        return index | {f"{self.top}/{name}/{POINTER}": values for name, values in self.pointer.items()}

    @property
    def values_paths(self) -> list[str]:
        """Paths of the values of all attributes."""
        return [f"{self.top}/{name}/{VALUES}" for name in self.index]


def read_namespace(metadata: Metadata, populations: Populations, population: str, namespace: str) -> CellNamespace:
    """Read the indices of all attributes of a namespace, and check that neuroh5 survives them.

    Raises
    ------
    Refused
        It would not, or is not known to.
    """
    owner = populations[population]
    top = f"/Populations/{population}/{namespace}"
    check_name(top, namespace)
    names = [name for name in metadata.keys(top) if metadata.is_dataset(f"{top}/{name}/{VALUES}")]
    for name in names:
        check_name(top, name)
        _check_listing(metadata, f"{top}/{name}")
    index = metadata.integers([f"{top}/{name}/{INDEX}" for name in names])
    pointed = [name for name in names if metadata.is_dataset(f"{top}/{name}/{POINTER}")]
    pointer = metadata.integers([f"{top}/{name}/{POINTER}" for name in pointed])
    by_name = dict(zip(names, index, strict=True))
    found = CellNamespace(population, owner, namespace, by_name, dict(zip(pointed, pointer, strict=True)))
    for name in pointed:
        _check_length(found, name)
    return found


def _check_listing(metadata: Metadata, node: str) -> None:
    if metadata.get(f"{node}/{POINTER}") is not None and not metadata.is_dataset(f"{node}/{POINTER}"):
        raise Refused(f"{node}/{POINTER}", "it is no dataset")
    dtype = metadata.dtype(f"{node}/{VALUES}")
    if dtype.kind not in "iuf" or (labels_of(dtype) and dtype.itemsize != 1):
        raise Refused(f"{node}/{VALUES}", f"neuroh5 fails over its type, {dtype}, and with it over all its namespace")


def _check_length(namespace: CellNamespace, name: str) -> None:
    cells, pointers = namespace.index[name].size, namespace.pointer[name].size
    if cells and pointers != cells + 1:
        where = f"{namespace.top}/{name}/{POINTER}"
        raise Refused(where, f"it has {pointers} elements for {cells} cells, and neuroh5 wants {cells + 1}")


def attribute_rows(metadata: Metadata, namespace: CellNamespace, name: str) -> Rows:
    """Which values belong to which cell, for an attribute whose values neuroh5 reads right.

    Raises
    ------
    Refused
        It reads them wrongly, or not at all.
    """
    node = f"{namespace.top}/{name}"
    dtype = metadata.dtype(f"{node}/{VALUES}")
    if labels_of(dtype):
        raise Refused(f"{node}/{VALUES}", "HDF5 converts values of an enum by their names, and loses those without one")
    if dtype.name not in READ_RIGHT:
        raise Refused(f"{node}/{VALUES}", f"neuroh5 does not survive, or does not read, {dtype}")
    if name not in namespace.pointer:
        raise Refused(f"{node}/{POINTER}", "it is missing, and then neuroh5 returns nothing for a selection of cells")
    index, pointer = namespace.index[name], namespace.pointer[name]
    check_pointer(f"{node}/{POINTER}", pointer, metadata.length(f"{node}/{VALUES}"))
    if index.size and (index.min() < 0 or index.max() >= namespace.owner.count):
        raise Refused(f"{node}/{INDEX}", "it names a cell outside its population, which neuroh5 does not notice")
    metadata.look_over([f"{node}/{VALUES}"])
    return Rows(index + namespace.owner.start, pointer)


def same_cells(rows: Mapping[str, Rows]) -> list[list[str]]:
    """Group attributes that the same cells have.

    neuroh5 gives the attributes of a cell that lacks one of them wrong names, so only these are asked for together.
    """
    groups: dict[bytes, list[str]] = {}
    for name, one in rows.items():
        groups.setdefault(np.unique(one.gids).tobytes(), []).append(name)
    return list(groups.values())
