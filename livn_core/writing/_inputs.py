"""What the writer takes: anything shaped like what the read routine gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import attrs
import numpy.typing as npt


class CellAttributeLike(Protocol):
    """Values of some cells, any number for each: a :class:`livn_core.CellAttribute`.

    ``gids``: integers, shape (n,), unique. ``pointer``: integers, shape (n + 1,), so that the values of cell *i* are
    ``values[pointer[i]:pointer[i + 1]]``. ``values``: shape (pointer[-1],).
    """

    @property
    def gids(self) -> npt.ArrayLike: ...
    @property
    def pointer(self) -> npt.ArrayLike: ...
    @property
    def values(self) -> npt.ArrayLike: ...


class EdgesLike(Protocol):
    """Edges in compressed rows by post cell: a :class:`livn_core.Edges`.

    ``post_gids``: integers, shape (n,). ``indptr``: integers, shape (n + 1,). ``pre_gids``: integers, shape (e,).
    ``attributes``: ``{namespace: {name: array of shape (e,)}}``. All gids are absolute.
    """

    @property
    def post_gids(self) -> npt.ArrayLike: ...
    @property
    def indptr(self) -> npt.ArrayLike: ...
    @property
    def pre_gids(self) -> npt.ArrayLike: ...
    @property
    def attributes(self) -> Mapping[str, Mapping[str, npt.ArrayLike]]: ...


@attrs.frozen
class SizedEdges:
    """Edges in pieces, of which it is known how many there are: so their arrays can be made in one go."""

    pieces: Iterable[EdgesLike]
    n_cells: int
    """Rows of all pieces together."""
    n_edges: int
    """Edges of all pieces together."""

    def __iter__(self) -> Iterator[EdgesLike]:
        return iter(self.pieces)


@attrs.frozen
class TreeColumns:
    """The trees of a population as they lie in a file: ``{"X Coordinate": values of each cell, …}``, all ten groups."""

    columns: Mapping[str, Any]
    """Each a :class:`CellAttributeLike`, whose values may come in pieces."""


TreeLike: TypeAlias = Any
"""One cell's morphology: a :class:`livn_core.Tree`."""

Populations: TypeAlias = Mapping[str, "int | Sequence[int]"]
"""``{name: count}`` or ``{name: (start, count)}``; the order is the order of the population indices."""

CellValues: TypeAlias = "npt.ArrayLike | CellAttributeLike | Iterator[CellAttributeLike]"
"""Values of one attribute, whole or in pieces."""

CellAttributes: TypeAlias = Mapping[str, Mapping[str, Mapping[str, CellValues]]]
"""``{population: {namespace: {attribute: values}}}``."""

Projections: TypeAlias = Mapping[tuple[str, str], "EdgesLike | Iterable[EdgesLike]"]
"""``{(pre, post): edges}``, the edges whole or in pieces."""

Trees: TypeAlias = Mapping[str, "Mapping[int, TreeLike] | TreeColumns"]
"""``{population: {gid: tree}}``."""
