"""SONATA networks built by hand, and their comparison, value for value."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core import CellAttribute, Edges, write_system

NODE_TYPES = 'node_type_id model_name ei "cell height"\n7 Zeta e 1.5\n3 Alpha i NULL\n5 "Mu Nu" e 2\n'
EDGE_TYPES = "edge_type_id target_query delay model_template\n1 ei=='e' 2.1 exp2syn\n2 * NULL static\n"
TYPES = [7, 3, 7, 5, 3, 7]


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


@pytest.fixture
def rich(network):
    """Everything at once: types not in order, groups, libraries, texts, wide numbers, ids, several edge populations."""
    rng = np.random.default_rng(7)
    network.nodes(
        "cortex",
        TYPES,
        {
            "0": {"x": rng.random(4), "y": rng.random(4), "z": rng.random(4),
                  "mtype": np.array([1, 0, 1, 1], np.uint32), "@library/mtype": ["PC", "BC", "never"],
                  "dynamics_params/tau": rng.random(4)},
            "3": {"x": rng.random(2), "y": rng.random(2), "z": rng.random(2), "note": ["ä b", ""],
                  "seed": np.array([2**40, -5]), "flag": np.array([True, False]), "mtype": [b"PC", b"other"]},
        },
        NODE_TYPES,
        node_group_id=np.array([0, 3, 0, 0, 3, 0], np.uint32),
        node_group_index=np.array([3, 1, 2, 0, 0, 1], np.uint64),
        node_id=np.array([10, 11, 12, 13, 20, 21], np.uint64),
    )  # fmt: skip
    network.nodes("thalamus", [-1, -1, -1])
    source, target = rng.integers(0, 3, 40), rng.choice([10, 11, 12, 13, 20, 21], 40)
    group_ids = np.repeat([0, 1], 20)
    network.edges(
        "input",
        ("thalamus", source),
        ("cortex", target),
        rng.integers(1, 3, 40),
        {
            "0": {"syn_weight": rng.random(20), "delay": rng.random(20).astype(np.float32)},
            "1": {"syn_weight": rng.random(20) * 1e300, "afferent_section_id": rng.integers(-1, 99, 20),
                  "afferent_section_pos": rng.random(20).astype(np.float16)},
        },
        EDGE_TYPES,
        edge_group_id=rng.permutation(group_ids).astype(np.uint16),
        edge_group_index=None,
    )  # fmt: skip
    with h5py.File(network.folder / "input_edges.h5", "a") as file:
        found = file["edges/input/edge_group_id"][:]
        index = np.empty(40, np.uint32)
        for number in (0, 1):
            index[found == number] = rng.permutation(20)
        file["edges/input/edge_group_index"] = index
    network.edges("more", ("thalamus", [2, 0]), ("cortex", [10, 10]), [9, 9], {"0": {"kind": ["a", "b"]}})
    network.edges("none", ("cortex", []), ("cortex", []), [])
    return network


@pytest.fixture
def pieces():
    """A function that gives a projection's edges, and their attributes by ``(namespace, name)``."""

    def pieces(system, pre, post):
        edges = system.projection(pre, post).read(attributes=True)
        return edges, {(space, name): values for space, one in edges.attributes.items() for name, values in one.items()}

    return pieces


@pytest.fixture
def odd(tmp_path):
    """A system with gaps, absent and several values, and populations that are not in alphabetical order."""
    rng = np.random.default_rng(5)
    posts = np.unique(rng.integers(100, 110, 9))
    pointer = np.append(0, np.cumsum(rng.integers(1, 5, posts.size)))
    size = int(pointer[-1])
    edges = Edges(posts, pointer, rng.integers(7, 12, size), {
        "Synapses": {"weight": rng.random(size).astype("f4"), "kind": rng.integers(0, 9, size).astype("u1")},
    })  # fmt: skip
    axes = {f"{axis} Coordinate": rng.random(10).astype("f4") for axis in "XYZ"}
    some = CellAttribute(np.array([8, 11]), np.array([0, 1, 2]), np.array([-3, 4], np.int16))
    several = CellAttribute(np.array([7, 9, 10]), np.array([0, 2, 2, 5]), np.arange(5, dtype=np.int8))
    return write_system(
        tmp_path / "odd",
        {"Zeta": (100, 10), "Alpha": (7, 5), "Empty": (300, 0)},
        {("Alpha", "Zeta"): edges},
        cells={"Zeta": {"Generated Coordinates": axes}, "Alpha": {"Some": {"rank": some}, "Several": {"ids": several}}},
    )
