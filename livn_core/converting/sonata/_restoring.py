"""Put the SONATA network together again from which a system was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.converting._numbers import HIGH, LOW, NEAR, joined
from livn_core.converting.sonata._datasets import put_column, put_ids, put_library
from livn_core.converting.sonata._document import Table
from livn_core.converting.sonata._names import BOOKS, DOCUMENT, of_groups
from livn_core.converting.sonata._plan import extra_home
from livn_core.converting.sonata._rows import POSITIONS
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import h5py

    from livn_core.neuroh5 import CellAttribute
    from livn_core.system import System

PARTS = ("", NEAR, LOW, HIGH)


def stale(system: System, what: str) -> FormatError:
    """The error for a system that is no longer what its document describes."""
    return FormatError(
        f"{system.uri}/{DOCUMENT}",
        "/",
        f"does not fit the HDF5 files: {what}; were they changed? With restore=False (--no-restore) the system is "
        "written as it is, without this document",
    )


def check_whole(system: System, rows: IntArray, table: Table, kind: str) -> None:
    """Check that each row is there once."""
    if rows.size != table.size or not np.array_equal(np.bincount(rows, minlength=table.size), np.ones(table.size)):
        raise stale(system, f"{rows.size:,} {kind}s of {table.name!r} where it says {table.size:,}")


def scattered(values: AnyArray, rows: IntArray) -> AnyArray:
    """Values in the order of rows."""
    found = np.empty_like(values)
    found[rows] = values
    return found


def original(parts: dict[str, AnyArray], path: str, column: Mapping[str, Any], table: Table) -> AnyArray:
    """The values as SONATA had them: numbers of their type, or text, or positions in the group's library."""
    if not is_text(column):
        return joined(parts, np.dtype(column["dtype"]))
    words = table.words[path]
    if "library" not in column:
        return np.array(words, dtype=object)[parts[""]] if words else np.empty(0, dtype=object)
    known = {word: code for code, word in reversed(list(enumerate(column["library"])))}
    codes = np.array([known.get(word, 0) for word in words], np.int64)
    return codes[parts[""]].astype(column["dtype"]) if words else np.empty(0, column["dtype"])


def is_text(column: Mapping[str, Any]) -> bool:
    """Whether a column was text, or stood for it."""
    return column["dtype"] == "text" or "library" in column


def home(table: Table, path: str, column: Mapping[str, Any]) -> tuple[str, str]:
    """Where an attribute is in NeuroH5."""
    return table.homes[f"text:{path}" if is_text(column) else path]


def write_groups(group: h5py.Group, kind: str, table: Table, columns: Iterator[tuple[int, str, AnyArray]]) -> None:
    """Write all groups of a population; ``columns`` gives group, path and values."""
    axes: dict[int, list[AnyArray]] = {}
    for number in table.groups:
        group.require_group(str(number))
    for number, path, values in columns:
        inside, column = group[str(number)], table.groups[number][path]
        if path.startswith(f"{POSITIONS}/"):
            axes.setdefault(number, []).append(values)
            continue
        put_column(inside, path, values, kind, None if is_text(column) else table.homes[path])
        if "library" in column:
            put_library(inside, path, column["library"])
    for number, found in axes.items():
        group[str(number)].create_dataset(POSITIONS, data=np.stack(found, axis=1))


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
            plain = {key: one.values for key, one in stored.items() if len(one) == one.values.size == count}
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


def placed(table: Table, group_ids: IntArray | None, index: IntArray | None) -> tuple[IntArray, IntArray]:
    """Group, and row in it, of each row of a population; what was not kept follows from the order."""
    if group_ids is None or group_ids.size != table.size:
        group_ids = np.full(table.size, next(iter(table.groups), 0), np.int64)
    if index is None or index.size != table.size:
        index = np.arange(table.size)
    return group_ids, index


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


