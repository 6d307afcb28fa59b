"""How much longer importing livn_core takes than importing what it stands on, processes taking turns."""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time

GROUND = "import numpy, pluggy, attrs, importlib.metadata"
PROGRAMS = {
    "what it stands on": GROUND,
    "livn_core": "import livn_core",
    "livn_core, on the same ground": f"{GROUND}; import livn_core",
    "livn_core, every public name": "import livn_core\nfor name in livn_core.__all__: getattr(livn_core, name)",
}


def seconds(program):
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    samples = {name: [] for name in PROGRAMS}
    for _ in range(rounds + 1):
        for name, program in PROGRAMS.items():
            samples[name].append(seconds(program))
    print("| process | median s | of what it stands on |\n|---|---|---|")
    ground = samples["what it stands on"][1:]  # the first round fills the page cache
    for name, found in samples.items():
        ratio = statistics.median(one / base for one, base in zip(found[1:], ground, strict=True))
        print(f"| {name} | {statistics.median(found[1:]):.3f} | {ratio:.2f} x |")


if __name__ == "__main__":
    main()
