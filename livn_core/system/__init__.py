"""Systems: the structure of a neural network from its files, with the original's interface.

``_system`` is what users see; ``_files`` opens the HDF5 files and ``_sidecars`` reads the JSON beside them; ``_graph``,
``_mea`` and ``_cells`` are the values they hold; ``_extent``, ``_percell``, ``_connectivity``, ``_selection``,
``_region`` and ``_patch`` compute; ``_subset`` is a part of a system, ``_cut`` writes it; ``_further`` leads to other
libraries; ``_places``, ``_predefined``, ``_fetch`` and ``_resolve`` find systems; ``_original`` meets the original
package.
"""

from __future__ import annotations

from livn_core.system._cells import CellsMetaData
from livn_core.system._fetch import fetch
from livn_core.system._graph import Element, GraphDocument
from livn_core.system._mea import MEA
from livn_core.system._parallel import ParallelSystem
from livn_core.system._places import PREDEFINED, available
from livn_core.system._predefined import predefined
from livn_core.system._resolve import make, resolve
from livn_core.system._subset import Subset
from livn_core.system._subset_projection import SubsetPopulation, SubsetProjection
from livn_core.system._system import System

__all__ = [
    "MEA",
    "PREDEFINED",
    "CellsMetaData",
    "Element",
    "GraphDocument",
    "ParallelSystem",
    "Subset",
    "SubsetPopulation",
    "SubsetProjection",
    "System",
    "available",
    "fetch",
    "make",
    "predefined",
    "resolve",
]
