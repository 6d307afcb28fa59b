"""One contender reads a file again and again, on every rank: ``python work.py CONTENDER FILE REPEATS``; prints JSON."""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from mpi4py import MPI

COMM = MPI.COMM_WORLD
PAIRS = [("EXC", "EXC"), ("EXC", "INH")]


def with_livn_core():
    from livn_core import open_neuroh5

    def work(path):
        with open_neuroh5(path, backend="pyfive", comm=COMM) as file:
            edges = [file.projection(*pair).read(attributes=True, local=True) for pair in PAIRS]
        return edges, sum(map(len, edges)), sum(map(size_of, edges))

    return work


def size_of(edges):
    arrays = [edges.post_gids, edges.indptr, edges.pre_gids]
    arrays += [values for named in edges.attributes.values() for values in named.values()]
    return sum(array.nbytes for array in arrays)


def without_dealing():
    """Each rank reads and decodes its share of every array, and nobody gets anything from anybody."""
    from livn_core.backends import default_backends
    from livn_core.h5file import Ranges

    names = ["Edges/Source Index", "Connections/distance", "Connections/weight"]
    paths = [f"/Projections/{post}/{pre}/{name}" for pre, post in PAIRS for name in names]

    def part(path, dataset):
        (size,), (chunk,) = dataset.shape, dataset.chunks or (1,)
        start, stop = (min(-(-size * rank // COMM.size // chunk) * chunk, size) for rank in (COMM.rank, COMM.rank + 1))
        return Ranges(path, np.array([start]), np.array([stop]))

    def work(path):
        file, _ = default_backends().open(path, "pyfive", {})
        with file:
            arrays = file.read_many([part(name, file[name]) for name in paths])
        return arrays, sum(len(values) for values in arrays[:: len(names)]), sum(values.nbytes for values in arrays)

    return work


def with_neuroh5():
    from neuroh5.io import scatter_read_graph

    def work(path):
        graph, _ = scatter_read_graph(path, comm=COMM, projections=PAIRS, namespaces=["Connections"], io_size=COMM.size)
        edges = [dict(graph[post][pre]) for pre, post in PAIRS]
        return edges, sum(len(sources) for cells in edges for sources, _ in cells.values()), None

    return work


def with_h5py():
    import h5py

    def work(path):
        with h5py.File(path) as file:
            names = []
            file.visit(names.append)
            arrays = {name: file[name][:] for name in names if isinstance(file[name], h5py.Dataset)}
        return arrays, sum(len(values) for name, values in arrays.items() if name.endswith("Source Index")), None

    return work


CONTENDERS = {
    "livn-core": with_livn_core,
    "shares that nobody deals out": without_dealing,
    "neuroh5 scatter_read_graph": with_neuroh5,
    "h5py, whole arrays": with_h5py,
}


def timed(work, path):
    COMM.Barrier()
    start, begun = time.perf_counter(), time.process_time()
    result, edges, nbytes = work(path)
    processor = time.process_time() - begun
    COMM.Barrier()
    seconds = time.perf_counter() - start
    del result
    return seconds, COMM.allreduce(processor, op=MPI.MAX), COMM.allreduce(edges), nbytes


def peak_mb():
    """The most memory that this process has held; getrusage would count its parent's as well."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 / 1e6 if found else float("nan")


def main():
    contender, path, repeats = sys.argv[1:]
    try:
        work = CONTENDERS[contender]()
    except ImportError as error:
        answer = {"missing": str(error)}
    else:
        seconds, processor, edges, nbytes = zip(*(timed(work, path) for _ in range(int(repeats))), strict=True)
        answer = {
            "first": seconds[0],
            "warm": statistics.median(seconds[1:]),
            "least": min(seconds[1:]),
            "processor": min(processor[1:]),
            "all": seconds,
            "peak_mb": COMM.allreduce(peak_mb(), op=MPI.MAX),
            "share_mb": COMM.allreduce((nbytes[0] or 0) / 1e6, op=MPI.MAX),
            "edges": edges[0],
        }
    if COMM.Get_rank() == 0:
        print(json.dumps(answer))


if __name__ == "__main__":
    main()
