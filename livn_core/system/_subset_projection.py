"""The edges between the cells of a subset, with the interface of :class:`livn_core.Projection`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import UnknownNameError, missing_package
from livn_core.h5file import AnyArray, IntArray
from livn_core.lazy import Lazy
from livn_core.neuroh5._analysis import ProjectionAnalysis, attribute_of
from livn_core.neuroh5._arguments import as_max_bytes, as_weight
from livn_core.neuroh5._edges import BLOCK_BYTES
from livn_core.neuroh5._gids import Gids, as_integers
from livn_core.neuroh5.values import Edges, FrozenMapping, read_only
from livn_core.ranges import pointer_of, repeat

if TYPE_CHECKING:
    from collections.abc import Mapping

    import scipy.sparse as sp

    from livn_core.neuroh5 import Projection
    from livn_core.neuroh5._projection import AttributeNames
    from livn_core.parallel import Ranks

CELL_BYTES = 16
"""What a cell costs in a block: its gid and its pointer."""


@attrs.frozen(eq=False, repr=False)
class SubsetPopulation:
    """The cells of one population that a subset has; their gids need not follow each other."""

    name: str
    gids: IntArray = attrs.field(converter=read_only)
    """int64, shape (count,): ascending."""
    start: int
    """The first gid; in a population without cells, that of the source."""

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.gids.size

    @property
    def stop(self) -> int:
        """One more than the last gid."""
        return int(self.gids[-1]) + 1 if self.gids.size else self.start

    def rows(self, gids: AnyArray) -> IntArray:
        """The position of each gid in :attr:`gids`: int64; all have to be in it."""
        return np.searchsorted(self.gids, gids).astype(np.int64, copy=False)

    def check(self, gids: Gids) -> IntArray:
        """Turn what a user gives into an array: int64, ascending, unique.

        Raises
        ------
        InvalidTypeError
            They are no integers.
        UnknownNameError
            One is no cell of the subset.
        """
        wanted = np.unique(as_integers(gids)).astype(np.int64)
        unknown = np.setdiff1d(wanted, self.gids, assume_unique=True)
        if unknown.size:
            raise UnknownNameError(
                f"the subset has no gid {unknown[0]} in population {self.name}; it has {self.count} of its cells"
            )
        return wanted

    def __repr__(self) -> str:
        return f"SubsetPopulation({self.name!r}, {self.count} cells)"


class SubsetProjection(ProjectionAnalysis):
    """The edges of a projection whose both ends are in a subset; gids are those of the source.

    Nothing is read until somebody asks. Of the file, the edges onto the cells of the subset are read, and those that
    come from elsewhere are dropped; so unlike in a whole projection, even counting edges means reading them, once.
    """

    def __init__(self, source: Projection, pre: SubsetPopulation, post: SubsetPopulation, ranks: Ranks | None) -> None:
        self._source, self._pre, self._post, self._ranks = source, pre, post, ranks

    @property
    def pre(self) -> SubsetPopulation:
        """The cells that the edges come from."""
        return self._pre

    @property
    def post(self) -> SubsetPopulation:
        """The cells that they arrive at."""
        return self._post

    @property
    def n_edges(self) -> int:
        """Number of edges; the first time, they are read for it."""
        return int(self._in_degree.sum())

    @property
    def namespaces(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the edge attributes, by namespace."""
        return self._source.namespaces

    def read(
        self,
        gids: Gids | None = None,
        attributes: AttributeNames = False,
        *,
        local: bool = False,
        node_allocation: Iterable[int] | None = None,
    ) -> Edges:
        """Read the edges onto some cells, or all; parameters as for :meth:`livn_core.Projection.read`.

        Returns
        -------
        Edges
            Those that come from cells of the subset, ascending by post gid. A cell without edges is absent.

        Raises
        ------
        UnknownNameError
            A gid is no cell of the subset, or there is no such attribute.
        """
        wanted = self._post.gids if gids is None else self._post.check(gids)
        return self._inside(self._source.read(wanted, attributes, local=local, node_allocation=node_allocation))

    def in_edges(self, gids: Gids, attributes: AttributeNames = False) -> Edges:
        """The edges onto some cells: :meth:`read` with gids."""
        return self.read(gids, attributes)

    def out_edges(self, gids: Gids, attributes: AttributeNames = False, *, index: bool | None = None) -> Edges:
        """The edges that come from some cells, in the order of :meth:`read`.

        Parameters
        ----------
        gids, attributes
            As for :meth:`livn_core.Projection.out_edges`.
        index
            ``True``: by the source's index. Else the edges onto the cells of the subset are looked through.
        """
        wanted = self._pre.check(gids)
        if index:
            return self._onto(self._source.out_edges(wanted, attributes, index=True))
        pre = attrs.evolve(self._pre, gids=wanted)
        return SubsetProjection(self._source, pre, self._post, self._ranks).read(None, attributes)

    def blocks(
        self,
        max_bytes: int = BLOCK_BYTES,
        attributes: AttributeNames = False,
        *,
        local: bool = False,
        node_allocation: Iterable[int] | None = None,
    ) -> Iterator[Edges]:
        """Read the edges piece by piece; as :meth:`livn_core.Projection.blocks`."""
        most, some = as_max_bytes(max_bytes), local or node_allocation is not None
        for gids in self._pieces(most, attributes):
            edges = self.read(gids, attributes, local=local, node_allocation=node_allocation)
            if some or len(edges):
                yield edges

    def in_degree(self) -> IntArray:
        """Number of edges onto each cell: int64, shape (post.count,), in the order of ``post.gids``."""
        return self._in_degree.copy()

    def out_degree(self) -> IntArray:
        """Number of edges from each cell: int64, shape (pre.count,), in the order of ``pre.gids``."""
        return self._degrees[1].copy()

    def to_scipy(self, weight: str | None = None) -> sp.csc_array:
        """The edges as a sparse matrix.

        Returns
        -------
        scipy.sparse.csc_array, shape (pre.count, post.count)
            Row *i* is gid ``pre.gids[i]``, column *j* is gid ``post.gids[j]``; else as
            :meth:`livn_core.Projection.to_scipy`.
        """
        try:
            import scipy.sparse as sp
        except ImportError as error:
            raise missing_package("scipy", "to_scipy()") from error

        edges = self.read(attributes=as_weight(weight))
        degree = np.zeros(self._post.count, np.int64)
        degree[self._post.rows(edges.post_gids)] = np.diff(edges.indptr)
        data = np.ones(len(edges), np.int64) if weight is None else attribute_of(edges, weight)
        data = data.astype(np.float32) if data.dtype == np.float16 else data
        pointer = pointer_of(degree)
        return sp.csc_array((data, self._pre.rows(edges.pre_gids), pointer), (self._pre.count, self._post.count))

    def _inside(self, edges: Edges) -> Edges:
        return _kept(edges, self._among[edges.pre_gids - self._source.pre.start])

    def _onto(self, edges: Edges) -> Edges:
        """Those of some edges that arrive in the subset."""
        return _kept(edges, repeat(np.isin(edges.post_gids, self._post.gids), np.diff(edges.indptr)))

    @Lazy
    def _among(self) -> Any:
        """Which cells of the source's pre population are in the subset: bool, shape (its count,)."""
        among = np.zeros(self._source.pre.count, np.bool_)
        among[self._pre.gids - self._source.pre.start] = True
        return among

    def _pieces(self, max_bytes: int, attributes: AttributeNames) -> Iterator[IntArray]:
        """The cells that have edges in the source, in runs whose edges there are no larger than ``max_bytes``."""
        sample = self._source.read(np.empty(0, np.int64), attributes)
        columns = [sample.pre_gids, *(one for named in sample.attributes.values() for one in named.values())]
        degree = self._source.in_degree()[self._post.gids - self._source.post.start]
        gids = self._post.gids[degree > 0]
        ends = np.cumsum(degree[degree > 0] * sum(one.itemsize for one in columns) + CELL_BYTES)
        at = 0
        while at < gids.size:
            reach = (int(ends[at - 1]) if at else 0) + max_bytes
            stop = max(int(np.searchsorted(ends, reach, side="right")), at + 1)
            yield gids[at:stop]
            at = stop

    @property
    def _in_degree(self) -> IntArray:
        return self._degrees[0]

    @Lazy
    def _degrees(self) -> tuple[IntArray, IntArray]:
        """In-degrees and out-degrees, by one pass over the edges."""
        onto, out = np.zeros(self._post.count, np.int64), np.zeros(self._pre.count, np.int64)
        for edges in self.blocks(local=True):
            onto[self._post.rows(edges.post_gids)] = np.diff(edges.indptr)
            rows = self._pre.rows(edges.pre_gids).astype(np.intp, copy=False)
            out += np.bincount(rows, minlength=self._pre.count)
        if self._ranks is None:
            return onto, out
        return self._ranks.total(onto), self._ranks.total(out)

    def __repr__(self) -> str:
        return f"SubsetProjection({self._pre.name} -> {self._post.name}, within the subset)"


def _kept(edges: Edges, keep: npt.NDArray[np.bool_]) -> Edges:
    """Some of the edges; cells that have none left are left out."""
    if keep.all():
        return edges
    kept = pointer_of(keep)[edges.indptr]
    filled = np.diff(kept) > 0
    attributes = {
        space: {name: values[keep] for name, values in named.items()} for space, named in edges.attributes.items()
    }
    indptr = np.concatenate([[0], kept[1:][filled]]).astype(np.int64)
    return Edges(edges.post_gids[filled], indptr, edges.pre_gids[keep], FrozenMapping(attributes))
