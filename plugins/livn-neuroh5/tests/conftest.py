"""What the tests of livn-neuroh5 share: files, and stand-ins for neuroh5 where it cannot be installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import ExitStack, suppress
from importlib.util import find_spec
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pytest
from livn_neuroh5.file import open_file

from livn_core import FormatError, Ranges

HERE = Path(__file__).parent
REFERENCE = HERE.parents[2] / "tests" / "reference"
MISSING = [name for name in ("mpi4py", "neuroh5") if find_spec(name) is None]
LISTED = ("float32", "uint8", "uint16", "uint32", "int8", "int16", "int32")
ANNOUNCED = ("float32", "uint8", "int8", "uint16", "int16", "uint32", "int32")
PAIRS = "/H5Types/Valid population projections"


@pytest.fixture(scope="session")
def reference():
    """Files that neuroh5 wrote, and beside them what it read back."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference files are in the repository only")
    return REFERENCE


@pytest.fixture(scope="session")
def real_neuroh5():
    """For tests that need neuroh5 itself; they use it in processes of their own, because it initialises MPI."""
    if MISSING:
        pytest.skip(
            f"{', '.join(MISSING)} is not installed: neuroh5 is not on PyPI; build it from iraikov/neuroh5 on GitHub, "
            "with an MPI library, an HDF5 built for it, and mpi4py, as the README of livn-neuroh5 says"
        )


def with_pairs(path, folder):
    """A copy of a file whose list of valid projections has every pair: neuroh5 reads no edges without it."""
    copy = Path(shutil.copy(path, folder / f"pairs-{path.name}"))
    with h5py.File(copy, "r+") as file:
        if "Projections" not in file or "H5Types/Populations" not in file or PAIRS in file:
            return copy
        indices = sorted({int(row["Population"]) for row in file["H5Types/Populations"][:]})
        kind = np.dtype([("Source", "<u2"), ("Destination", "<u2")])
        file.create_dataset(PAIRS, data=np.array(list(product(indices, indices)), "<u2").view(kind).ravel())
    return copy


class StandIn:
    """What every stand-in for neuroh5 has in common; it keeps what it was asked for."""

    def __init__(self):
        self.cell_calls = []
        self.edge_calls = []
        self.failures = 0
        self.reason = ""
        self.may_lose = True

    def why_not(self):
        return self.reason

    def lose(self, values, size):
        return self.may_lose

    def failed(self):
        self.failures += 1

    def problem(self, path, index, values):
        return ""

    def read_cells(self, path, population, namespace, names, gids):
        self.cell_calls.append((population, namespace, set(names), list(gids)))
        return self.cells(path, population, namespace, names, gids)

    def read_edges(self, path, pre, post, gids, namespaces):
        self.edge_calls.append((pre, post, list(gids), list(namespaces)))
        return self.edges(path, pre, post, gids, namespaces)


class FromH5py(StandIn):
    """Answers as neuroh5 is documented to answer, from what h5py reads, one cell and one edge at a time.

    This stands in for the form of neuroh5's answers only. Whether neuroh5 really answers so is what
    test_with_neuroh5.py finds out.
    """

    def cells(self, path, population, namespace, names, gids):
        found = {}
        with h5py.File(path) as file:
            start = _starts(file)[population]
            for name in names:
                group = file[f"Populations/{population}/{namespace}/{name}"]
                values, pointer = group["Attribute Value"][:], group["Attribute Pointer"][:].tolist()
                for row, cell in enumerate(group["Cell Index"][:].tolist()):
                    if cell + start in gids:
                        part = values[pointer[row] : pointer[row + 1]]
                        had = found.setdefault(cell + start, {}).get(name, values[:0])
                        found[cell + start][name] = np.concatenate([had, part]).astype(values.dtype.newbyteorder("="))
        return sorted(found.items())

    def edges(self, path, pre, post, gids, namespaces):
        with h5py.File(path) as file:
            starts, projection = _starts(file), file[f"Projections/{post}/{pre}"]
            edges = projection["Edges"]
            index, blocks, pointer = (
                edges[f"Destination {name}"][:].tolist() for name in ("Block Index", "Block Pointer", "Pointer")
            )
            sources = edges["Source Index"][:].astype(np.uint32) + np.uint32(starts[pre])
            columns = {space: {name: one[:] for name, one in projection[space].items()} for space in namespaces}
            rows = {}
            for k, first in enumerate(index):
                for j, at in enumerate(range(blocks[k], min(blocks[k + 1], len(pointer) - 1))):
                    rows[first + j + starts[post]] = slice(pointer[at], pointer[at + 1])
        answer = []
        for gid in sorted(gids):
            assert rows[gid].stop > rows[gid].start, "neuroh5 leaves out cells without edges"
            named = {space: [one[rows[gid]] for one in _in_order(columns[space], LISTED)] for space in namespaces}
            answer.append((gid, (sources[rows[gid]], named)))
        return answer, {space: _announced(columns[space]) for space in namespaces}


