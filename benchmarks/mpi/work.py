"""One contender reads a file again and again, on every rank: ``python work.py CONTENDER FILE REPEATS``; prints JSON."""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from pathlib import Path

from mpi4py import MPI

COMM = MPI.COMM_WORLD
PAIRS = [("EXC", "EXC"), ("EXC", "INH")]


def with_livn_core():
    from livn_core import open_neuroh5

    def work(path):
        with open_neuroh5(path, backend="pyfive", comm=COMM) as file:
            edges = [file.projection(*pair).read(attributes=True, local=True) for pair in PAIRS]
        return edges, sum(map(len, edges))

    return work


def with_neuroh5():
    from neuroh5.io import scatter_read_graph

    def work(path):
        graph, _ = scatter_read_graph(path, comm=COMM, projections=PAIRS, namespaces=["Connections"])
        edges = [dict(graph[post][pre]) for pre, post in PAIRS]
        return edges, sum(len(sources) for cells in edges for sources, _ in cells.values())

    return work


def with_h5py():
    import h5py

    def work(path):
        with h5py.File(path) as file:
            names = []
            file.visit(names.append)
            arrays = {name: file[name][:] for name in names if isinstance(file[name], h5py.Dataset)}
        return arrays, sum(len(values) for name, values in arrays.items() if name.endswith("Source Index"))

    return work


CONTENDERS = {
    "livn-core, pyfive": with_livn_core,
    "neuroh5 scatter_read_graph": with_neuroh5,
    "h5py, whole arrays": with_h5py,
}


def timed(work, path):
    COMM.Barrier()
    start = time.perf_counter()
    result, edges = work(path)
    COMM.Barrier()
    seconds = time.perf_counter() - start
    del result
    return seconds, COMM.allreduce(edges)


def peak_mb():
    """The most memory that this process has held; getrusage would count its parent's as well."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


def main():
    contender, path, repeats = sys.argv[1:]
    try:
        work = CONTENDERS[contender]()
    except ImportError as error:
        answer = {"missing": str(error)}
    else:
        seconds, edges = zip(*(timed(work, path) for _ in range(int(repeats))), strict=True)
        peak = COMM.allreduce(peak_mb(), op=MPI.MAX)
        warm = statistics.median(seconds[1:])
        answer = {"first": seconds[0], "warm": warm, "all": seconds, "peak_mb": peak, "edges": edges[0]}
    if COMM.Get_rank() == 0:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
