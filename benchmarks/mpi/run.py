"""Deal a network out to MPI ranks: livn-core and neuroh5 on one and two, and h5py reading whole arrays.

Prints what results.md holds; what it is doing meanwhile goes to the other stream.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
STORAGE = {
    "uncompressed": {"chunks": 65536},
    "gzip": {"chunks": 65536, "compression": 4, "shuffle": True},
}
OURS, NEUROH5 = "livn-core", "neuroh5 scatter_read_graph"
ONE_THREAD, DEFAULT = "1", "default"
CONTENDERS = [  # name, ranks, LIVN_THREADS
    (OURS, 1, ONE_THREAD),
    (OURS, 2, ONE_THREAD),
    ("shares that nobody deals out", 2, ONE_THREAD),
    (OURS, 1, DEFAULT),
    (NEUROH5, 1, ONE_THREAD),
    (NEUROH5, 2, ONE_THREAD),
    ("h5py, whole arrays", 1, ONE_THREAD),
]
MOST_REPEATS = {NEUROH5: 2}  # it takes many seconds
ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    # Ranks that wait give way, so that waiting is not counted as processor time.
    "MPIR_CVAR_POLLS_BEFORE_YIELD": "1",
    "MPIR_CVAR_ENABLE_HEAVY_YIELD": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
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


def measure(contender, ranks, threads, path, repeats):
    command = [launcher(), "-n", str(ranks), sys.executable, "-m", "mpi4py", str(HERE / "work.py")]
    environment = {name: value for name, value in os.environ.items() if name != "LIVN_THREADS"}
    if threads != DEFAULT:
        environment["LIVN_THREADS"] = threads
    done = subprocess.run(
        [*command, contender, str(path), str(min(repeats, MOST_REPEATS.get(contender, repeats)))],
        capture_output=True,
        text=True,
        env={**environment, **ENVIRONMENT},
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{contender} on {ranks} ranks failed:\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def interleaved(path, rounds, repeats):
    """{contender: [sample, ...]}, contenders taking turns."""
    samples = {contender: [] for contender in CONTENDERS}
    for number in range(rounds):
        print(f"{path.stem}, round {number + 1} of {rounds}", file=sys.stderr)
        for contender, found in samples.items():
            if not (found and "missing" in found[0]):
                found.append(measure(*contender, path, repeats))
    for contender, found in list(samples.items()):
        if "missing" in found[0]:
            print(f"Left out: {contender[0]} on {contender[1]} ranks ({found[0]['missing']}).\n")
            del samples[contender]
    counts = {sample["edges"] for found in samples.values() for sample in found}
    if len(counts) != 1:
        raise SystemExit(f"contenders disagree about how many edges there are: {counts}")
    return samples


def describe_machine():
    names = ["numpy", "pyfive", "h5py", "mpi4py", "zlib-ng", "neuroh5"]
    found = []
    for name in names:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    ask = "from mpi4py import MPI; print(' '.join(MPI.Get_library_version().split()[:3]))"
    mpi = subprocess.run([launcher(), "-n", "1", sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    load = f", load {os.getloadavg()[0]:.1f} before the first reading" if hasattr(os, "getloadavg") else ""
    print(f"# Results\n\n{platform.machine()}, {platform.system()}, {os.cpu_count()} processors{load}; ", end="")
    print(f"Python {platform.python_version()}, {', '.join(found)}, {mpi.stdout.strip()}.")


def report(title, samples):
    print(f"\n## {title}\n")
    print("| contender | ranks | threads | first s | warm s | range of warm | processor s | peak MB per rank |")
    print("|---|---|---|---|---|---|---|---|")
    for (contender, ranks, threads), found in samples.items():
        first, warm, peak = (statistics.median(sample[key] for sample in found) for key in ("first", "warm", "peak_mb"))
        every = [seconds for sample in found for seconds in sample["all"][1:]]
        print(
            f"| {contender} | {ranks} | {threads} | {first:.3f} | {warm:.3f} | {min(every):.3f} to {max(every):.3f} "
            f"| {least(found, 'processor'):.3f} | {peak:.0f} |"
        )
    print()
    compare(samples, "Two ranks of livn-core against one, one thread each", *((OURS, n, ONE_THREAD) for n in (1, 2)))
    for threads in (ONE_THREAD, DEFAULT):
        what = f"livn-core against neuroh5 on one rank, {'one thread' if threads == ONE_THREAD else 'default threads'}"
        compare(samples, what, (NEUROH5, 1, ONE_THREAD), (OURS, 1, threads))
    report_memory(samples[OURS, 2, ONE_THREAD])


def compare(samples, what, slower, faster):
    """How many times faster: side by side, and by the least disturbed readings."""
    if slower not in samples or faster not in samples:
        return
    pairs = zip(samples[slower], samples[faster], strict=True)
    ratio = statistics.median(one["warm"] / other["warm"] for one, other in pairs)
    seconds, processor = (least(samples[slower], key) / least(samples[faster], key) for key in ("least", "processor"))
    print(f"- {what}: {ratio:.2f} times as fast (median of rounds), {seconds:.2f} by the shortest readings,", end="")
    print(f" {processor:.2f} by the least processor time of a rank.")


def least(samples, key):
    return min(sample[key] for sample in samples)


def report_memory(samples):
    share, peak = samples[0]["share_mb"], max(sample["peak_mb"] for sample in samples)
    print(f"- Memory of a rank on two: at most {peak:.0f} MB for a share of {share:.0f} MB; ", end="")
    print(f"1.2 times the share and 150 MB are {1.2 * share + 150:.0f} MB.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the size, one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=6, help="how often each process reads: first, then warm")
    parser.add_argument("--json", type=Path, help="keep every sample in this file")
    options = parser.parse_args()
    n_cells, rounds = (1000, 1) if options.quick else (100_000, options.rounds)
    everything = {}
    describe_machine()
    with tempfile.TemporaryDirectory() as scratch:
        n_edges = write(Path(scratch), n_cells)
        for name in STORAGE:
            samples = interleaved(Path(scratch) / f"{name}.h5", rounds, options.repeats)
            report(f"{name}: {n_cells:,} cells, {n_edges:,} edges with two attributes, {rounds} rounds", samples)
            everything[name] = [
                {"contender": contender, "ranks": ranks, "threads": threads, "samples": found}
                for (contender, ranks, threads), found in samples.items()
            ]
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
