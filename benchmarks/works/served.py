"""A whole network from HSDS on this machine."""

from __future__ import annotations

from suite.work import Graph, Work

WORK = Work(
    name="served",
    method="network",
    title="All projections and coordinates, from HSDS",
    graphs=(Graph("network", 10_000, 1_000_000, "gzip, chunks of 64k"),),
    contenders=("livn-core, h5pyd", "h5pyd, same arrays"),
    rounds=3,
    served=True,
    note="Server and client share the machine; with latency on the way, see `serving/h5pyd_rounds.py`. h5pyd takes "
    "small datasets from the summary that comes with opening, so its requests are few where edges are.",
)
