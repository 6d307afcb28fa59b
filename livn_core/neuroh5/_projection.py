"""One projection: nothing of its edges is read until somebody asks."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from livn_core.errors import LivnError, or_too_large
from livn_core.forking import Lock
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._analysis import ProjectionAnalysis
from livn_core.neuroh5._arguments import as_max_bytes, as_names, is_bool
from livn_core.neuroh5._dealing import Local, owned_rows
from livn_core.neuroh5._destinations import read_destinations
from livn_core.neuroh5._edges import BLOCK_BYTES, STREAM_BYTES, EdgeReader, Paths
from livn_core.neuroh5._gids import Gids, as_gids
from livn_core.neuroh5._layout import SOURCE, EdgeLayout, choose_attributes, list_edge_namespaces
from livn_core.neuroh5._outindex import OutIndex
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Edges, FrozenMapping, Population

if TYPE_CHECKING:
    import scipy.sparse as sp

AttributeNames: TypeAlias = bool | str | tuple[str, ...] | list[str]
"""``False``: none. ``True``: all. Else names, ``"Namespace/name"``."""

LARGEST_SIZE = 2**62


class Projection(ProjectionAnalysis):
    """The edges from one population onto another.

    Got from :meth:`livn_core.neuroh5.NeuroH5File.projection`. Lives as long as its file is open; safe to use from
    several threads. The index of the cells is read once and kept: 24 bytes for each cell with edges where all that are
    stored have some, in ascending order, else 32. While it is read, 33 are in use for each stored cell, or 81 where
    blocks are out of order.
    """

    def __init__(self, store: Store, layout: EdgeLayout, wide: bool) -> None:
        self._store = store
        self._layout = layout
        self._edges = EdgeReader(store, layout, wide)
        self._out_index = OutIndex(store, layout, self._edges)
        self._lock = Lock()
        self._destinations: Segments | None = None
        self._namespaces: Mapping[str, tuple[str, ...]] | None = None

    @property
    def pre(self) -> Population:
        """The population that the edges come from."""
        return self._layout.pre

    @property
    def post(self) -> Population:
        """The population that they arrive at."""
        return self._layout.post

    @property
    def n_edges(self) -> int:
        """Number of edges, from the shape of a dataset alone."""
        return self._store.length(self._layout.path(SOURCE))

    @property
    def namespaces(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the edge attributes, by namespace."""
        if self._namespaces is None:
            self._namespaces = FrozenMapping(list_edge_namespaces(self._store, self._layout))
        return self._namespaces

    def read(
        self,
        gids: Gids | None = None,
        attributes: AttributeNames = False,
        *,
        local: bool = False,
        node_allocation: Iterable[int] | None = None,
    ) -> Edges:
        """Read the edges onto some cells, or all.

        Parameters
        ----------
        gids
            gids of the post population, in any order, duplicates ignored; ``None``: all.
        attributes
            ``False``: none. ``True``: all. Else names, ``"Namespace/name"``.
        local
            Of these cells, only this rank's: those whose gid leaves its number when divided by the number of ranks.
        node_allocation
            The gids of this rank, instead. A cell in nobody's allocation is read by nobody.

        Returns
        -------
        Edges
            Ascending by post gid. A cell without edges is absent.

        Raises
        ------
        KeyError
            A gid lies outside the post population, or there is no such attribute.
        FormatError
            The file contradicts itself.
        """
        with self._store.together():
            wish, paths = Local.wish(local, node_allocation), self._paths(attributes)
            if gids is None and wish is None and self._destinations is None:
                return self._read_whole(paths)
            plan = self._plan if gids is None else self._plan.select(as_gids(gids, self.post, self._store.source))
            return self._edges.read(plan, paths) if wish is None else self._edges.read_own(plan, wish, paths)

    def _read_whole(self, paths: Paths) -> Edges:
        """Read the plan along with the edges; it is kept where all ranks have it, or they would part ways."""
        with self._store.together():
            self._store.check_open()
            plan, edges = self._edges.read_with_plan(paths)
        self._destinations = plan
        return edges

    def in_edges(self, gids: Gids, attributes: AttributeNames = False) -> Edges:
        """The edges onto some cells: :meth:`read` with gids."""
        return self.read(gids, attributes)

    def out_edges(self, gids: Gids, attributes: AttributeNames = False, *, index: bool | None = None) -> Edges:
        """The edges that come from some cells, in the order of :meth:`read`.

        Files are ordered by post cell, so without an index this passes over all edges once, a block at a time.

        Parameters
        ----------
        gids
            gids of the pre population, in any order, duplicates ignored.
        attributes
            As for :meth:`read`.
        index
            ``None``: use what :meth:`build_index` made, where it fits and few enough edges are wanted; several ranks
            share the pass instead. ``False``: do not look for it. ``True``: use it in any case.

        Raises
        ------
        InvalidArgumentError
            An index is required, and there is none that fits.
        """
        with self._store.together():
            cells, paths = as_gids(gids, self.pre, self._store.source) - self.pre.start, self._paths(attributes)
            if index or (index is None and self._store.ranks is None):
                found = self._out_index.read(self._plan, cells, paths, required=bool(index))
                if found is not None:
                    return found
            wanted = self._zeros(self.pre, np.bool_)
            wanted[cells] = True
            return self._edges.read_from(self._plan, wanted, paths)

    def build_index(self, where: Literal["beside", "cache"] | None = None) -> Path:
        """Make an index for :meth:`out_edges`, which from then on finds it by itself.

        It takes 4 bytes an edge (8 from 2**31 edges on), in the file and while it is made.

        Parameters
        ----------
        where
            ``"beside"`` the file, or in the user's ``"cache"``; ``None``: beside it, where that can be written to.

        Returns
        -------
        Path
            The index, whole; one that was there before is replaced.

        Raises
        ------
        InvalidArgumentError
            The edges are not read from a file on this machine, or by several ranks.
        BackendError
            It cannot be written, or the file was changed meanwhile.
        """
        with self._store.together():
            return self._out_index.build(self._plan, where)

    def blocks(
        self,
        max_bytes: int = BLOCK_BYTES,
        attributes: AttributeNames = False,
        *,
        local: bool = False,
        node_allocation: Iterable[int] | None = None,
    ) -> Iterator[Edges]:
        """Read the edges piece by piece, so that a projection of any size fits into memory.

        Parameters
        ----------
        max_bytes
            Largest size of a block's arrays, in bytes; a cell that is larger comes alone.
        attributes, local, node_allocation
            As for :meth:`read`; every rank gets the same number of blocks, some of them empty.

        Yields
        ------
        Edges
            Each post cell whole, in exactly one block, ascending; together they equal :meth:`read`.
        """
        with self._store.together():
            largest = min(as_max_bytes(max_bytes), LARGEST_SIZE)
            wish, paths = Local.wish(local, node_allocation), self._paths(attributes)
        return self._blocks(largest, paths, wish)

    def _blocks(self, max_bytes: int, paths: Paths, wish: Local | None) -> Iterator[Edges]:
        with self._store.together():
            plan, ownership = self._plan, None
            if wish is not None and self._store.ranks is not None:
                ownership = owned_rows(self._store.ranks, plan.gids, wish)
            elif wish is not None:
                plan = plan.pick(wish.rows_alone(plan.gids))
        for start, stop in self._edges.split(plan, max_bytes, paths, ownership):
            with self._store.together():
                piece = plan.rows(start, stop)
                block = self._edges.read(piece, paths) if wish is None else self._edges.read_own(piece, wish, paths)
            yield block

    def in_degree(self) -> IntArray:
        """Number of edges onto each cell of the post population, int64, shape (post.count,); cells without are 0."""
        with self._store.together():
            degree = self._zeros(self.post, np.int64)
            plan = self._plan
            degree[plan.gids - self.post.start] = np.diff(plan.pointer)
            return degree

    def out_degree(self) -> IntArray:
        """Number of edges from each cell of the pre population, int64, shape (pre.count,); cells without are 0."""
        with self._store.together():
            degree = self._zeros(self.pre, np.int64)
            for edges in self.blocks(STREAM_BYTES, local=True):
                here = (edges.pre_gids - self.pre.start).astype(np.intp, copy=False)
                degree += np.bincount(here, minlength=self.pre.count)
            return degree if self._store.ranks is None else self._store.ranks.total(degree)

    def to_scipy(self, weight: str | None = None) -> sp.csc_array:
        """The projection as a sparse matrix of shape (pre.count, post.count).

        Row *i* is gid ``pre.start + i``, column *j* is gid ``post.start + j``. One stored entry for each edge: where
        two cells share several, ``tocoo()`` shows them all, and indexing, sums and products add them up.

        Parameters
        ----------
        weight
            An edge attribute, ``"Namespace/name"``, in the file's dtype, float16 as float32; ``None``: 1 (int64).

        Raises
        ------
        UnknownNameError, MissingPackageError
            There is no such attribute; scipy is not installed.
        """
        from livn_core.neuroh5._export import to_scipy

        return to_scipy(self, weight)

    def _zeros(self, population: Population, kind: type[np.generic]) -> AnyArray:
        claim = f"population {population.name} claims {population.count:,} cells"
        with or_too_large(f"{self._store.source}: {claim}, too many for an array with an entry for each; use read()"):
            return np.zeros(population.count, kind)

    @property
    def _plan(self) -> Segments:
        self._store.check_open()
        if self._destinations is not None:  # as for every query but the first
            return self._destinations
        with self._lock:
            if self._destinations is None:
                with self._store.together():
                    plan, _ = read_destinations(self._store, self._layout)
                self._destinations = plan
            return self._destinations

    def _paths(self, attributes: AttributeNames) -> Paths:
        if is_bool(attributes) and not attributes:
            return ()
        chosen = None if is_bool(attributes) else as_names(attributes, "attributes")
        return choose_attributes(self.namespaces, chosen, f"{self._store.source}: {self._layout.top}")

    def __repr__(self) -> str:
        try:
            state = "closed" if self._store.closed else f"{self.n_edges} edges"
        except LivnError:
            state = "unreadable"  # a repr never raises
        return f"Projection({self.pre.name} -> {self.post.name}, {state})"

    def _repr_html_(self) -> str:
        from livn_core.neuroh5._export import projection_html

        try:
            return projection_html(self)
        except LivnError:
            return f"<pre>{html.escape(repr(self))}</pre>"
