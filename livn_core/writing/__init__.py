"""Write NeuroH5 files, and whole systems, that neuroh5 itself can read.

What goes in has the shape of what the read routine gives, so copying is passing one to the other. Projections are
streamed: their edges may come in pieces of any size, and only one piece is in memory at a time.

Writing needs h5py (``pip install "livn-core[write]"``); reading does not.
"""

from __future__ import annotations

from livn_core.writing._inputs import (
    CellAttributeLike,
    CellAttributes,
    CellValues,
    EdgesLike,
    Populations,
    Projections,
    TreeLike,
    Trees,
)
from livn_core.writing._neuroh5 import write_neuroh5
from livn_core.writing._system import write_system

__all__ = [
    "CellAttributeLike",
    "CellAttributes",
    "CellValues",
    "EdgesLike",
    "Populations",
    "Projections",
    "TreeLike",
    "Trees",
    "write_neuroh5",
    "write_system",
]
