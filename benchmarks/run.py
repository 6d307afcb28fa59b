"""Load whole networks: livn-core through each backend, livn 2.0.0, and h5py reading the same arrays."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from work import CONTENDERS, PAIRS

HERE = Path(__file__).parent
STORAGE = {
    "contiguous": {},
    "chunks of 4,000": {"chunks": 4000},
    "gzip": {"chunks": 65536, "compression": 4, "shuffle": True},
}


class Edges:
    """What ``write_system`` takes as the edges of a projection."""

    def __init__(self, rng, pre, post, n_edges):
        (pre_start, pre_count), (post_start, post_count) = pre, post
        per_cell = max(1, n_edges // post_count)
        self.post_gids = np.arange(post_start, post_start + post_count)
        self.indptr = np.arange(post_count + 1) * per_cell
        sources = rng.integers(pre_start, pre_start + pre_count, (post_count, per_cell))
        self.pre_gids = np.sort(sources, axis=1).ravel()
        distance = rng.exponential(150.0, self.pre_gids.size).astype(np.float32).round(2)
        syn_id = np.arange(self.pre_gids.size, dtype=np.uint32)
        self.attributes = {"Connections": {"distance": distance}, "Synapses": {"syn_id": syn_id}}


def write(folder, n_cells, n_edges):
    from livn_core import predefined, write_system

    rng = np.random.default_rng(1)
    exc = n_cells * 4 // 5
    ranges = {"EXC": (0, exc), "INH": (exc, n_cells - exc)}
    projections = {(pre, post): Edges(rng, ranges[pre], ranges[post], n_edges // 4) for pre, post in PAIRS}
    axes = ("X Coordinate", "Y Coordinate", "Z Coordinate")
    cells = {
        name: {"Generated Coordinates": {axis: rng.random(count, np.float32) * 4000 for axis in axes}}
        for name, (_, count) in ranges.items()
    }
    # The original does not open a system whose graph.json declares no connections.
    documents = {"graph.json": Path(predefined("EI1"), "graph.json").read_bytes()}
    for name, storage in STORAGE.items():
        target = folder / name.replace(" ", "_")
        write_system(target, ranges, projections, cells=cells, documents=documents, **storage)


def measure(contender, path):
    from livn_core import predefined

    command = [sys.executable, str(HERE / "work.py"), contender, predefined("EI1"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{contender} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def interleaved(path, rounds):
    """{contender: [sample, ...]}, contenders taking turns."""
    samples = {contender: [] for contender in CONTENDERS}
    for _ in range(rounds):
        for contender, found in samples.items():
            if found and "missing" in found[0]:
                continue
            found.append(measure(contender, path))
    missing = {name: found[0]["missing"] for name, found in samples.items() if "missing" in found[0]}
    for name, why in missing.items():
        print(f"left out: {name} ({why})")
    measured = {name: found for name, found in samples.items() if name not in missing}
    counts = {tuple(sample["counts"]) for found in measured.values() for sample in found}
    if len(counts) != 1:
        raise SystemExit(f"contenders disagree about what the system holds: {counts}")
    return measured


def report(name, samples):
    reference = samples.get("livn-core, pyfive")
    print(f"\n{name}\n\n| contender | first s | warm s | range of warm | peak MB | livn-core is faster, first | warm |")
    print("|---|---|---|---|---|---|---|")
    for contender, found in samples.items():
        middle = {key: statistics.median(sample[key] for sample in found) for key in ("first", "warm", "peak_mb")}
        warm = sorted(sample["warm"] for sample in found)
        ratios = []
        for key in ("first", "warm"):
            pairs = [theirs[key] / ours[key] for theirs, ours in zip(found, reference or found, strict=True)]
            ratios.append(f"{statistics.median(pairs):.2f} x")
        print(
            f"| {contender} | {middle['first']:.3f} | {middle['warm']:.3f} | {warm[0]:.3f} to {warm[-1]:.3f} "
            f"| {middle['peak_mb']:.0f} | {ratios[0]} | {ratios[1]} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundredth of the size, one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="keep every sample in this file")
    options = parser.parse_args()
    n_cells, n_edges, rounds = (1000, 100_000, 1) if options.quick else (100_000, 10_000_000, options.rounds)
    everything = {}
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch), n_cells, n_edges)
        for name in STORAGE:
            everything[name] = interleaved(Path(scratch) / name.replace(" ", "_"), rounds)
            report(f"{name}: {n_cells:,} cells, {n_edges:,} edges", everything[name])
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
