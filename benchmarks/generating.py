"""Generating systems beside writing the same arrays, which is the floor: ``python benchmarks/generating.py``.

Contenders take turns, each in a fresh process. ``--quick`` leaves out the large system.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SYSTEMS = {"EI3": 1.0, "E3I": 1.0, "EI4": 1.0, "EI4 x 10": 10.0}
QUICK = ("EI3", "E3I")


def generate(name, scale, folder):
    from livn_core import generate

    generate(name, folder / "made", scale=scale, overwrite=True)


def write(name, scale, folder):
    """Write what was generated once more, from blocks that are read back."""
    from livn_core import open_neuroh5, write_system

    with (
        open_neuroh5(str(folder / "made" / "cells.h5")) as cells,
        open_neuroh5(str(folder / "made" / "connections.h5")) as graph,
    ):
        write_system(
            folder / "copy",
            graph.population_ranges,
            {pair: graph.projection(*pair).blocks(2**24, attributes=True) for pair in graph.projections},
            cells={
                population: {one: cells.cell_attributes(population, one) for one in cells.namespaces(population)}
                for population in cells.population_ranges
            },
            overwrite=True,
        )


def measure(work, label, folder):
    """Run one contender in this process and print what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    {"generate": generate, "write": write}[work](label.split(" ")[0], SYSTEMS[label], Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu, peak]))


def in_a_process(*arguments):
    command = [sys.executable, __file__, "--measure", *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--quick", action="store_true")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.measure:
        measure(*given.measure)
        return
    print(
        f"{'system':10}{'generate: s':>14}{'CPU s':>9}{'peak MiB':>10}{'write: s':>11}{'CPU s':>9}{'ratio of CPU':>15}"
    )
    for label in QUICK if given.quick else SYSTEMS:
        with tempfile.TemporaryDirectory() as folder:
            rounds = [
                [in_a_process(work, label, folder) for work in ("generate", "write")] for _ in range(given.rounds)
            ]
        made, written = (
            [statistics.median(column) for column in zip(*one, strict=True)] for one in zip(*rounds, strict=True)
        )
        ratio = made[1] / written[1]
        print(f"{label:10}{made[0]:14.2f}{made[1]:9.2f}{made[2]:10.0f}{written[0]:11.2f}{written[1]:9.2f}{ratio:15.2f}")


if __name__ == "__main__":
    main()
