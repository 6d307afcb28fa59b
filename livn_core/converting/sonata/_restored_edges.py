"""The edges of a SONATA network, put together again from the projections of a system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.converting.sonata._datasets import put_ids
from livn_core.converting.sonata._document import Table
from livn_core.converting.sonata._names import BOOKS
from livn_core.converting.sonata._plan import extra_home
from livn_core.converting.sonata._restored_nodes import NodeSource
from livn_core.converting.sonata._restoring import (
    PARTS,
    check_whole,
    home,
    original,
    placed,
    scattered,
    stale,
    write_groups,
)
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import h5py

    from livn_core.system import System


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
