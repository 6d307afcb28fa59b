"""Write one NeuroH5 file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from livn_core.errors import InvalidArgumentError, unknown_name
from livn_core.writing._atomic import check_free, check_may_be_file, new_file
from livn_core.writing._blocks import MAX_BLOCK_EDGES
from livn_core.writing._cells import write_cells
from livn_core.writing._checks import Range
from livn_core.writing._edges import write_projection
from livn_core.writing._inputs import CellAttributes, Populations, Projections, Trees
from livn_core.writing._populations import ranges, write_types
from livn_core.writing._storage import Storage, import_h5py
from livn_core.writing._trees import write_trees


def write_neuroh5(
    path: str | os.PathLike[str],
    populations: Populations,
    projections: Projections | None = None,
    *,
    cells: CellAttributes | None = None,
    trees: Trees | None = None,
    chunks: int | None = None,
    compression: int | None = None,
    shuffle: bool = False,
    max_block_edges: int = MAX_BLOCK_EDGES,
    overwrite: bool = False,
) -> Path:
    """Write one NeuroH5 file; all parameters are those of :func:`write_system`.

    Returns
    -------
    Path
        The file that was written; it appears when it is complete.

    Raises
    ------
    InvalidArgumentError, InvalidTypeError, UnknownNameError, ImportError
        As for :func:`write_system`.
    """
    target = check_free(path, overwrite)
    check_may_be_file(path)
    with new_file(target) as file:
        contents = Contents(ranges(populations), projections or {}, cells or {}, trees or {})
        contents.write(file, Storage(chunks, compression, shuffle, max_block_edges))
    return target


class Contents:
    """What goes into the files of a system; which part goes into which file is decided on writing."""

    def __init__(
        self,
        populations: dict[str, Range],
        projections: Projections,
        cells: CellAttributes,
        trees: Trees,
        allowed: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.populations, self.projections, self.cells, self.trees = populations, projections, cells, trees
        # Those that are valid without having edges are kept after those that have.
        self.pairs = tuple(dict.fromkeys([*projections, *allowed]))
        pairs: Iterable[object] = projections
        for pair in pairs:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise InvalidArgumentError(f"a projection is named by (pre, post), not {pair!r}")
        for name in [*cells, *trees, *(name for pair in projections for name in pair)]:
            if name not in populations:
                raise unknown_name("population", name, populations, "write_system")

    def without(self, *parts: str) -> Contents:
        """Leave out some of ``"projections"``, ``"cells"`` and ``"trees"``; what is valid stays so."""
        return Contents(
            self.populations,
            {} if "projections" in parts else self.projections,
            {} if "cells" in parts else self.cells,
            {} if "trees" in parts else self.trees,
            self.pairs,
        )

    def write(self, path: Path, storage: Storage) -> None:
        """Write one file."""
        with import_h5py().File(path, "w") as file:
            write_types(file, self.populations, self.pairs)
            for name, namespaces in self.cells.items():
                write_cells(file, self.populations[name], namespaces, storage)
            for name, found in self.trees.items():
                write_trees(file, self.populations[name], found, storage)
            for (pre, post), edges in self.projections.items():
                write_projection(file, self.populations[pre], self.populations[post], edges, storage)
