"""All edges between two node populations, brought into the order of NeuroH5: by projection, then by post cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.converting.sonata import _h5
from livn_core.converting.sonata._names import BOOKS
from livn_core.converting.sonata._nodes import Nodes, fitting
from livn_core.converting.sonata._plan import Attribute
from livn_core.converting.sonata._rows import Rows
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import Edges
from livn_core.ranges import pointer_of

PIECE = 2**20
"""Edges in a piece, unless one cell has more."""


@attrs.frozen(eq=False)
class Cells:
    """The cells that edges begin or end at: for each node its population of NeuroH5, and its gid."""

    nodes: Nodes
    populations: tuple[tuple[str, int, int], ...]
    """Name, first gid and number of cells."""
    code: npt.NDArray[np.int32]
    """Position in ``populations``, for each row."""
    gid: IntArray
    """For each row."""

    @classmethod
    def of(cls, nodes: Nodes, ranges: dict[str, tuple[int, int]]) -> Cells:
        """Look up where each node went."""
        code, gid = np.zeros(nodes.rows.size, np.int32), np.zeros(nodes.rows.size, np.int64)
        for at, (name, rows) in enumerate(nodes.members.items()):
            code[rows], gid[rows] = at, ranges[name][0] + np.arange(rows.size)
        return cls(nodes, tuple((name, *ranges[name]) for name in nodes.members), code, gid)


@attrs.frozen(eq=False)
class Sorted:
    """The edges of one edge population: by pair of populations, then by post gid, then as in the file."""

    order: IntArray
    """Rows in the file."""
    pre: AnyArray
    """gids."""
    post: AnyArray
    """gids, ascending within a pair."""
    starts: IntArray
    """Where each pair begins; the last entry is where the last one ends."""


@attrs.define(slots=False, eq=False)
class Bundle:
    """The edge populations between two node populations.

    What is read is kept until :meth:`forget`: 16 bytes for each edge, and columns that the file has in another order.
    """

    tables: Sequence[Rows]
    source: Cells
    target: Cells
    attributes: list[Attribute]

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The pairs of populations that have edges, as (pre, post)."""
        counts = sum(np.diff(one.starts) for one in self._sorted)
        return [self._pair(int(at)) for at in np.flatnonzero(counts)]

    @cached_property
    def _sorted(self) -> list[Sorted]:
        return [_sort(table, self.source, self.target) for table in self.tables]

    def forget(self) -> None:
        """Let go of what was read."""
        self.__dict__.pop("_sorted", None)
        for table in self.tables:
            for group in table.groups.values():
                for column in group.values():
                    column.forget()

    def _pair(self, at: int) -> tuple[str, str]:
        post, pre = divmod(at, len(self.source.populations))
        return self.source.populations[pre][0], self.target.populations[post][0]

    def pieces(self, pre: str, post: str) -> Iterator[Edges]:
        """The edges of one projection, each post cell whole, in pieces of about :data:`PIECE` edges."""
        pre_at = [name for name, *_ in self.source.populations].index(pre)
        post_at = [name for name, *_ in self.target.populations].index(post)
        at = post_at * len(self.source.populations) + pre_at
        _, start, count = self.target.populations[post_at]
        spans = [(int(one.starts[at]), int(one.starts[at + 1])) for one in self._sorted]
        for low, high in _windows(self._sorted, spans, start, count):
            yield self._piece(spans, low, high)

    def _piece(self, spans: list[tuple[int, int]], low: int, high: int) -> Edges:
        parts = []
        for number, (one, (begin, end)) in enumerate(zip(self._sorted, spans, strict=True)):
            first, last = (int(at) + begin for at in np.searchsorted(one.post[begin:end], (low, high)))
            if last > first:
                parts.append(self._columns(number, one, slice(first, last)))
        columns = parts[0] if len(parts) == 1 else _merged(parts)
        post, pre = columns.pop(("", "post")), columns.pop(("", "pre"))
        first_of = np.flatnonzero(np.concatenate(([True], post[1:] != post[:-1])))
        attributes: dict[str, dict[str, AnyArray]] = {}
        for (space, name), values in columns.items():
            attributes.setdefault(space, {})[name] = values
        return Edges(post[first_of].astype(np.int64), np.append(first_of, post.size), pre, attributes)

    def _columns(self, number: int, found: Sorted, at: slice) -> dict[tuple[str, str], AnyArray]:
        table, rows = self.tables[number], found.order[at].astype(np.int64)
        columns = {("", "post"): found.post[at], ("", "pre"): found.pre[at]}
        for attribute in self.attributes:
            columns |= attribute.parts(attribute.values(table, rows))
        for name, values in self._books(number, table, rows).items():
            columns[BOOKS, name] = values
        return columns

    def _books(self, number: int, table: Rows, rows: IntArray) -> dict[str, AnyArray]:
        """What only the way back needs, and the type of each edge."""
        books = {"edge_id": rows.astype(np.uint32), "edge_type_id": table.type_ids[rows].astype(self._type_dtype)}
        if len(self.tables) > 1:
            books["edge_population"] = np.full(rows.size, number, np.uint16)
        if any(one.group_ids is not None for one in self.tables):
            books["edge_group_id"] = table.groups_of(rows).astype(np.uint32)
        if any(one.group_index is not None for one in self.tables):
            books["edge_group_index"] = table.index_of(rows).astype(np.uint32)
        return books

    @cached_property
    def _type_dtype(self) -> np.dtype[np.int32] | np.dtype[np.uint32]:
        names = ", ".join(repr(table.name) for table in self.tables)
        ends = np.concatenate([_ends(table.type_ids) for table in self.tables])
        return fitting(ends, f"edge_type_id of population {names}").dtype


