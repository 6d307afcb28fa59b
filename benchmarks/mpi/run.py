"""Deal a network out to MPI ranks: livn-core and neuroh5 on one and two, and h5py reading whole arrays."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
STORAGE = {
    "uncompressed": {"chunks": 65536},
    "gzip": {"chunks": 65536, "compression": 4, "shuffle": True},
}
CONTENDERS = [
    ("livn-core, pyfive", 1),
    ("livn-core, pyfive", 2),
    ("neuroh5 scatter_read_graph", 1),
    ("neuroh5 scatter_read_graph", 2),
    ("h5py, whole arrays", 1),
]
ENVIRONMENT = {
    "LIVN_THREADS": "1",  # a rank is a process here, so that ranks and not threads are compared
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
}


class Edges:
    """What ``write_neuroh5`` takes as the edges of a projection."""

    def __init__(self, rng, sources, post_start, post_count, per_cell):
        self.post_gids = np.arange(post_start, post_start + post_count)
        self.indptr = np.arange(post_count + 1) * per_cell
        self.pre_gids = np.sort(rng.integers(0, sources, (post_count, per_cell)), axis=1).ravel()
        size = self.pre_gids.size
        distance = rng.exponential(150.0, size).astype(np.float32).round(2)
        weight = rng.lognormal(0.0, 0.5, size).astype(np.float32).round(3)
        self.attributes = {"Connections": {"distance": distance, "weight": weight}}


def write(folder, n_cells):
    from livn_core.writing import write_neuroh5

    rng = np.random.default_rng(1)
    exc = n_cells * 4 // 5
    ranges = {"EXC": (0, exc), "INH": (exc, n_cells - exc)}
    per_cell = min(200, exc)
    projections = {("EXC", post): Edges(rng, exc, *ranges[post], per_cell) for post in ranges}
    for name, storage in STORAGE.items():
        write_neuroh5(folder / f"{name}.h5", ranges, projections, **storage)
    return n_cells * per_cell


def launcher():
    beside = Path(sys.executable).parent / "mpiexec"
    found = str(beside) if beside.exists() else shutil.which("mpiexec")
    if found is None:
        raise SystemExit("no mpiexec: pip install mpich mpi4py, or install the system's MPI and pip install mpi4py")
    return found


def measure(contender, ranks, path, repeats):
    command = [launcher(), "-n", str(ranks), sys.executable, "-m", "mpi4py", str(HERE / "work.py")]
    done = subprocess.run(
        [*command, contender, str(path), str(repeats)],
        capture_output=True,
        text=True,
        env={**os.environ, **ENVIRONMENT},
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{contender} on {ranks} ranks failed:\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def interleaved(path, rounds, repeats):
    """{(contender, ranks): [sample, ...]}, contenders taking turns."""
    samples = {contender: [] for contender in CONTENDERS}
    for _ in range(rounds):
        for contender, found in samples.items():
            if not (found and "missing" in found[0]):
                found.append(measure(*contender, path, repeats))
    for (name, ranks), found in list(samples.items()):
        if "missing" in found[0]:
            print(f"left out: {name} on {ranks} ranks ({found[0]['missing']})")
            del samples[name, ranks]
    counts = {sample["edges"] for found in samples.values() for sample in found}
    if len(counts) != 1:
        raise SystemExit(f"contenders disagree about how many edges there are: {counts}")
    return samples


def report(title, samples):
    reference = samples["livn-core, pyfive", 1]
    print(f"\n{title}\n")
    print("| contender | ranks | first s | warm s | range of warm | peak MB per rank | of livn-core on one, warm |")
    print("|---|---|---|---|---|---|---|")
    for (contender, ranks), found in samples.items():
        first, warm = (statistics.median(sample[key] for sample in found) for key in ("first", "warm"))
        every = sorted(sample["warm"] for sample in found)
        peak = statistics.median(sample["peak_mb"] for sample in found)
        ratio = statistics.median(one["warm"] / ours["warm"] for one, ours in zip(found, reference, strict=True))
        print(
            f"| {contender} | {ranks} | {first:.3f} | {warm:.3f} | {every[0]:.3f} to {every[-1]:.3f} "
            f"| {peak:.0f} | {ratio:.2f} x |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the size, one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=4, help="how often each process reads: first, then warm")
    parser.add_argument("--json", type=Path, help="keep every sample in this file")
    options = parser.parse_args()
    n_cells, rounds = (1000, 1) if options.quick else (100_000, options.rounds)
    everything = {}
    with tempfile.TemporaryDirectory() as scratch:
        n_edges = write(Path(scratch), n_cells)
        for name in STORAGE:
            samples = interleaved(Path(scratch) / f"{name}.h5", rounds, options.repeats)
            report(f"{name}: {n_cells:,} cells, {n_edges:,} edges with two attributes", samples)
            everything[name] = [
                {"contender": contender, "ranks": ranks, "samples": found}
                for (contender, ranks), found in samples.items()
            ]
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
