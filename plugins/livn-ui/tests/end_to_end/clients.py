"""Some clients that read systems over and over: ``python clients.py THREADS SECONDS SYSTEM...``; run by a test.

Each client opens a system anew, reads coordinates, a projection with attributes and a document, and compares them with
what the files hold. Prints one JSON object: how many systems were read, and every error.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from livn_core import System


def same(path: str, number: int) -> None:
    """Read a part of a system through the server and from its files; raise where they differ."""
    with System(f"hdf5://{Path(path).name}") as remote, System(path, backend="pyfive") as local:
        assert remote.backend == "h5pyd"
        population = local.populations[number % len(local.populations)]
        assert np.array_equal(remote.coordinate_array(population), local.coordinate_array(population))
        pre, post = local.projection_names[number % len(local.projection_names)]
        found = remote.projection(pre, post).read(attributes=True)
        expected = local.projection(pre, post).read(attributes=True)
        assert np.array_equal(found.pre_gids, expected.pre_gids)
        for space, named in expected.attributes.items():
            for name, values in named.items():
                assert np.array_equal(found.attributes[space][name], values), (space, name)
        name = local.sidecar_names[number % len(local.sidecar_names)]
        assert remote.load_file(name, mode="rb") == local.load_file(name, mode="rb")


def client(number: int, end: float, systems: Sequence[str], done: list[int], errors: list[str]) -> None:
    """One client; it goes on after an error."""
    while time.monotonic() < end:
        try:
            same(systems[number % len(systems)], number)
            done.append(number)
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}"[:500])
        number += 1


def main(threads: int, seconds: float, systems: Sequence[str]) -> None:
    """Run the clients and report."""
    done: list[int] = []
    errors: list[str] = []
    end = time.monotonic() + seconds
    running = [threading.Thread(target=client, args=(at, end, systems, done, errors)) for at in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print(json.dumps({"read": len(done), "errors": errors}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
