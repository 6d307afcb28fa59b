"""Damages copies of one file in many ways and reads each: run as a script, in a process of its own.

Prints one JSON object: how the readings ended, and what should not have happened. A limit on memory is set by this
process itself, so that a huge allocation fails here and not on the machine.

Usage: ``python damage.py FILE cuts|flips COUNT SEED MEMORY``; the file has a superblock of version 0.
"""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import livn_pyfive
import numpy as np

from livn_core import open_neuroh5
from livn_core.errors import LivnError


def walk(group, found):
    """Everything in a file, errors included, by path."""
    for name in group.keys():  # noqa: SIM118 - H5Group has no iterator
        path = f"{group.name.rstrip('/')}/{name}"
        try:
            member = group[name]
            if hasattr(member, "keys"):
                if path.count("/") < 12 and len(found) < 5000:
                    walk(member, found)
            elif hasattr(member, "shape"):
                found[path] = member[...]
            else:
                found[path] = member.dtype
        except LivnError as error:
            found[path] = type(error).__name__


def read_raw(path):
    found = {}
    with livn_pyfive.livn_backend_open(str(path), {}) as file:
        walk(file, found)
    return {name: value.tobytes() if isinstance(value, np.ndarray) else repr(value) for name, value in found.items()}


def read_neuroh5(path):
    """Everything that the core's read routine can say about a file."""
    found = {}
    with open_neuroh5(str(path), backend="pyfive") as file:
        for one in file.populations:
            for namespace, names in file.namespaces(one.name).items():
                for name in names:
                    read = file.cell_attributes(one.name, namespace, names=[name])[name]
                    found[one.name, namespace, name] = (read.gids.tobytes(), read.values.tobytes())
        for pre, post in file.projections:
            edges = file.projection(pre, post).read(attributes=True)
            found[pre, post] = (edges.post_gids.tobytes(), edges.pre_gids.tobytes(), repr(edges.attributes))
    return found


def ending(read, path, right):
    try:
        return "right" if read(path) == right else "changed"
    except LivnError:
        return "refused"


def damages(data, kind, count, seed):
    rng = random.Random(seed)
    if kind == "cuts":
        for place in sorted({0, 1, 8, 96, len(data) - 1} | {rng.randrange(len(data)) for _ in range(count - 5)}):
            yield f"cut at {place}", data[:place]
            # The same with a superblock that says so: what was cut off must be missed later.
            yield f"cut at {place}, hidden", data[: min(place, 40)] + place.to_bytes(8, "little") + data[48:place]
        return
    # Most bytes of a small file are unused room; those that are not zero are what something depends on.
    used = np.flatnonzero(np.frombuffer(data, np.uint8)).tolist()
    for _ in range(count):
        place = rng.choice(used) if rng.random() < 0.8 else rng.randrange(len(data))
        flipped = bytearray(data)
        flipped[place] = rng.choice([flipped[place] ^ 1 << rng.randrange(8), rng.randrange(256), 0, 255])
        yield f"byte {place} is {flipped[place]}", bytes(flipped)


def peak_bytes():
    """The most memory that this process has held. What getrusage says would be the test runner's, from before exec."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024


def main(name, kind, count, seed, memory):
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    warnings.simplefilter("error")
    data = Path(name).read_bytes()
    right = {read: read(name) for read in (read_raw, read_neuroh5)}
    counts, bad, slowest = Counter(), [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.h5"
        for what, damaged in damages(data, kind, int(count), int(seed)):
            path.write_bytes(damaged)
            for read, expected in right.items():
                began = time.perf_counter()
                try:
                    counts[read.__name__, ending(read, path, expected)] += 1
                except Exception:
                    bad.append(f"{what}: {read.__name__}: {traceback.format_exc()}")
                slowest = max(slowest, time.perf_counter() - began)
    print(json.dumps({
        "counts": {" ".join(key): value for key, value in counts.items()},
        "bad": bad[:5],
        "n_bad": len(bad),
        "slowest": slowest,
        "peak": peak_bytes(),
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
