"""Open a file and read one projection with both its attributes."""

from __future__ import annotations

from suite.bars import ratio
from suite.graphs import LAYOUTS
from suite.work import Bar, Graph, Work

OURS, RAW, ZLIB = "livn-core, pyfive", "h5py, same arrays", "livn-core, pyfive with plain zlib"
GZIP = "gzip, chunks of 64k"

WORK = Work(
    name="projection",
    title="A whole projection with two attributes",
    graphs=tuple(Graph("projection", 100_000, 10_000_000, layout) for layout in LAYOUTS),
    contenders=(OURS, ZLIB, "livn-core, h5py", "livn-core, neuroh5", RAW, "libsonata", "neuroh5"),
    bars=(
        Bar("contiguous: time ÷ h5py", ratio(OURS, RAW, "contiguous"), most=1.1),
        Bar("gzip and shuffle, chunks of 64k: time ÷ h5py", ratio(OURS, RAW, GZIP), most=0.45),
        Bar("gzip and shuffle, chunks of 64k: time ÷ with plain zlib", ratio(OURS, ZLIB, GZIP), most=0.7),
    ),
    note="libsonata reads sources, targets and both attributes from its own file, which is never compressed.",
)