@attrs.define(slots=False, eq=False)
class EdgeSource:
    """The edges of one population, in a system: read projection by projection, one attribute at a time."""

    system: System
    table: Table
    pre: NodeSource
    post: NodeSource

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The projections that have some of its edges."""
        pairs = [(str(pre), str(post)) for pre, post in self.table.extra["pairs"]]
        missing = set(pairs) - set(self.system.projection_names)
        if missing:
            raise stale(self.system, f"there is no projection {' -> '.join(min(missing))}")
        return pairs

    @cached_property
    def _mine(self) -> list[Any]:
        """Which edges of each projection belong to this population: a slice where all do."""
        found: list[Any] = []
        for pair in self.pairs:
            projection = self.system.projection(*pair)
            if "edge_population" not in projection.namespaces.get(BOOKS, ()):
                found.append(slice(None))
                continue
            numbers = projection.read(attributes=(f"{BOOKS}/edge_population",)).attributes[BOOKS]["edge_population"]
            found.append(np.flatnonzero(numbers == self.table.extra["number"]))
        return found

    @cached_property
    def order(self) -> IntArray:
        """The row of each edge, in the order in which projections are read."""
        rows = self.stored(BOOKS, "edge_id")
        if rows is None and self.table.size:
            raise stale(self.system, f"edges of {self.table.name!r} have no {BOOKS}/edge_id")
        rows = np.empty(0, np.int64) if rows is None else rows.astype(np.int64)
        check_whole(self.system, rows, self.table, "edge")
        return rows

    def stored(self, namespace: str, name: str) -> AnyArray | None:
        """One attribute of all edges, in the order in which projections are read; None where one lacks it."""
        found = []
        for pair, mine in zip(self.pairs, self._mine, strict=True):
            projection = self.system.projection(*pair)
            if name not in projection.namespaces.get(namespace, ()):
                return None
            found.append(projection.read(attributes=(f"{namespace}/{name}",)).attributes[namespace][name][mine])
        return np.concatenate(found) if found else None

    def ends(self) -> tuple[IntArray, IntArray]:
        """What SONATA calls the nodes at both ends of each edge."""
        found = []
        for pair, mine in zip(self.pairs, self._mine, strict=True):
            projection = self.system.projection(*pair)
            edges = projection.read()
            pre = self.pre.id_of(pair[0])[edges.pre_gids[mine] - projection.pre.start]
            post = self.post.id_of(pair[1])[edges.post_gid_per_edge[mine] - projection.post.start]
            found.append((pre, post))
        both = [np.concatenate([np.empty(0, np.int64), *(one[at] for one in found)]) for at in (0, 1)]
        return scattered(both[0], self.order), scattered(both[1], self.order)

    def column(self, key: str) -> IntArray | None:
        """A column of ids in the order of the rows; None where it was not kept."""
        found = self.stored(BOOKS, key)
        return None if found is None else scattered(found.astype(np.int64), self.order)

    @cached_property
    def groups(self) -> tuple[IntArray, IntArray]:
        """Group, and row in it, of each edge."""
        return placed(self.table, self.column("edge_group_id"), self.column("edge_group_index"))

    def columns(self) -> Iterator[tuple[int, str, AnyArray]]:
        """The attributes: group, path and values."""
        group_ids, index = self.groups
        for number, columns in self.table.groups.items():
            rows = np.flatnonzero(group_ids == number)
            for path, column in columns.items():
                values = original(self._parts(path, column), path, column, self.table)
                found = np.empty(rows.size, values.dtype)
                found[index[rows]] = scattered(values, self.order)[rows] if rows.size else found
                yield number, path, found

    def _parts(self, path: str, column: Mapping[str, Any]) -> dict[str, AnyArray]:
        found = {}
        for part in PARTS:
            values = self.stored(*extra_home(home(self.table, path, column), path, part))
            if values is not None:
                found[part] = values
        if not found and self.table.size:
            raise stale(self.system, f"edges of {self.table.name!r} have no {path!r}")
        return found or {"": np.empty(0, np.int64)}


def write_edges(group: h5py.Group, source: EdgeSource) -> None:
    """Write one edge population, without its indices."""
    table = source.table
    pre, post = source.ends()
    put_ids(group, "source_node_id", pre, table.ids).attrs["node_population"] = table.extra["source"]
    put_ids(group, "target_node_id", post, table.ids).attrs["node_population"] = table.extra["target"]
    del pre, post
    type_ids = source.column("edge_type_id")
    put_ids(group, "edge_type_id", np.empty(0, np.int64) if type_ids is None else type_ids, table.ids)
    put_ids(group, "edge_group_id", source.groups[0], table.ids)
    put_ids(group, "edge_group_index", source.groups[1], table.ids)
    write_groups(group, "edge", table, source.columns())
