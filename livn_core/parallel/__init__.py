"""Reading by several MPI ranks at once, through any backend.

Backends know nothing of ranks: every rank opens the file for itself, and the core coordinates. ``ranks`` makes an error
of one an error of all, ``_snapshot`` carries the metadata from rank 0 to the others, ``shares`` cuts what is to be read
into contiguous parts, ``copying`` picks out of them what goes to whom, and ``_file`` reads them and puts the whole
together on every rank.
"""

from __future__ import annotations

from livn_core.parallel._file import SharedFile, open_shared
from livn_core.parallel.ranks import Ranks, local_gids, rank_and_size

__all__ = ["Ranks", "SharedFile", "local_gids", "open_shared", "rank_and_size"]