def _ends(values: IntArray) -> IntArray:
    return np.array([values.min(), values.max()]) if values.size else values


def _sort(table: Rows, source: Cells, target: Cells) -> Sorted:
    rows = []
    for end, cells in (("source", source), ("target", target)):
        dataset = _h5.child(table.group, f"{end}_node_id")
        rows.append(cells.nodes.row_of(dataset, _h5.whole_numbers(dataset, table.size)))
    pre_row, post_row = rows
    n_sources, n_targets = len(source.populations), len(target.populations)
    pair = target.code[post_row].astype(np.int64) * n_sources + source.code[pre_row]
    post = _narrow(target.gid)[post_row]
    # One key for pair and gid: gids rise with the populations, so they need no more room than there are gids.
    key = pair * (int(target.gid.max(initial=0)) + 1) + post
    starts = pointer_of(np.bincount(pair.astype(np.intp, copy=False), minlength=n_sources * n_targets))
    in_order = bool((key[1:] >= key[:-1]).all())
    order = np.arange(key.size) if in_order else np.argsort(key, kind="stable")
    return Sorted(order.astype(_index_type(order.size)), _narrow(source.gid)[pre_row[order]], post[order], starts)


def _narrow(gids: IntArray) -> AnyArray:
    return gids.astype(np.int32) if gids.max(initial=0) < 2**31 else gids


def _index_type(size: int) -> type[np.int32] | type[np.int64]:
    return np.int32 if size < 2**31 else np.int64


def _windows(
    tables: Sequence[Sorted], spans: Sequence[tuple[int, int]], start: int, count: int
) -> Iterator[tuple[int, int]]:
    """Ranges of post gids that have about :data:`PIECE` edges together."""
    per_cell = np.zeros(count, np.int64)
    for one, (begin, end) in zip(tables, spans, strict=True):
        per_cell += np.bincount((one.post[begin:end] - start).astype(np.intp, copy=False), minlength=count)
    before = np.cumsum(per_cell) - per_cell
    filled = np.flatnonzero(per_cell)
    if not filled.size:
        return
    first = filled[np.flatnonzero(np.diff(before[filled] // PIECE, prepend=-1))]
    for low, high in zip(first.tolist(), [*first[1:].tolist(), count], strict=True):
        yield low + start, high + start


def _merged(parts: Sequence[dict[tuple[str, str], AnyArray]]) -> dict[tuple[str, str], AnyArray]:
    """The edges of several edge populations together, those of one cell in the order of the populations."""
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(joined["", "post"], kind="stable")
    return {key: values[order] for key, values in joined.items()}
