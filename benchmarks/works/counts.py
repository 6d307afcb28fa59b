"""Count edges and summarise a system, of whose edges nothing need be read."""

from __future__ import annotations

from suite.bars import largest
from suite.work import Bar, Graph, Work

OURS = "livn-core, pyfive"

WORK = Work(
    name="counts",
    title="Edge counts and the summary of a system",
    graphs=tuple(Graph("network", 100_000, 10_000_000, one) for one in ("contiguous", "gzip, chunks of 64k")),
    contenders=(OURS, "livn-core, h5py", "livn-core, neuroh5", "h5py, same arrays"),
    bars=(Bar("bytes read from files of 10 million edges", largest(OURS, "bytes", 1024), most=128, unit="KiB"),),
    note="Whoever read a single array of edge data would read ten megabytes or more, or, compressed, one.",
)
