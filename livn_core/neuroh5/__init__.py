"""The read routine: NeuroH5 in, numpy out, the same for every backend.

``_opening`` opens a file and ``_store`` guards it; ``_populations``, ``_cells``, ``_finding``, ``_destinations``,
``_edges`` and ``_trees`` read one part of the format each, ``_segments`` is the plan they share, ``_dealing`` gives
each MPI rank what it owns, and ``values`` is what comes out.
"""

from __future__ import annotations

from livn_core.neuroh5._file import NeuroH5File
from livn_core.neuroh5._opening import open_neuroh5
from livn_core.neuroh5._projection import Projection
from livn_core.neuroh5._statistics import DegreeStatistics, Spread
from livn_core.neuroh5._trees import Trees
from livn_core.neuroh5.values import CellAttribute, Edges, Population, Tree

__all__ = [
    "CellAttribute",
    "DegreeStatistics",
    "Edges",
    "NeuroH5File",
    "Population",
    "Projection",
    "Spread",
    "Tree",
    "Trees",
    "open_neuroh5",
]
