"""Other programs agree: libsonata on what we write, and bmtk and the example networks of SONATA as what we read.

``LIVN_TEST_SONATA`` names a folder with SONATA networks, each a folder; every one of them is taken there and back.
"""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

from livn_core import System, predefined
from livn_core.converting import from_sonata, to_sonata

NETWORKS = os.environ.get("LIVN_TEST_SONATA", "")
FOLDERS = sorted(one for one in Path(NETWORKS).iterdir() if one.is_dir()) if NETWORKS else []


@pytest.fixture
def libsonata():
    return pytest.importorskip("libsonata", reason="libsonata checks what is written")


def all_of(population):
    """Every attribute that libsonata reads."""
    if not population.size:  # libsonata selects nothing from nothing
        return dict.fromkeys([*population.attribute_names, *population.dynamics_attribute_names], 0)
    everything = population.select_all()
    found = {name: population.get_attribute(name, everything) for name in population.attribute_names}
    for name in population.dynamics_attribute_names:
        found[f"dynamics_params/{name}"] = population.get_dynamics_attribute(name, everything)
    for name in population.enumeration_names:
        found[f"codes of {name}"] = population.get_enumeration(name, everything)
    return found


def check_nodes(libsonata, one, other, name):
    first, second = (libsonata.NodeStorage(str(path)).open_population(name) for path in (one, other))
    assert first.size == second.size
    attributes, others = all_of(first), all_of(second)
    assert attributes.keys() == others.keys()
    for key, values in attributes.items():
        np.testing.assert_array_equal(values, others[key])


def check_edges(libsonata, one, other, name):
    first, second = (libsonata.EdgeStorage(str(path)).open_population(name) for path in (one, other))
    assert (first.size, first.source, first.target) == (second.size, second.source, second.target)
    attributes, others = all_of(first), all_of(second)
    assert attributes.keys() == others.keys()
    for key, values in attributes.items():
        np.testing.assert_array_equal(values, others[key])
    if first.size:
        everything = first.select_all()
        np.testing.assert_array_equal(first.source_nodes(everything), second.source_nodes(everything))
        np.testing.assert_array_equal(first.target_nodes(everything), second.target_nodes(everything))
    check_indices(second, other, name)


def check_indices(population, file, name):
    """Libsonata finds by the index what a search through all edges finds."""
    with h5py.File(file) as opened:
        ends = {end: opened[f"edges/{name}/{end}_node_id"][:] for end in ("source", "target")}
    for end, find in (("source", population.efferent_edges), ("target", population.afferent_edges)):
        for node in np.unique(ends[end]).tolist():
            np.testing.assert_array_equal(find([node]).flatten(), np.flatnonzero(ends[end] == node))
    unused = set(range(int(ends["target"].max(initial=0)))) - set(ends["target"].tolist())
    for node in sorted(unused)[:5]:
        assert not population.afferent_edges([node]).flatten().size


def check_all(libsonata, original, back):
    seen = 0
    for file in sorted(Path(original).glob("*.h5")):
        with h5py.File(file) as opened:
            names = {kind: list(opened.get(kind, ())) for kind in ("nodes", "edges")}
        for name in names["nodes"]:
            check_nodes(libsonata, file, back / f"{name}_nodes.h5", name)
        for name in names["edges"]:
            check_edges(libsonata, file, back / f"{name}_edges.h5", name)
        seen += len(names["nodes"]) + len(names["edges"])
    assert seen


@pytest.mark.skipif(not FOLDERS, reason="LIVN_TEST_SONATA names no folder with SONATA networks")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
@pytest.mark.parametrize("split_by", [None, "none"])
def test_networks_that_others_wrote(folder, split_by, libsonata, tmp_path, assert_same):
    done = from_sonata(folder, tmp_path / "system", split_by=split_by)
    assert not done.dropped
    assert not to_sonata(done.target, tmp_path / "back").remarks
    assert_same(folder, tmp_path / "back")
    check_all(libsonata, folder, tmp_path / "back")


def build(network, seed, targets):
    """A network that libsonata can read: one group in each population."""
    rng = np.random.default_rng(seed)
    csv = "node_type_id pop_name\n8 Zeta\n2 Alpha\n"
    columns = {"x": rng.random(9), "y": rng.random(9), "layer": rng.integers(1, 7, 9), "morphology": list("abcabcabc")}
    library = {"mtype": rng.integers(0, 2, 9).astype(np.uint32), "@library/mtype": ["PC", "BC"]}
    dynamics = {"dynamics_params/tau": rng.random(9)}
    network.nodes("n", rng.choice([8, 2], 9), {"0": {**columns, **library, **dynamics}}, csv)
    network.nodes("v", [1, 1])
    size = targets.size
    attributes = {
        "syn_weight": rng.random(size), "delay": rng.random(size).astype("f4"),
        "afferent_section_id": rng.integers(-1, 200, size), "afferent_section_pos": rng.random(size),
        "kind": rng.integers(0, 3, size).astype("u1"), "@library/kind": ["x", "yy", "zzz"],
        "dynamics_params/u": rng.random(size).astype("f4"),
    }  # fmt: skip
    network.edges("n_n", ("n", rng.integers(0, 9, size)), ("n", targets), np.zeros(size), {"0": attributes})
    network.edges("v_n", ("v", rng.integers(0, 2, size)), ("n", targets), np.zeros(size))


