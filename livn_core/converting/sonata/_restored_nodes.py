"""The nodes of a SONATA network, put together again from the cells of a system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.converting.sonata._datasets import put_ids
from livn_core.converting.sonata._document import Table
from livn_core.converting.sonata._names import BOOKS, of_groups
from livn_core.converting.sonata._plan import extra_home
from livn_core.converting.sonata._restoring import (
    PARTS,
    check_whole,
    home,
    is_text,
    original,
    placed,
    scattered,
    stale,
    write_groups,
)
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import h5py

    from livn_core.neuroh5 import CellAttribute
    from livn_core.system import System


@attrs.define(slots=False, eq=False)
class NodeSource:
    """The nodes of one population, in a system."""

    system: System
    table: Table

    @property
    def populations(self) -> list[str]:
        """Their populations in NeuroH5."""
        return list(self.table.extra["populations"])

    @cached_property
    def books(self) -> dict[str, dict[str, AnyArray]]:
        """What the way back needs, by population."""
        found = {}
        for name in self.populations:
            if name not in self.system.population_ranges:
                raise stale(self.system, f"there is no population {name!r}")
            stored = self.system.cell_attributes(name, BOOKS) if BOOKS in self.system.namespaces(name) else {}
            count = self.system.population_count(name)
            plain = {key: one.values for key, one in stored.items() if len(one) == count and one.is_single}
            if count and not {"row", "node_type_id"} <= plain.keys():
                raise stale(self.system, f"cells of {name!r} have no {BOOKS}/row and {BOOKS}/node_type_id")
            found[name] = plain
        check_whole(self.system, self._joined(found, "row"), self.table, "node")
        return found

    def _joined(self, books: Mapping[str, Mapping[str, AnyArray]], key: str) -> IntArray:
        arrays = [one[key].astype(np.int64) for one in books.values() if key in one]
        return np.concatenate([np.empty(0, np.int64), *arrays])

    def column(self, key: str) -> IntArray | None:
        """A column of ids in the order of the rows; None where it was not kept."""
        found = self._joined(self.books, key)
        return scattered(found, self._joined(self.books, "row")) if found.size == self.table.size else None

    @cached_property
    def ids(self) -> IntArray:
        """What edges call each node: int64, by row."""
        found = self.column("node_id")
        return np.arange(self.table.size) if found is None or not self.table.size else found

    def id_of(self, name: str) -> IntArray:
        """What edges call the cells of one population of NeuroH5, in the order of their gids."""
        rows = self.books[name].get("row", np.empty(0, np.int64))
        found: IntArray = self.ids[rows.astype(np.int64)]
        return found

    def groups(self) -> tuple[IntArray, IntArray]:
        """Group, and row in it, of each node."""
        return placed(self.table, self.column("node_group_id"), self.column("node_group_index"))

    def columns(self) -> Iterator[tuple[int, str, AnyArray]]:
        """The attributes: group, path and values."""
        group_ids, index = self.groups()
        for number, columns in self.table.groups.items():
            rows = np.flatnonzero(group_ids == number)
            for path, column in columns.items():
                values = original(self._parts(path, column, number, group_ids), path, column, self.table)
                found = np.empty(rows.size, values.dtype)
                found[index[rows]] = values[rows] if values.size else found[index[rows]]
                yield number, path, found

    def _parts(self, path: str, column: Mapping[str, Any], number: int, group_ids: IntArray) -> dict[str, AnyArray]:
        """The stored parts of an attribute of one group: each by row, and 0 for nodes of other groups."""
        found: dict[str, AnyArray] = {}
        for name in self.populations:
            rows = self.books[name].get("row", np.empty(0, np.int64)).astype(np.int64)
            present = np.unique(group_ids[rows]).tolist()
            if number not in present:
                continue
            having = self._having(path, column, present)
            for part in PARTS:
                space, short = extra_home(home(self.table, path, column), path, part)
                attribute = self._read(name, of_groups(space, having, present), short)
                if attribute is not None:
                    start = self.system.population_ranges[name][0]
                    whole = found.setdefault(part, np.zeros(self.table.size, attribute.values.dtype))
                    whole[rows[attribute.gids - start]] = attribute.values
        if not found and self.table.size and (group_ids == number).any():
            raise stale(self.system, f"nodes of {self.table.name!r} have no {path!r}")
        return found or {"": np.empty(0, np.int64)}

    def _having(self, path: str, column: Mapping[str, Any], present: list[int]) -> list[int]:
        types = self.table.types
        if types is not None and not is_text(column) and path in types.numbers:
            return present
        return [
            one
            for one in present
            if path in self.table.groups.get(one, {}) and is_text(self.table.groups[one][path]) == is_text(column)
        ]

    def _read(self, population: str, namespace: str, name: str) -> CellAttribute | None:
        if name not in self.system.namespaces(population).get(namespace, ()):
            return None
        return self.system.cell_attributes(population, namespace, name)[name]


def write_nodes(group: h5py.Group, source: NodeSource) -> None:
    """Write one node population."""
    table = source.table
    group_ids, index = source.groups()
    type_ids = source.column("node_type_id")
    put_ids(group, "node_type_id", np.empty(0, np.int64) if type_ids is None else type_ids, table.ids)
    if "node_id" in table.ids:
        put_ids(group, "node_id", source.ids, table.ids)
    put_ids(group, "node_group_id", group_ids, table.ids)
    put_ids(group, "node_group_index", index, table.ids)
    write_groups(group, "node", table, source.columns())
