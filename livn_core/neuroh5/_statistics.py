"""How many edges the cells of a projection have, and to how many cells they lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._analysis import ProjectionLike
from livn_core.neuroh5.values import Edges, FrozenMapping

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def _frozen(quantiles: Mapping[float, float]) -> Mapping[float, float]:
    return FrozenMapping(quantiles)


@attrs.frozen
class Spread:
    """How some numbers are spread."""

    count: int
    """How many numbers."""
    mean: float
    """NaN, like all that follow, where there is no number."""
    std: float
    """Standard deviation, of the numbers as they are (``ddof=0``)."""
    minimum: float
    maximum: float
    quantiles: Mapping[float, float] = attrs.field(converter=_frozen)
    """``{0.05: …, 0.25: …, 0.5: …, 0.75: …, 0.95: …}``, between numbers interpolated linearly."""

    @classmethod
    def of(cls, numbers: npt.NDArray[np.generic]) -> Self:
        """Describe an array of any number of numbers."""
        if not numbers.size:
            nothing = float("nan")
            return cls(0, nothing, nothing, nothing, nothing, dict.fromkeys(QUANTILES, nothing))
        values = np.asarray(numbers, np.float64)
        found = np.quantile(values, QUANTILES).tolist()
        return cls(
            values.size,
            float(values.mean()),
            float(values.std()),
            float(values.min()),
            float(values.max()),
            dict(zip(QUANTILES, found, strict=True)),
        )


@attrs.frozen
class DegreeStatistics:
    """The degrees of a projection's cells; cells without edges count as 0."""

    pre: str
    post: str
    n_edges: int
    in_degree: Spread
    """Edges onto each cell of the post population."""
    out_degree: Spread
    """Edges from each cell of the pre population."""
    n_pairs: int
    """Pairs of cells that at least one edge connects."""
    possible_pairs: int
    """All pairs of a pre and a post cell; within one population without those of a cell and itself."""
    self_connections: int
    """Pairs of a cell and itself that an edge connects; they are among ``n_pairs``."""
    convergence: float
    """How many cells project onto a post cell, on average; NaN where there is none."""
    divergence: float
    """Onto how many cells a pre cell projects, on average; NaN where there is none."""

    @property
    def probability(self) -> float:
        """The part of the possible pairs that is connected; NaN where none is possible."""
        pairs = self.n_pairs - self.self_connections
        return pairs / self.possible_pairs if self.possible_pairs else float("nan")

    @property
    def edges_per_pair(self) -> float:
        """Edges between two cells that are connected, on average; NaN where there are none."""
        return self.n_edges / self.n_pairs if self.n_pairs else float("nan")


def degree_statistics(projection: ProjectionLike) -> DegreeStatistics:
    """Describe the degrees of a projection in one pass over its edges, a block at a time."""
    pre, post = projection.pre, projection.post
    onto, out = np.zeros(post.count, np.int64), np.zeros(pre.count, np.int64)
    n_pairs = selves = 0
    for block in projection.blocks():
        onto[np.searchsorted(post.gids, block.post_gids)] = np.diff(block.indptr)
        rows = np.searchsorted(pre.gids, block.pre_gids).astype(np.intp, copy=False)
        out += np.bincount(rows, minlength=pre.count)
        pres, posts = distinct_pairs(block)
        n_pairs += pres.size
        selves += int(np.count_nonzero(pres == posts))
    same = pre.name == post.name
    return DegreeStatistics(
        pre.name,
        post.name,
        int(onto.sum()),
        Spread.of(onto),
        Spread.of(out),
        n_pairs,
        pre.count * post.count - (pre.count if same else 0),
        selves,
        _per_cell(n_pairs, post.count),
        _per_cell(n_pairs, pre.count),
    )


def distinct_pairs(block: Edges) -> tuple[AnyArray, IntArray]:
    """Each pair of connected cells once: pre gids and post gids, shape (n,), ascending by post, then pre.

    A post cell is in one block only, so the pairs of all blocks are distinct, too.
    """
    pre, post = block.pre_gids, block.post_gid_per_edge
    if not pre.size:
        return pre, post
    order = np.lexsort((pre, post))
    pre, post = pre[order], post[order]
    new = np.concatenate([[True], (np.diff(pre) != 0) | (np.diff(post) != 0)])
    return pre[new], post[new]


def _per_cell(pairs: int, cells: int) -> float:
    return pairs / cells if cells else float("nan")
