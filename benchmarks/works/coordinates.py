"""Open a file and read where all cells are."""

from __future__ import annotations

from suite.bars import ratio
from suite.work import Bar, Graph, Work

OURS, RAW = "livn-core, pyfive", "h5py, same arrays"
LAYOUTS = {"contiguous": 1.1, "chunks of 4,000": 1.3, "gzip, chunks of 64k": 0.9}

WORK = Work(
    name="coordinates",
    title="Coordinates of all cells",
    graphs=tuple(Graph("network", 100_000, 1_000_000, layout) for layout in LAYOUTS),
    contenders=(OURS, "livn-core, h5py", "livn-core, neuroh5", "livn 2.0.0", RAW),
    bars=tuple(Bar(f"{layout}: time ÷ h5py", ratio(OURS, RAW, layout), most=most) for layout, most in LAYOUTS.items()),
    note="livn-core returns float64 with gids, sorted; h5py returns the arrays as they are.",
)
