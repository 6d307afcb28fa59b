"""Open a system on HSDS over a network with latency: livn-h5pyd, and h5pyd's own objects used one after the other.

A proxy holds up each request, and passes answers on as fast as they come. Requests side by side are one round.
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

EI1 = Path(__file__).parents[2] / "systems" / "graphs" / "EI1"
AXES = ("X Coordinate", "Y Coordinate", "Z Coordinate")
ATTRIBUTES = ("Connections/distance", "Synapses/syn_id")
PARTS = ("coordinates", "projection")


class Ours:
    """What a user of livn-core does."""

    def __init__(self, endpoint, name):
        from livn_core import System

        os.environ["LIVN_HSDS"] = json.dumps({"endpoint": endpoint})
        self._system = System(name)

    def coordinates(self):
        return float(self._system.neuron_coordinates.sum())

    def projection(self):
        edges = self._system.projection("EXC", "INH").read(attributes=list(ATTRIBUTES))
        return int(edges.pre_gids.sum())

    def close(self):
        self._system.close()


class Plain:
    """What one does who has h5pyd alone, without any check."""

    def __init__(self, endpoint, name):
        import h5pyd

        self._open = lambda file: h5pyd.File(f"/{name}/{file}", "r", endpoint=endpoint, bucket="data")
        self._files = []

    def coordinates(self):
        cells = self._open("cells.h5")
        self._files.append(cells)
        self._first, total = {}, 0.0
        labels = cells["H5Types/Population labels"].dtype.metadata["enum"]
        for start, count, index in cells["H5Types/Populations"][:]:
            name = next(label for label, value in labels.items() if value == index)
            self._first[name] = int(start)
            total += sum(range(int(start), int(start) + int(count)))
            for axis in AXES:
                group = cells[f"Populations/{name}/Generated Coordinates/{axis}"]
                total += sum(float(group[part][:].sum()) for part in ("Attribute Value",))
                for part in ("Cell Index", "Attribute Pointer"):
                    group[part][:]
        return total

    def projection(self):
        connections = self._open("connections.h5")
        self._files.append(connections)
        group = connections["Projections/INH/EXC"]
        for part in ("Destination Block Index", "Destination Block Pointer", "Destination Pointer"):
            group["Edges"][part][:]
        for path in ATTRIBUTES:
            group[path][:]
        sources = group["Edges/Source Index"][:]
        return int(sources.sum()) + sources.size * self._first["EXC"]

    def close(self):
        for file in self._files:
            file.close()


def measure(proxy, contender, name):
    """One turn: {part: (seconds, rounds, requests, result)}."""
    found, one = {}, contender(proxy.endpoint, name)
    for part in PARTS:
        proxy.seen.clear()
        began = time.perf_counter()
        result = getattr(one, part)()
        found[part] = (time.perf_counter() - began, proxy.rounds(), len(proxy.seen), result)
    one.close()
    return found


def serve(scratch):
    """An HSDS with EI1 imported by livn-ui, and imported by hsload."""
    from livn_ui.hsds import HsdsServer, HsdsSettings
    from livn_ui.importing import import_system
    from livn_ui.importing.administration import Administration
    from livn_ui.testing import admin_of

    server = HsdsServer(HsdsSettings(python=os.environ.get("LIVN_TEST_HSDS_PYTHON"), store=Path(scratch, "store")))
    server.start()
    config = admin_of(server, timeout=60)
    import_system(config, EI1, "Imported")
    Administration(config).make_folders("/Loaded/cells.h5")
    login = ["-e", config.endpoint, "-u", config.username, "-p", config.password, "--bucket", config.bucket]
    for file in ("cells.h5", "connections.h5"):
        tool = Path(sys.executable).with_name("hsload")
        subprocess.run([tool, *login, str(EI1 / file), f"/Loaded/{file}"], check=True, capture_output=True)
    return server


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one turn each")
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds added to each request")
    parser.add_argument("--json", type=Path, help="keep every sample in this file")
    options = parser.parse_args()

    from livn_h5pyd.testing import Proxy

    samples = {}
    with tempfile.TemporaryDirectory() as scratch:
        server = serve(scratch)
        try:
            with Proxy(server.endpoint, options.delay) as proxy:
                # HSDS summarises what hsload has loaded when nobody has written to it for 10 s, so that comes first.
                for name, turns in (("Loaded", 3), ("Imported", options.turns)):
                    for contender in (Ours, Plain):
                        measure(proxy, contender, "Imported")  # what Python imports only once does not count
                        for _ in range(1 if options.quick else turns if contender is Ours else 1):
                            samples.setdefault((name, contender.__name__), []).append(measure(proxy, contender, name))
        finally:
            server.stop()
    report(samples, options.delay)
    if options.json:
        options.json.write_text(json.dumps({" ".join(key): found for key, found in samples.items()}, indent=1))


def report(samples, delay):
    print(f"\n{delay * 1000:.0f} ms added to each request\n")
    print("| system | contender | part | s | worst | rounds | requests |\n|---|---|---|---|---|---|---|")
    for part in PARTS:
        results = {round(found[part][3], 3) for all_ in samples.values() for found in all_}
        if len(results) != 1:
            raise SystemExit(f"contenders disagree about the {part}: {results}")
        for (name, contender), found in samples.items():
            seconds, rounds, requests, _ = zip(*(one[part] for one in found), strict=True)
            times = f"{statistics.median(seconds):.2f} | {max(seconds):.2f}"
            print(f"| {name} | {contender} | {part} | {times} | {max(rounds)} | {max(requests)} |")


if __name__ == "__main__":
    main()