@pytest.mark.parametrize("order", ["sorted", "unsorted", "runs", "none"])
def test_libsonata_agrees_on_every_edge_and_attribute(order, libsonata, network, tmp_path, assert_same):
    targets = np.random.default_rng(3).integers(0, 8, 0 if order == "none" else 60)
    if order != "unsorted":
        targets = np.repeat(np.sort(targets)[::-3], 3) if order == "runs" else np.sort(targets)
    build(network, 4, targets)
    to_sonata(from_sonata(network.folder, tmp_path / "system").target, tmp_path / "back")
    assert_same(network.folder, tmp_path / "back")
    check_all(libsonata, network.folder, tmp_path / "back")


def test_libsonata_reads_a_system_of_our_own(libsonata, tmp_path):
    done = to_sonata(predefined("EI1"), tmp_path / "sonata")
    config = libsonata.CircuitConfig.from_file(str(tmp_path / "sonata" / "circuit_config.json"))
    assert config.node_populations == {"EXC", "INH"}
    with System(predefined("EI1")) as system:
        for pre, post in system.projection_names:
            name = f"{pre}_to_{post}"
            file = str(tmp_path / "sonata" / f"{name}_edges.h5")
            population = libsonata.EdgeStorage(file).open_population(name)
            edges = system.projection(pre, post).read(attributes=True)
            everything = population.select_all()
            starts = [system.population_ranges[one][0] for one in (pre, post)]
            np.testing.assert_array_equal(population.source_nodes(everything) + starts[0], edges.pre_gids)
            np.testing.assert_array_equal(population.target_nodes(everything) + starts[1], edges.post_gid_per_edge)
            found = population.get_attribute("distance", everything)
            np.testing.assert_array_equal(found, edges.attributes["Connections"]["distance"])
            check_indices(population, file, name)
        coordinates = system.coordinate_array("EXC")
    nodes = libsonata.NodeStorage(str(tmp_path / "sonata" / "EXC_nodes.h5")).open_population("EXC")
    for at, axis in enumerate("xyz", start=1):
        np.testing.assert_array_equal(nodes.get_attribute(axis, nodes.select_all()), coordinates[:, at])
    with System(predefined("EI1")) as system:
        assert sum(done.edges.values()) == system.summary()["num_edges"] > 0


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_a_network_that_bmtk_built(tmp_path, assert_same):
    """bmtk's builder makes a group for each set of attributes, and leaves to the types what all edges share."""
    builder = pytest.importorskip("bmtk.builder", reason="bmtk builds a network with several groups")
    network = builder.NetworkBuilder("V1")
    rng = np.random.default_rng(1)
    for count, name, ei in ((20, "Scnn1a", "e"), (9, "PV", "i")):
        extra = {"tuning": rng.random(count)} if ei == "e" else {}
        axes = {axis: rng.random(count) for axis in "xyz"}
        network.add_nodes(N=count, model_name=name, ei=ei, model_type="point_neuron", **axes, **extra)
    network.add_edges(
        source={"ei": "e"}, target={"ei": "i"}, connection_rule=lambda *_: 2, syn_weight=0.1, delay=2.0
    )  # fmt: skip
    some = network.add_edges(source={"ei": "i"}, connection_rule=lambda *_: int(rng.integers(0, 3)), delay=1.5)
    some.add_properties("syn_weight", rule=lambda *_: rng.random(), dtypes=float)
    some.add_properties(["sec_id", "sec_x"], rule=lambda *_: (3, 0.25), dtypes=[int, float])
    network.build()
    network.save(output_dir=str(tmp_path / "bmtk"))

    done = from_sonata(tmp_path / "bmtk", tmp_path / "system")
    assert done.cells == {"Scnn1a": 20, "PV": 9}
    assert not done.remarks
    back = to_sonata(done.target, tmp_path / "back")
    assert not back.remarks
    assert_same(tmp_path / "bmtk", tmp_path / "back")
    assert bmtk_edges(tmp_path / "bmtk") == bmtk_edges(tmp_path / "back")


def bmtk_edges(folder):
    """All edges as bmtk's own reader finds them, attributes of their types included."""
    from bmtk.utils import sonata

    files, tables = ([str(one) for one in sorted(folder.glob(f"*.{suffix}"))] for suffix in ("h5", "csv"))
    population = sonata.File(data_files=files, data_type_files=tables).edges["V1_to_V1"]
    names = ("syn_weight", "delay", "sec_id", "sec_x", "nsyns")
    found = []
    for edge in population:
        known = tuple(str(edge[name]) if name in edge else None for name in names)
        found.append((edge.source_node_id, edge.target_node_id, known))
    return found
