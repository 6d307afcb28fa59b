"""Count edges and summarise a system, of whose edges nothing need be read."""

from __future__ import annotations

from suite.bars import growth
from suite.work import Bar, Graph, Work

OURS = "livn-core, pyfive"

WORK = Work(
    name="counts",
    title="Edge counts and the summary of a system",
    graphs=tuple(Graph("network", edges // 100, edges) for edges in (10**5, 10**7)),
    contenders=(OURS, "livn-core, h5py", "livn-core, neuroh5", "h5py, same arrays"),
    bars=(Bar("bytes read with 10⁷ edges ÷ with 10⁵: no edge data", growth(OURS, "bytes", per_edge=False), most=1.05),),
    note="Whoever read a single array of edge data would read ten megabytes or more of the larger system.",
)
