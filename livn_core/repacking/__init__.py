"""Write a system again as it is best read: one block for each projection, cells in order, chunks that suit the reader.

``_contents`` turns an open system into what the writer takes, a block at a time; ``_measure`` counts what lies in the
files; ``_left_out`` lists what cannot come along; ``_repack`` does it, and verifies it.
"""

from __future__ import annotations

from livn_core.repacking._measure import Extent
from livn_core.repacking._repack import PURPOSES, Repacked, repack

__all__ = ["PURPOSES", "Extent", "Repacked", "repack"]
