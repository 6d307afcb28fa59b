"""Import into HSDS: ``livn ui import`` beside HSDS's own tool ``hsload``, each as a command, in turns, on one server.

``livn ui import`` waits until all is on the disk, reads it back and compares it; ``hsload`` does neither. What hsload
refuses is given to it normalised, which is not timed.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np


def write_small_chunks(path, size):
    """Resizable datasets in chunks of 1000 elements: what hsload takes as it is."""
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        for number in range(4):
            values = rng.integers(0, 100_000, size // 16, "u4")
            file.create_dataset(f"values {number}", data=values, chunks=(1000,), maxshape=(None,))


def write_one(path, size, **storage):
    rng = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        file.create_dataset("values", data=rng.integers(0, 100_000, size // 4, "u4"), **storage)


def write_all(root, quick):
    from livn_core import predefined

    scale = 1 if quick else 10
    (root / "EI1").mkdir()
    for source in Path(predefined("EI1")).glob("*.h5"):
        (root / "EI1" / source.name).write_bytes(source.read_bytes())
    for system in ("small chunks", "contiguous", "gzip"):
        (root / system).mkdir()
    write_small_chunks(root / "small chunks" / "a.h5", 4_000_000)
    write_one(root / "contiguous" / "a.h5", scale * 20_000_000)
    write_one(root / "gzip" / "a.h5", scale * 10_000_000, chunks=65536, compression="gzip", shuffle=True)


def run(*command):
    began = time.perf_counter()
    subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)
    return time.perf_counter() - began


def livn(root, system):
    return run("-m", "livn_core", "ui", "import", f"root_dir={root}", system, "--force")


def hsload(files, config, system):
    login = ["--endpoint", config.endpoint, "-u", config.username, "-p", config.password, "--bucket", config.bucket]
    program = ["-c", "import h5pyd._apps.hsload as app; app.main()"]
    return sum(run(*program, *login, file, f"/{system}/{file.stem}-hsload.h5") for file in files)


def normalised(folder, target):
    from livn_ui.importing import normalise

    target.mkdir()
    for file in sorted(folder.glob("*.h5")):
        normalise(file, target / file.name)
    return sorted(target.glob("*.h5"))


def compare(root, config, system, times):
    folder = root / system
    contenders = {"livn ui import": lambda: livn(root, system)}
    if system == "small chunks":
        contenders["hsload"] = lambda: hsload([folder / "a.h5"], config, system)
    ready = normalised(folder, root / ".normalised" / system)
    contenders["hsload, normalised"] = lambda: hsload(ready, config, system)
    samples = {name: [] for name in contenders}
    for _ in range(times):
        for name, contender in contenders.items():
            samples[name].append(contender())
    return samples


def serve(root):
    from livn_ui.hsds import HsdsServer, HsdsSettings
    from livn_ui.serving.record import ServerRecord

    python = os.environ.get("LIVN_TEST_HSDS_PYTHON")
    server = HsdsServer(HsdsSettings(root / ".hsds", data_nodes=2, **({"python": python} if python else {})))
    server.start()
    passwords = root / ".hsds" / ".run" / "passwd.txt"
    ServerRecord(server.endpoint, server.endpoint, "data", os.getpid(), True, "admin", passwords).write(root)
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--json", type=Path, help="keep every sample")
    arguments = parser.parse_args()
    from livn_ui.testing import admin_of

    results = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_all(root, arguments.quick)
        (root / ".normalised").mkdir()
        server = serve(root)
        try:
            for system in ("EI1", "small chunks", "contiguous", "gzip"):
                size = sum(file.stat().st_size for file in (root / system).glob("*.h5"))
                results[system] = compare(root, admin_of(server), system, arguments.times)
                show(system, size, results[system])
        finally:
            server.stop()
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


def show(system, size, samples):
    ours = statistics.median(samples["livn ui import"])
    print(f"{system}, {size / 1e6:.1f} MB")
    for name, seconds in samples.items():
        median = statistics.median(seconds)
        print(
            f"  {name:20} {median:6.2f} s ({min(seconds):.2f} to {max(seconds):.2f})  {median / ours:5.2f}", flush=True
        )


if __name__ == "__main__":
    main()
