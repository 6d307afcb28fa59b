"""The real neuroh5 on 1, 2 and 4 ranks: every array equals pyfive's, bit for bit, and every process comes back.

Who read what must be the same as with the stand-in, so that a neuroh5 which fails, and is stood in for by the metadata
reader, cannot pass for one that reads.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core import CellAttribute, Edges
from livn_core.testing import CASES
from livn_core.writing import write_neuroh5

HERE = Path(__file__).parent
SYSTEMS = HERE.parents[2] / "systems" / "graphs"


def test_reference_files(compare_on_ranks, reference):
    compare_on_ranks([*sorted(reference.glob("*.h5")), *sorted((reference / "edge-cases").glob("*.h5"))])


def test_systems(compare_on_ranks):
    files = sorted(SYSTEMS.glob("*/*.h5"))
    if not files:
        pytest.skip("the systems are in the repository only")
    compare_on_ranks(files)


def test_files_of_the_kit(compare_on_ranks, with_pairs, tmp_path):
    (tmp_path / "kit").mkdir()
    files = []
    for case in CASES:
        case.write(tmp_path / "kit" / f"{case.name}.h5")
        files.append(with_pairs(tmp_path / "kit" / f"{case.name}.h5", tmp_path))
    compare_on_ranks(files)


def small_file(path, **storage):
    edges = Edges(
        np.array([6, 7, 9]),
        np.array([0, 2, 3, 7]),
        np.array([0, 1, 5, 2, 3, 4, 0]),
        {"W": {"w": np.arange(7, dtype=np.float32), "d": np.arange(7, dtype=np.uint16)}},
    )
    cells = {
        "x": CellAttribute(np.arange(6), np.arange(7), np.arange(6, dtype=np.float32)),
        "y": CellAttribute(np.arange(6), np.arange(7) * 2, np.arange(12, dtype=np.int32)),
    }
    populations = {"A": (0, 6), "B": (6, 5)}
    return write_neuroh5(path, populations, {("A", "B"): edges}, cells={"A": {"N": cells}}, **storage)


STORAGE = [{}, {"chunks": 4}, {"chunks": 4, "compression": 9, "shuffle": True}]


def test_storage(compare_on_ranks, tmp_path):
    compare_on_ranks([small_file(tmp_path / f"{at}.h5", **storage) for at, storage in enumerate(STORAGE)])


def test_more_cells_than_fit_into_one_call(compare_on_ranks, tmp_path):
    rng = np.random.default_rng(0)
    degrees = rng.integers(0, 5, 6000)
    edges = Edges(
        np.arange(10, 6010),
        np.cumsum([0, *degrees]),
        rng.integers(0, 10, degrees.sum()),
        {"W": {"w": rng.random(degrees.sum(), np.float32), "d": rng.integers(0, 99, degrees.sum()).astype(np.int16)}},
    )
    populations = {"A": (0, 10), "B": (10, 6000)}
    order = rng.permutation(6000)
    values = CellAttribute(np.arange(10, 6010), np.arange(6001), order.astype(np.uint32))
    path = write_neuroh5(
        tmp_path / "x.h5", populations, {("A", "B"): edges}, cells={"B": {"N": {"v": values}}}, max_block_edges=50
    )
    with h5py.File(path, "r+") as file:
        file["Populations/B/N/v/Cell Index"][:] = order  # so that no two cells lie side by side
    compare_on_ranks([path])


def test_damaged_files(real_neuroh5, run_on, tmp_path):
    files = [small_file(tmp_path / f"{at}.h5", **storage) for at, storage in enumerate(STORAGE)]
    answers = run_on(1, files, "120")
    readers = [reader for routes in answers[0].values() for one in routes for reader in one.values()]
    assert readers.count("neuroh5") > len(readers) // 2, "most of it is sound, and neuroh5 has to be asked for that"
    assert "pyfive" in readers, "some of it is not"


def test_the_conformance_kit(real_neuroh5):
    """In a process of its own, because neuroh5 initialises MPI."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / "kit_with_neuroh5.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