def _starts(file):
    labels = h5py.check_enum_dtype(file["H5Types/Population labels"].dtype)
    rows = {int(row["Population"]): int(row["Start"]) for row in file["H5Types/Populations"][:]}
    return {name: rows[index] for name, index in labels.items() if index in rows}


def _in_order(columns, kinds):
    return [columns[name] for name in sorted(columns, key=lambda name: (kinds.index(columns[name].dtype.name), name))]


def _announced(columns):
    names = sorted(columns, key=lambda name: (ANNOUNCED.index(columns[name].dtype.name), name))
    return {name: at for at, name in enumerate(names)}


TREE_COLUMNS = {
    "X Coordinate": "x",
    "Y Coordinate": "y",
    "Z Coordinate": "z",
    "Radius": "radius",
    "Point Layer": "layer",
    "Parent Point": "parent",
    "SWC Type": "swc_type",
    "Section": "sections",
    "Source Section": "src",
    "Destination Section": "dst",
}


class FromJson(StandIn):
    """Answers with what neuroh5 really read of a reference file, cut down to the cells that are asked for."""

    def __init__(self, path):
        super().__init__()
        self.answers = json.loads(Path(path).read_text())

    def cells(self, path, population, namespace, names, gids):
        if namespace == "Trees":
            rows = self.answers["trees"][population]["trees"]
            known = {column: field for column, field in TREE_COLUMNS.items() if column in names}
        else:
            rows = self.answers["cell_attributes"][population][namespace]
            known = {name: name for name in names}
        return sorted(
            (gid, {name: _array(values[field]) for name, field in known.items() if field in values})
            for gid, values in rows
            if gid in gids
        )

    def edges(self, path, pre, post, gids, namespaces):
        rows = self.answers["graph_ns"][post][pre]
        announced = self.answers["graph_ns_attr_info"][post][pre]
        answer = [
            (gid, (_array(sources), {space: [_array(one) for one in named[space]] for space in namespaces}))
            for gid, sources, named in rows
            if gid in gids
        ]
        return answer, {space: announced[space] for space in namespaces}


def _array(given):
    return np.array(given["data"], given["dtype"]).reshape(given["shape"])


@pytest.fixture
def stand_in():
    """Stands in for neuroh5, from h5py."""
    return FromH5py()


@pytest.fixture
def from_json():
    """Make a stand-in from what neuroh5 read."""
    return FromJson


@pytest.fixture(name="with_pairs")
def with_pairs_fixture():
    """Copy a file, and put the list of valid projections into it that neuroh5 needs."""
    return with_pairs


def expected_routes(path):
    """Who reads each dataset of bulk values, if neuroh5 answers as it is documented to."""
    library = FromH5py()
    with ExitStack() as stack:
        try:
            file = stack.enter_context(open_file(str(path), library))
        except FormatError:
            return {}
        with h5py.File(path) as raw:
            names: list[str] = []
            raw.visititems(lambda name, found: names.append(f"/{name}") if getattr(found, "ndim", 0) == 1 else None)
        for name in names:
            with suppress(FormatError, KeyError):
                file.read_many([Ranges.whole(name, *file[name].shape)])
        assert library.failures == 0
        return {name: route.reader for name, route in file.routes.items()}


@pytest.fixture
def run_on(real_neuroh5, tmp_path):
    """Run the script that compares neuroh5 with pyfive on some ranks; give each rank's routes."""

    def run_on(ranks, files, *arguments):
        beside = Path(sys.executable).with_name("mpiexec")
        mpiexec = str(beside) if beside.exists() else shutil.which("mpiexec")
        if mpiexec is None and ranks > 1:
            pytest.skip("there is no mpiexec to start ranks with")
        launcher = [] if ranks == 1 else [str(mpiexec), "-n", str(ranks)]
        out = tmp_path / "routes"
        script = [str(HERE / "compare_with_pyfive.py"), json.dumps(list(map(str, files))), str(out), *arguments]
        done = subprocess.run(
            [*launcher, sys.executable, *script], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        answers = [json.loads(Path(f"{out}.{rank}").read_text()) for rank in range(ranks)]
        what = "mpiexec is not that of the MPI library that mpi4py was built with"
        assert [answer["ranks"] for answer in answers] == [ranks] * ranks, what
        return [answer["routes"] for answer in answers]

    return run_on


@pytest.fixture(params=[1, 2, 4])
def compare_on_ranks(request, run_on):
    """Compare neuroh5 with pyfive on some ranks, and who read what with what is expected."""

    def compare(files):
        expected = {str(path): expected_routes(path) for path in files}
        assert any("neuroh5" in routes.values() for routes in expected.values())
        for routes in run_on(request.param, files):
            assert routes == expected

    return compare
