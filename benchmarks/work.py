"""One contender does the work twice, in this process: ``python work.py CONTENDER SMALL SYSTEM``; prints JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

PAIRS = [(pre, post) for post in ("EXC", "INH") for pre in ("EXC", "INH")]


def with_livn_core(backend):
    from livn_core import System

    def work(path):
        with System(path, backend=backend) as system:
            coordinates = system.neuron_coordinates
            edges = [system.projection(*pair).read(attributes=True) for pair in PAIRS]
            return len(coordinates), sum(map(len, edges)), system.summary()["num_edges"]

    return work


def with_original():
    from livn.system import System

    def work(path):
        system = System(path)
        coordinates = system.neuron_coordinates
        edges = [system.projection_array(*pair) for pair in PAIRS]
        count = sum(len(sources) for pair in edges for _, (sources, _) in pair)
        return len(coordinates), count, system.summary()["num_projections"]

    return work


def with_h5py():
    import h5py

    def work(path):
        arrays = []
        for name in ("cells.h5", "connections.h5"):
            with h5py.File(Path(path) / name) as file:
                names = []
                file.visit(names.append)
                datasets = [file[one] for one in names if isinstance(file[one], h5py.Dataset)]
                arrays += [(one.name, one[:]) for one in datasets if one.shape and "Synapse Attr" not in one.name]
        cells = sum(len(values) for name, values in arrays if name.endswith("X Coordinate/Attribute Value"))
        edges = sum(len(values) for name, values in arrays if name.endswith("Source Index"))
        return cells, edges, edges

    return work


CONTENDERS = {
    "livn-core, pyfive": lambda: with_livn_core("pyfive"),
    "livn-core, h5py": lambda: with_livn_core("h5py"),
    "livn 2.0.0": with_original,
    "h5py, same arrays": with_h5py,
}


def main():
    contender, _, path = sys.argv[1:]
    try:
        work = CONTENDERS[contender]()
        work(sys.argv[2])  # a small system first, so that no import is measured
    except (ImportError, LookupError) as error:
        print(json.dumps({"missing": str(error)}))
        return
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        counts = work(path)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"first": seconds[0], "warm": seconds[1], "peak_mb": peak_mb(), "counts": counts}))


def peak_mb():
    """The most memory that this process has held; getrusage would count its parent's as well."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


if __name__ == "__main__":
    main()
