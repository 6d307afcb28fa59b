"""The same projection from a thousand edges to a hundred million: what is fixed, and what grows."""

from __future__ import annotations

from suite.work import Graph, Work

EDGES = (10**3, 10**4, 10**5, 10**6, 10**7)

WORK = Work(
    name="sizes",
    title="One projection with two attributes, over sizes",
    graphs=(
        *(Graph("projection", max(20, edges // 100), edges, "chunks of 64k") for edges in (*EDGES, 10**8)),
        *(Graph("projection", max(20, edges // 100), edges, "gzip, chunks of 64k") for edges in EDGES),
    ),
    contenders=("livn-core, pyfive", "livn-core, h5py", "livn-core, neuroh5", "h5py, same arrays", "neuroh5"),
    rounds=3,
    seconds=30,
)
