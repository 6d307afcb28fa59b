"""Read the edges that a plan names: sources and attributes in one go, gids made absolute in place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.neuroh5._checks import check_cells
from livn_core.neuroh5._dealing import Local, Ownership, read_own
from livn_core.neuroh5._destinations import read_destinations
from livn_core.neuroh5._layout import SOURCE, EdgeLayout
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Edges
from livn_core.ranges import join_adjacent, pointer_of

BLOCK_BYTES = 64 * 2**20
STREAM_BYTES = 8 * 2**20
"""What is only looked through is best read in pieces that stay in the processor's cache."""

Paths: TypeAlias = tuple[tuple[str, str], ...]
"""Attributes as (namespace, name)."""


class EdgeReader:
    """Reads edges of one projection.

    Parameters
    ----------
    wide
        Whether gids of this file need int64.
    """

    def __init__(self, store: Store, layout: EdgeLayout, wide: bool) -> None:
        self._store = store
        self._layout = layout
        self._gid_type = np.dtype(np.int64 if wide else np.int32)
        self._checked: dict[Paths, list[str]] = {}

    def read(self, plan: Segments, attributes: Paths) -> Edges:
        """Read everything that the plan names, in its order."""
        sources, *values = self._store.read(plan.requests(self._paths(attributes)))
        return self._assemble(plan.gids, plan.pointer, self._absolute(sources), attributes, values)

    def read_own(self, plan: Segments, local: Local, attributes: Paths) -> Edges:
        """Read those cells of the plan that are this rank's. Collective."""
        own, (sources, *values) = read_own(self._store, plan, local, self._paths(attributes))
        return self._assemble(own.gids, own.pointer, self._absolute(sources), attributes, values)

    def read_with_plan(self, attributes: Paths) -> tuple[Segments, Edges]:
        """Read all edges, and the plan of them, in one go."""
        plan, found = read_destinations(self._store, self._layout, self._paths(attributes))
        sources, *values = [plan.take(read) for read in found]
        return plan, self._assemble(plan.gids, plan.pointer, self._absolute(sources), attributes, values)

    def read_from(self, plan: Segments, wanted: AnyArray, attributes: Paths) -> Edges:
        """Read only edges from wanted cells; of several ranks, each looks through a share of the cells.

        Parameters
        ----------
        wanted
            bool, shape (pre.count,).
        """
        source, *others = self._paths(attributes)
        if not wanted.any():
            plan = Segments.empty()
        start, stop = self._store.share(plan.pointer, self._gid_type.itemsize)
        found = self._look_through(plan.rows(start, stop), wanted)
        kept, at, degree = self._store.put_together(found, f"{source}, from", wanted)
        ranges = join_adjacent(at, at + 1)
        values = self._store.read([Ranges(path, *ranges) for path in others])
        pointer = pointer_of(degree[degree > 0])
        return self._assemble(plan.gids[degree > 0], pointer, kept, attributes, values)

    def read_at(self, plan: Segments, pointer: IntArray, at: IntArray, cells: IntArray, attributes: Paths) -> Edges:
        """Edges of which it is known where they are and where they come from.

        Parameters
        ----------
        pointer
            That of the plan.
        at
            int64, ascending: their places in the order of reading.
        cells
            int64: where each comes from, counted from the first of the population.
        """
        others = self._paths(attributes)[1:]
        rows = pointer.searchsorted(at, "right") - 1
        first = np.flatnonzero(np.diff(rows, prepend=-1))
        indptr = np.append(first, at.size).astype(np.int64, copy=False)
        gids = (cells + self._layout.pre.start).astype(self._gid_type)
        ranges = join_adjacent(*plan.locate(at)) if others else ()
        values = self._store.read([Ranges(path, *ranges) for path in others])
        return self._assemble(plan.gids[rows[first]], indptr, gids, attributes, values)

    def stream(self, plan: Segments) -> Iterator[tuple[Segments, AnyArray]]:
        """All edges that a plan names, some cells at a time, for this rank alone.

        Yields
        ------
        piece, gids
            Some rows of the plan, and where each of their edges comes from.
        """
        source = self._paths(())[0]
        for start, stop in self.split(plan, STREAM_BYTES, ()):
            piece = plan.rows(start, stop)
            yield piece, self._absolute(self._store.read_alone(piece.ranges(source)))

    def _look_through(self, plan: Segments, wanted: AnyArray) -> list[AnyArray]:
        """The gids and positions of edges from wanted cells, and how many of them each row has."""
        kept, degrees = [np.empty(0, self._gid_type)], [np.empty(0, np.int64)]
        positions = [np.empty(0, np.int64)]
        for piece, gids in self.stream(plan):
            hits = np.flatnonzero(wanted[gids - self._layout.pre.start])
            kept.append(gids[hits])
            positions.append(piece.locate(hits)[0])
            degrees.append(np.diff(hits.searchsorted(piece.pointer)))
        return [np.concatenate(kept), np.concatenate(positions), np.concatenate(degrees)]

    def split(
        self, plan: Segments, max_bytes: int, attributes: Paths, ownership: Ownership | None = None
    ) -> Iterator[tuple[int, int]]:
        """Cut a plan into pieces whose arrays stay below a size, on each rank; a row that is larger comes alone.

        Yields
        ------
        start, stop
            Rows of the plan.
        """
        widths = [self._store.number_type(self._path(one)).itemsize for one in attributes]
        per_edge = self._gid_type.itemsize + sum(widths)
        per_cell = 2 * np.dtype(np.int64).itemsize
        sizes = np.diff(plan.pointer) * per_edge + per_cell
        # The pointer has one element more than there are cells.
        budget = max_bytes - np.dtype(np.int64).itemsize
        everyone = [np.arange(sizes.size)] if ownership is None else ownership.rows
        ends = [np.cumsum(sizes[rows]) for rows in everyone]
        row = 0
        while row < sizes.size:
            stops = [_stop(rows, end, row, budget, sizes.size) for rows, end in zip(everyone, ends, strict=True)]
            stop = max(min(stops), row + 1)
            yield row, stop
            row = stop

    def _path(self, attribute: tuple[str, str]) -> str:
        return f"{self._layout.top}/{attribute[0]}/{attribute[1]}"

    def _paths(self, attributes: Paths) -> list[str]:
        """The datasets of the sources and of some attributes, once they are known to fit together."""
        if attributes not in self._checked:
            paths = [self._layout.path(SOURCE), *(self._path(one) for one in attributes)]
            n_edges = self._store.length(paths[0])
            self._store.check_integers(paths[0])
            for path in paths[1:]:
                self._check_length(path, n_edges)
            self._checked[attributes] = paths
        return self._checked[attributes]

    def _check_length(self, path: str, n_edges: int) -> None:
        self._store.number_type(path)
        length = self._store.length(path)
        if length != n_edges:
            raise self._store.error(path, f"has {length} values for {n_edges} edges")

    def _absolute(self, sources: AnyArray) -> AnyArray:
        """Check relative indices and turn them into gids, in place where the width allows it."""
        pre = self._layout.pre
        check_cells(self._store, self._layout.path(SOURCE), sources, pre)
        same_width = sources.dtype.itemsize == self._gid_type.itemsize
        gids = sources.view(self._gid_type) if same_width else sources.astype(self._gid_type)
        if pre.start and gids.size:  # a population without cells may begin beyond what gids of others need
            gids += self._gid_type.type(pre.start)
        return gids

    def _assemble(
        self, gids: IntArray, pointer: IntArray, sources: AnyArray, names: Paths, values: list[AnyArray]
    ) -> Edges:
        attributes: dict[str, dict[str, AnyArray]] = {}
        for (namespace, name), read in zip(names, values, strict=True):
            attributes.setdefault(namespace, {})[name] = read
        # The plan is kept for the next reading, so its gids are not given away.
        return Edges(gids.copy(), pointer, sources, attributes)


def _stop(rows: IntArray, ends: IntArray, first: int, budget: int, size: int) -> int:
    """The row before which one rank's arrays grow beyond the budget, if they begin with row ``first``."""
    at = int(np.searchsorted(rows, first))
    before = ends[at - 1] if at else 0
    full = int(np.searchsorted(ends, before + budget, side="right"))
    return int(rows[full]) if full < rows.size else size
