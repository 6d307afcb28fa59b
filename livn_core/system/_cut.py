"""Writing a part of a system as a system of its own: new gids, everything else kept, a block of edges at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import CellAttribute, Edges, Tree
from livn_core.parallel import Ranks
from livn_core.system._cut_documents import documents
from livn_core.writing import write_system
from livn_core.writing._lazily import Lazily
from livn_core.writing._trees import TREES

if TYPE_CHECKING:
    from livn_core.system._subset import Subset
    from livn_core.system._subset_projection import SubsetPopulation, SubsetProjection

ORIGIN, GID, UPPER = "Origin", "gid", "gid, upper 32 bits"
"""Where a cell of the new system says which cell of the source it was."""

_EARLIER = re.compile(rf"{ORIGIN}(?: (\d+))?")


def cut(subset: Subset, path: str | os.PathLike[str], **settings: Any) -> Path:
    """Write a subset as a system of its own; see :meth:`livn_core.Subset.write`."""
    if Ranks.of(subset.comm) is not None:
        raise InvalidArgumentError("a system is written by one process; open the source without comm= for it")
    if not subset.num_neurons:
        raise InvalidArgumentError(f"{subset!r}: nothing is selected, so there is nothing to write")
    numbering = Numbering.of(subset)
    return write_system(
        path,
        {name: part.count for name, part in numbering.parts.items()},
        {pair: numbering.edges(subset.projection(*pair)) for pair in subset.projection_names},
        cells=Lazily(tuple(numbering.parts), lambda name: _namespaces(subset, name, numbering)),
        trees=Lazily(tuple(numbering.parts), lambda name: numbering.trees(name, subset.trees(name).items())),
        documents=documents(subset, numbering.new),
        **settings,
    )


@attrs.frozen(eq=False)
class Numbering:
    """From the gids of the source to those of the new system."""

    parts: Mapping[str, SubsetPopulation]
    starts: Mapping[str, int]

    @classmethod
    def of(cls, subset: Subset) -> Numbering:
        """Number the cells of a subset from 0 on."""
        parts = {name: subset._part(name) for name in subset.populations}
        ends = np.cumsum([0, *(part.count for part in parts.values())]).tolist()
        return cls(parts, dict(zip(parts, ends[:-1], strict=True)))

    def new(self, population: str, gids: AnyArray) -> IntArray:
        """The new gids of some cells: int64."""
        return self.parts[population].rows(gids) + self.starts[population]

    def edges(self, projection: SubsetProjection) -> Iterator[Edges]:
        """The edges of a projection in pieces, with new gids."""
        pre, post = projection.pre.name, projection.post.name
        for block in projection.blocks(attributes=True):
            yield attrs.evolve(block, post_gids=self.new(post, block.post_gids), pre_gids=self.new(pre, block.pre_gids))

    def attribute(self, population: str, found: CellAttribute) -> CellAttribute:
        """An attribute with new gids."""
        return attrs.evolve(found, gids=self.new(population, found.gids))

    def trees(self, population: str, found: list[tuple[int, Tree]]) -> dict[int, Tree]:
        """Morphologies by new gid."""
        gids = self.new(population, np.array([gid for gid, _ in found], np.int64)).tolist()
        return {gid: tree for gid, (_, tree) in zip(gids, found, strict=True)}


def _namespaces(subset: Subset, population: str, numbering: Numbering) -> Mapping[str, Mapping[str, Any]]:
    found = subset.namespaces(population)

    def attributes(namespace: str) -> Mapping[str, Any]:
        def read(name: str) -> CellAttribute:
            values = subset.cell_attributes(population, namespace, name)[name]
            return numbering.attribute(population, values)

        return Lazily(found[namespace], read)

    kept = {_later(name): attributes(name) for name in found if name != TREES}
    return {**kept, ORIGIN: _origin(numbering.parts[population].gids)}


def _later(namespace: str) -> str:
    """The name under which a namespace is written: the source's own origin moves one step back."""
    match = _EARLIER.fullmatch(namespace)
    return namespace if match is None else f"{ORIGIN} {int(match[1] or 1) + 1}"


def _origin(gids: IntArray) -> dict[str, AnyArray]:
    lower, upper = (gids & 0xFFFFFFFF).astype(np.uint32), (gids >> 32).astype(np.uint32)
    return {GID: lower, UPPER: upper} if upper.any() else {GID: lower}
