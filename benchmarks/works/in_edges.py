"""Ask an open file for the edges onto 400 cells here and there."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, PEER = "livn-core, pyfive", "libsonata"

WORK = Work(
    name="in_edges",
    title="In-edges of 400 scattered cells, open file",
    graphs=tuple(Graph("projection", 8_001, 640_000, one) for one in ("contiguous", "gzip, chunks of 64k")),
    contenders=(OURS, "livn-core, h5py", PEER),
    bars=(Bar("contiguous: time ÷ libsonata", ratio(OURS, PEER, "contiguous"), most=1.0),),
    gids=400,
)
