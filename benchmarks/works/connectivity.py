"""The sparse connectivity matrix of a whole system, and what reading the edges and drawing strengths take of that."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, READ = "livn-core, pyfive", "livn-core, pyfive, the read alone"

WORK = Work(
    name="connectivity",
    title="Sparse connectivity matrix",
    graphs=(Graph("network", 100_000, 10_000_000, "contiguous"),),
    contenders=(OURS, READ, "livn-core, the strengths alone"),
    bars=(Bar("contiguous: time ÷ the read alone", ratio(OURS, READ, "contiguous"), most=1.5),),
    note="Every edge gets a random strength as in the original, so all come from one Mersenne Twister, one after the "
    "other. A matrix of what files hold, without random numbers, is the next one.",
)
