"""Pass over a projection that need not fit into memory."""

from __future__ import annotations

from suite.bars import growth, largest
from suite.work import Bar, Graph, Work

OURS = "livn-core, pyfive"

WORK = Work(
    name="blocks",
    title="Blocks over a projection of any size",
    graphs=tuple(Graph("projection", edges // 100, edges, "chunks of 64k") for edges in (10**7, 10**8)),
    contenders=(OURS, "livn-core, h5py"),
    bars=(
        Bar("time an edge with 10⁸ edges ÷ with 10⁷", growth(OURS), most=1.2),
        Bar("peak memory of the process", largest(OURS, "peak_mb"), most=300, unit="MiB"),
    ),
    rounds=3,
)
