"""Load a whole network: all coordinates, and all projections with all their attributes."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, ORIGINAL = "livn-core, pyfive", "livn 2.0.0"

WORK = Work(
    name="network",
    title="All projections and coordinates",
    graphs=tuple(Graph("network", 100_000, 10_000_000, one) for one in ("contiguous", "gzip, chunks of 64k")),
    contenders=(OURS, "livn-core, h5py", "livn-core, neuroh5", ORIGINAL, "h5py, same arrays"),
    bars=(
        Bar("contiguous: time of livn 2.0.0 ÷ ours", ratio(ORIGINAL, OURS, "contiguous"), least=25),
        Bar("gzip, chunks of 64k: time of livn 2.0.0 ÷ ours", ratio(ORIGINAL, OURS, "gzip, chunks of 64k"), least=20),
    ),
    rounds=4,
    seconds=60,
)
