"""One projection as a sparse matrix of what the file holds, and what reading it takes of that."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, READ = "livn-core, pyfive", "livn-core, pyfive, the read alone"
LAYOUTS = ("contiguous", "gzip, chunks of 64k")

WORK = Work(
    name="matrix",
    title="One projection as a sparse matrix, with an attribute",
    graphs=tuple(Graph("projection", 100_000, 10_000_000, layout) for layout in LAYOUTS),
    contenders=(OURS, READ, "livn-core, h5py"),
    bars=tuple(Bar(f"{layout}: time ÷ the read alone", ratio(OURS, READ, layout), most=1.5) for layout in LAYOUTS),
)
