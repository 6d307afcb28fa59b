"""Read files through neuroh5 and through pyfive, and compare: ``python compare_with_pyfive.py FILES OUT [FLIPS]``.

A script, because importing neuroh5 initialises MPI, which a process that runs tests must not do. Under ``mpiexec``
every rank reads all files for itself, in an order of its own and with different ranges, and so makes its calls of
neuroh5 at other times than its neighbours; then all of them read each file together.

FILES is a JSON list of paths. OUT gets, from each rank as ``OUT.<rank>``, ``{file: {dataset: reader}}``. With FLIPS,
each file is read so many times, each time with a few bytes changed.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import livn_neuroh5.library
import numpy as np
from livn_neuroh5.targets import parse_target
from mpi4py import MPI

from livn_core import Ranges, default_backends, open_neuroh5
from livn_core.neuroh5 import NeuroH5File
from livn_core.testing import Content, assert_same, read_content

COMM = MPI.COMM_WORLD
NOWHERE = (
    "/Populations/NO-ONE/N/v/Attribute Value",
    "/Projections/NO-ONE/A/Edges/Source Index",
    "/Projections/A/NO-ONE/S/x",
)


def bulk_paths(group, path=""):
    """Datasets of bulk values that can be opened."""
    try:
        names = group.keys()
    except ValueError:
        return
    for name in names:
        below = f"{path}/{name}"
        try:
            found = group[name]
            is_group, is_bulk = hasattr(found, "keys"), bool(parse_target(below)) and len(found.shape) == 1
        except (KeyError, ValueError, AttributeError):
            continue
        if is_group:
            yield from bulk_paths(found, below)
        elif is_bulk:
            yield below


def opened(path, name):
    return default_backends().open(path, name)


def outcome(work):
    """What comes out, or the error in words."""
    try:
        return work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def assert_alike(found, expected, where):
    if isinstance(expected, Content) and isinstance(found, Content):
        assert_same(found, expected)
    elif isinstance(expected, np.ndarray) and isinstance(found, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), where
        assert found.tobytes() == expected.tobytes(), where
        assert found.flags.writeable, where
        assert found.flags.owndata, where
    else:
        assert found == expected, f"{where}: {found} is not {expected}"


def requests(rng, path, size):
    """The whole, and ranges in no order that repeat and overlap."""
    starts = rng.integers(0, size + 1, 5)
    stops = np.minimum(starts + rng.integers(0, size // 2 + 2, 5), size)
    return [Ranges.whole(path, size), Ranges(path, starts, stops), Ranges(path, starts[:1], stops[:1])]


def compare_datasets(path, rng):
    """Compare dataset by dataset, all of a file in one request; give the routes."""
    file, other = opened(path, "neuroh5")[0], opened(path, "pyfive")[0]
    with file, other:
        asked = [one for name in bulk_paths(other) for one in requests(rng, name, other[name].shape[0])]
        expected = outcome(lambda: other.read_many(asked))
        found = outcome(lambda: file.read_many(asked))
        if isinstance(expected, str) or isinstance(found, str):
            assert_alike(found, expected, path)
            expected = [outcome(lambda one=one: other.read_many([one])[0]) for one in asked]
            found = [outcome(lambda one=one: file.read_many([one])[0]) for one in asked]
        for one, got, had in zip(asked, found, expected, strict=True):
            assert_alike(got, had, f"{path}: {one.path}")
        for name in NOWHERE:
            one = Ranges.whole(name, 1)
            assert_alike(*(outcome(lambda by=by, one=one: by.read_many([one])) for by in (file, other)), name)
        return {name: route.reader for name, route in file.routes.items()}


def content(path, name):
    def read():
        file, selection = opened(path, name)
        with NeuroH5File(file, path, selection) as whole:
            return read_content(whole)

    return outcome(read)


def together(path, name):
    def read():
        with open_neuroh5(path, backend=name, comm=COMM) as file:
            return read_content(file)

    return outcome(read)


def compare_together(path):
    alone = content(path, "pyfive")
    # An error of several ranks has words of its own.
    expected = alone if isinstance(alone, Content) else together(path, "pyfive")
    assert_alike(together(path, "neuroh5"), expected, f"{path}, together")


def compare(path, rng):
    routes = outcome(lambda: compare_datasets(path, rng))
    if isinstance(routes, str) and routes.startswith("AssertionError"):
        raise AssertionError(routes)
    assert_alike(content(path, "neuroh5"), content(path, "pyfive"), path)
    return {} if isinstance(routes, str) else routes


def flipped(path, count, seed):
    """Files with a few bytes changed, one after the other in the same place."""
    data = Path(path).read_bytes()
    rng = random.Random(seed)
    place = Path(f"{path}.flipped.{COMM.rank}")
    for _ in range(count):
        damaged = bytearray(data)
        for _ in range(rng.choice([1, 1, 2, 4])):
            at = rng.randrange(len(damaged))
            damaged[at] = rng.choice([0, 1, 255, rng.randrange(256), damaged[at] ^ 1 << rng.randrange(8)])
        place.unlink(missing_ok=True)
        place.write_bytes(damaged)
        yield str(place)
    place.unlink()


def main(files, out, flips=0):
    paths = json.loads(files)
    rng = np.random.default_rng(COMM.rank)
    turned = paths[COMM.rank :] + paths[: COMM.rank]
    if flips:
        # A failed call makes neuroh5 give up in this process, and here is to be seen that it survives many.
        livn_neuroh5.library.MOST_FAILURES = 10**9
        found = {path: [compare(one, rng) for one in flipped(path, int(flips), 0)] for path in turned}
    else:
        found = {path: compare(path, rng) for path in turned}
        for path in paths:
            compare_together(path)
    Path(f"{out}.{COMM.rank}").write_text(json.dumps({"ranks": COMM.size, "routes": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
