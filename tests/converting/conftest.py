"""SONATA networks built by hand, and their comparison, value for value."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest


class Network:
    """Writes the files of a network, and nothing that it was not told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def nodes(self, name, type_ids, groups=None, csv=None, file=None, **ids):
        self._population("node", name, type_ids, groups or {"0": {}}, csv, file, ids)
        return self

    def edges(self, name, source, target, type_ids, groups=None, csv=None, file=None, **ids):
        ends = {}
        for end, (population, values) in (("source", source), ("target", target)):
            ends[f"{end}_node_id"] = (population, np.asarray(values, np.uint64))
        self._population("edge", name, type_ids, groups or {"0": {}}, csv, file, {**ids, **ends})
        return self

    def _population(self, kind, name, type_ids, groups, csv, file, ids):
        file = file or f"{name}_{kind}s.h5"
        with h5py.File(self.folder / file, "a") as out:
            group = out.create_group(f"{kind}s/{name}")
            type_ids = np.asarray(type_ids)
            group[f"{kind}_type_id"] = type_ids.astype(np.int64)
            ids.setdefault(f"{kind}_group_id", np.zeros(type_ids.size, np.uint32))
            ids.setdefault(f"{kind}_group_index", np.arange(type_ids.size, dtype=np.uint32))
            for key, values in ids.items():
                if isinstance(values, tuple):
                    group[key] = values[1]
                    if values[0] is not None:
                        group[key].attrs["node_population"] = values[0]
                elif values is not None:
                    group[key] = values
            for number, columns in groups.items():
                inside = group.create_group(number)
                for path, values in columns.items():
                    inside[path] = values
        if csv is not None:
            (self.folder / file.replace(".h5", ".csv").replace(f"{kind}s", f"{kind}_types")).write_text(csv)


@pytest.fixture
def network(tmp_path):
    """A network to build, in a folder of its own."""
    return Network(tmp_path / "network")


def contents(folder, kinds=("nodes", "edges")):
    """Everything that HDF5 files of a folder hold below nodes and edges, but indices: ``{path: array}``."""
    found = {}

    def note(name, node):
        if isinstance(node, h5py.Dataset) and "/indices/" not in name:
            values = node.asstr()[:] if h5py.check_string_dtype(node.dtype) else node[:]
            assert name not in found
            found[name] = values
            if "node_population" in node.attrs:
                given = node.attrs["node_population"]
                found[f"{name}@"] = np.array([given.decode() if isinstance(given, bytes) else given])

    for file in sorted(Path(folder).glob("*.h5")):
        with h5py.File(file) as opened:
            for kind in kinds:
                if kind in opened:
                    opened[kind].visititems(lambda name, node, kind=kind: note(f"{kind}/{name}", node))
    return found


@pytest.fixture
def assert_same():
    """A function that compares two folders."""
    return _assert_same


def _assert_same(one, other):
    """Two folders hold the same datasets, bit for bit."""
    first, second = contents(one), contents(other)
    assert first.keys() == second.keys()
    for path, values in first.items():
        assert values.dtype == second[path].dtype, path
        assert values.shape == second[path].shape, path
        if values.dtype == object or values.dtype.kind in "SU":
            assert values.tolist() == second[path].tolist(), path
        else:
            assert values.tobytes() == second[path].tobytes(), path
