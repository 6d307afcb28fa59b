"""Ask an open file for the edges that come from 400 cells here and there, with an index that was made before."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, PEER = "livn-core, pyfive", "libsonata"

WORK = Work(
    name="out_edges",
    title="Out-edges of 400 scattered cells, open file, with an index",
    graphs=(Graph("projection", 8_001, 640_000, "contiguous"),),
    contenders=(OURS, PEER),
    bars=(Bar("contiguous: time ÷ libsonata with targets", ratio(OURS, PEER, "contiguous"), most=0.5),),
    gids=400,
)
