"""Ask an open file for the edges onto one cell."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, PEER = "livn-core, pyfive", "libsonata"

WORK = Work(
    name="in_edges_of_one",
    title="In-edges of one cell, open file",
    graphs=tuple(Graph("projection", 8_001, 640_000, one) for one in ("contiguous", "gzip, chunks of 64k")),
    contenders=(OURS, "livn-core, h5py", PEER),
    bars=(Bar("contiguous: time ÷ libsonata", ratio(OURS, PEER, "contiguous"), most=1.5),),
    gids=1,
)
