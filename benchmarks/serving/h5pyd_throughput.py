"""Read a large projection from HSDS: livn-h5pyd, and plain HTTP downloads of the same bytes from the same server."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import urllib3

SLICE_BYTES = 4 * 2**20
OURS = "livn-h5pyd"
ATTRIBUTES = ["Connections/distance", "Synapses/syn_id"]


class Edges:
    """What ``write_system`` takes as the edges of a projection, here of 12 bytes for each edge."""

    def __init__(self, n_edges, n_cells):
        rng = np.random.default_rng(1)
        self.post_gids = np.arange(n_cells)
        self.indptr = np.linspace(0, n_edges, n_cells + 1).astype(np.int64)
        self.pre_gids = rng.integers(0, n_cells, n_edges)
        distance, syn_id = rng.random(n_edges, np.float32), np.arange(n_edges, dtype=np.uint32)
        self.attributes = {"Connections": {"distance": distance}, "Synapses": {"syn_id": syn_id}}


def write(folder, megabytes):
    from livn_core import write_system

    n_cells = 10_000
    write_system(folder, {"EXC": (0, n_cells)}, {("EXC", "EXC"): Edges(megabytes * 1_000_000 // 12, n_cells)})


def datasets(config, domain):
    """Address and size in bytes of the three large datasets."""
    from livn_h5pyd.connection import open_database, root_group

    database = open_database(config, domain)
    group = root_group(database)["Projections/EXC/EXC"]
    found = [group[path] for path in ("Edges/Source Index", *ATTRIBUTES)]
    query = f"domain={domain}&bucket={config.bucket}"
    rows = [
        (f"{config.endpoint}/datasets/{one.id.id}/value?{query}", one.shape[0], one.dtype.itemsize) for one in found
    ]
    database.close()
    return rows


def fetch(pool, address):
    """Download one body, and hold it as bytes: what any client does at least."""
    answer = pool.request("GET", address, headers={"Accept": "application/octet-stream"})
    if answer.status != 200:
        raise SystemExit(f"{address}: status {answer.status}")
    return len(answer.data)


def slices(rows):
    for address, size, width in rows:
        step = SLICE_BYTES // width
        for start in range(0, size, step):
            yield f"{address}&select=[{start}:{min(start + step, size)}]"


def plain(rows, cut, at_a_time):
    pool = urllib3.PoolManager(maxsize=at_a_time)
    addresses = list(slices(rows)) if cut else [address for address, _, _ in rows]
    with ThreadPoolExecutor(at_a_time) as threads:
        return sum(threads.map(partial(fetch, pool), addresses))


def timed(work, *arguments):
    """Seconds, and bytes."""
    began = time.perf_counter()
    size = work(*arguments)
    return time.perf_counter() - began, size


def ours():
    """Read a projection of which nothing is known yet, of a system that is open."""
    from livn_core import System

    with System("Large") as system:
        projection = system.projection("EXC", "EXC")
        return timed(_size, projection)


def _size(projection):
    edges = projection.read(attributes=ATTRIBUTES)
    arrays = [edges.pre_gids, *(values for one in edges.attributes.values() for values in one.values())]
    return sum(array.nbytes for array in arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, one round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="keep every sample in this file")
    options = parser.parse_args()
    megabytes, rounds = (10, 1) if options.quick else (100, options.rounds)

    from livn_ui.hsds import HsdsServer, HsdsSettings
    from livn_ui.importing import import_file
    from livn_ui.testing import admin_of

    python = os.environ.get("LIVN_TEST_HSDS_PYTHON")
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch, "Large"), megabytes)
        with HsdsServer(HsdsSettings(python=python, store=Path(scratch, "store"))) as server:
            config = admin_of(server, timeout=60)
            for name in ("cells.h5", "connections.h5"):
                import_file(config, Path(scratch, "Large", name), f"/Large/{name}")
            os.environ["LIVN_HSDS"] = json.dumps({"endpoint": server.endpoint})
            rows = datasets(config, "/Large/connections.h5")
            contenders = {
                OURS: ours,
                "plain, whole, one after the other": partial(timed, plain, rows, False, 1),
                "plain, whole, all 3 at a time": partial(timed, plain, rows, False, 3),
                "plain, slices of 4 MiB, one after the other": partial(timed, plain, rows, True, 1),
                "plain, slices of 4 MiB, 8 at a time": partial(timed, plain, rows, True, 8),
            }
            samples = measure(contenders, rounds)
    report(samples, sum(size * width for _, size, width in rows))
    if options.json:
        options.json.write_text(json.dumps(samples, indent=1))


def measure(contenders, rounds):
    """{contender: [seconds, ...]}, contenders taking turns, after one turn that does not count."""
    samples = {name: [] for name in contenders}
    sizes = {name: work()[1] for name, work in contenders.items()}
    if len(set(sizes.values())) != 1:
        raise SystemExit(f"contenders disagree about the number of bytes: {sizes}")
    for _ in range(rounds):
        for name, work in contenders.items():
            samples[name].append(work()[0])
    return samples


def report(samples, size):
    """Rates, and what livn-h5pyd has of each other's in the same round."""
    print(f"\n{size / 1e6:.0f} MB\n\n| contender | MB/s | range | livn-h5pyd has of it |\n|---|---|---|---|")
    for name, found in samples.items():
        rates = sorted(size / 1e6 / seconds for seconds in found)
        shares = [theirs / mine for theirs, mine in zip(found, samples[OURS], strict=True)]
        middle, share = statistics.median(rates), statistics.median(shares)
        print(f"| {name} | {middle:.0f} | {rates[0]:.0f} to {rates[-1]:.0f} | {share:.2f} |")
    fastest = {name: min(found) for name, found in samples.items()}
    best = min(seconds for name, seconds in fastest.items() if name != OURS)
    print(f"\nbest of all rounds against the best of any plain download: {best / fastest[OURS]:.2f}")


if __name__ == "__main__":
    main()
