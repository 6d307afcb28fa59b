"""Projections: edges by post cell, streamed piece by piece into ``/Projections/<post>/<pre>``.

The layout is neuroh5's "destination block sparse": a destination's edges lie between two entries of
``Destination Pointer``, and a block names the first of a run of consecutive destinations. The last
``Destination Block Pointer`` is the *length* of ``Destination Pointer``, one more than the rule in neuroh5's README
says, because that is what neuroh5 writes and expects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.h5file import AnyArray, IntArray
from livn_core.writing._blocks import block_starts
from livn_core.writing._checks import Range, checked_name, checked_pointer, checked_values, relative
from livn_core.writing._inputs import EdgesLike, SizedEdges
from livn_core.writing._storage import Growing, Storage

if TYPE_CHECKING:
    import h5py

Columns = dict[tuple[str, ...], AnyArray]
EDGES = "Edges"


def write_projection(
    file: h5py.File, pre: Range, post: Range, edges: EdgesLike | Iterable[EdgesLike], storage: Storage
) -> int:
    """Write one projection and return its number of edges; without any, nothing is written, as in neuroh5."""
    writer = ProjectionWriter(file, pre, post, storage, edges if isinstance(edges, SizedEdges) else None)
    if isinstance(edges, Iterable):
        for piece in edges:
            writer.add(piece)
            del piece  # or it would still be in memory while the next one is made
    else:
        writer.add(edges, whole=True)
    writer.finish()
    return writer.n_edges


class ProjectionWriter:
    """Writes one projection from pieces that come in any order, each post cell's edges in the order given."""

    def __init__(
        self, file: h5py.File, pre: Range, post: Range, storage: Storage, sizes: SizedEdges | None = None
    ) -> None:
        self._sizes = sizes
        self._open_block = (-1, 0)  # the cell that would continue the last block, and the edges of it so far
        self.where = f"projection {pre.name!r} -> {post.name!r}"
        self.n_edges = 0
        self._n_destinations = 0
        self._file, self._storage = file, storage
        self._pre, self._post = pre, post
        self._group: h5py.Group | None = None
        self._growing: dict[tuple[str, ...], Growing] = {}
        self._columns: dict[tuple[str, ...], np.dtype[Any]] = {}
        self._first: list[npt.NDArray[np.uint32]] = []
        self._starts: list[IntArray] = []

    def add(self, edges: EdgesLike, whole: bool = False) -> None:
        """Check and write one piece."""
        if not hasattr(edges, "indptr"):
            raise InvalidTypeError(f"{self.where}: give edges, or an iterable of edges, not {type(edges).__name__}")
        columns = self._checked_columns(edges)
        destinations = relative(edges.post_gids, self._post, self.where)
        size = columns[EDGES, "Source Index"].size
        pointer = checked_pointer(edges.indptr, destinations.size, size, self.where)
        if not size:
            return
        starts = block_starts(destinations, pointer, self._storage.max_block_edges)
        starts = self._new_blocks(destinations, pointer, starts)
        self._first.append(destinations[starts])
        self._starts.append(starts + self._n_destinations)
        head = pointer[:1] if self._group is None else pointer[:0]
        columns[EDGES, "Destination Pointer"] = np.append(head, pointer[1:] + self.n_edges).astype(np.uint64)
        self._append(columns, whole)
        self._n_destinations += destinations.size
        self.n_edges += size

    def _new_blocks(self, destinations: npt.NDArray[np.uint32], pointer: IntArray, starts: IntArray) -> IntArray:
        """Leave out the first block of a piece where it continues the last one of the piece before."""
        next_cell, before = self._open_block
        end = int(starts[1]) if starts.size > 1 else destinations.size
        joined = destinations[0] == next_cell and before + pointer[end] <= self._storage.max_block_edges
        since = pointer[-1] - pointer[starts[-1]]
        self._open_block = (int(destinations[-1]) + 1, int(since) + (before if joined and starts.size == 1 else 0))
        return starts[1:] if joined else starts

    def finish(self) -> None:
        """Write the blocks."""
        for growing in self._growing.values():
            growing.finish()
        if self._group is None:
            return
        pointer = np.concatenate([*self._starts, [self._n_destinations + 1]]).astype(np.uint64)
        self._storage.put(self._group[EDGES], "Destination Block Index", np.concatenate(self._first))
        self._storage.put(self._group[EDGES], "Destination Block Pointer", pointer)

    def _checked_columns(self, edges: EdgesLike) -> Columns:
        sources = relative(edges.pre_gids, self._pre, self.where)
        attributes = _attributes(edges.attributes, sources.size, self.where, self._storage.any_dtype)
        columns: Columns = {(EDGES, "Source Index"): sources, **attributes}
        dtypes = {key: column.dtype for key, column in columns.items()}
        if self._columns and dtypes != self._columns:
            raise InvalidArgumentError(
                f"{self.where}: every piece must have the same attributes of the same dtype: "
                f"first {_listing(self._columns)}, then {_listing(dtypes)}"
            )
        self._columns = dtypes
        return columns

    def _append(self, columns: Columns, whole: bool) -> None:
        if self._group is None:
            self._group = self._file.create_group(f"Projections/{self._post.name}/{self._pre.name}")
        for key, column in columns.items():
            group = self._group.require_group(key[0])
            if whole:
                self._storage.put(group, key[1], column)
                continue
            if key not in self._growing:
                self._growing[key] = self._begin(group, key, column)
            self._growing[key].append(column)

    def _begin(self, group: h5py.Group, key: tuple[str, ...], column: AnyArray) -> Growing:
        if self._sizes is None:
            return self._storage.grow(group, key[1], column.dtype, column.size)
        size = self._sizes.n_cells + 1 if key == (EDGES, "Destination Pointer") else self._sizes.n_edges
        return self._storage.sized(group, key[1], column.dtype, size)


def _attributes(given: Mapping[str, Mapping[str, npt.ArrayLike]], size: int, where: str, any_dtype: bool) -> Columns:
    columns: Columns = {}
    for namespace, attributes in given.items():
        if checked_name(namespace, "a namespace") == EDGES:
            raise InvalidArgumentError(f"{where}: a namespace cannot be called {EDGES!r}: the edges themselves are")
        for name, values in attributes.items():
            here = f"{where}, attribute {namespace!r}/{checked_name(name, 'an attribute')!r}"
            column = columns[namespace, name] = checked_values(values, here, any_dtype)
            if column.size != size:
                raise InvalidArgumentError(f"{here}: {column.size} values for {size} edges")
    return columns


def _listing(dtypes: Mapping[tuple[str, ...], np.dtype[Any]]) -> str:
    return ", ".join(f"{'/'.join(key)} {dtype}" for key, dtype in dtypes.items() if key[0] != EDGES) or "none"
