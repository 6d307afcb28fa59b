"""The systems that come with livn-core are what the generator makes, and hold what they promise."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

import livn_core

ROOT = Path(__file__).parents[2]
GRAPHS = ROOT / "systems" / "graphs"
SHIPPED = Path(livn_core.__file__).parent / "data" / "systems"
FILES = ["cells.h5", "connections.h5", "graph.json", "mea.json", "provenance.json"]

pytest.importorskip("yaml", reason="generating needs PyYAML")


def content(path):
    """Every dataset's values and every committed type, by path."""
    found = {}

    def visit(name, node):
        if isinstance(node, h5py.Dataset):
            found[name] = node[()]
        elif isinstance(node, h5py.Datatype):
            found[name] = np.array(sorted((node.dtype.metadata or {}).get("enum", {}).items()))

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    outputs = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")]
    for output in outputs:
        for name in ("EI1", "EI2"):
            livn_core.generate(name, output / name)
    return outputs


@pytest.mark.parametrize("name", ["EI1", "EI2"])
@pytest.mark.parametrize("file", FILES)
def test_the_same_configuration_gives_the_same_bytes(name, file, twice):
    one, two = ((output / name / file).read_bytes() for output in twice)
    assert one == two


@pytest.mark.parametrize("name", ["EI1", "EI2"])
def test_the_committed_files_are_what_the_generator_makes(name, twice):
    for file in FILES:
        made, committed = twice[0] / name / file, GRAPHS / name / file
        if file.endswith(".json"):
            assert json.loads(made.read_text()) == json.loads(committed.read_text())
            continue
        # Another HDF5 library may lay out the same content otherwise, so this is no comparison of bytes.
        new, old = content(made), content(committed)
        assert list(new) == list(old)
        for path, values in old.items():
            assert new[path].dtype == values.dtype
            np.testing.assert_array_equal(new[path], values, err_msg=path)


def test_the_ei1_inside_the_package_is_the_one_in_systems():
    assert sorted(path.name for path in (SHIPPED / "EI1").iterdir()) == FILES
    for file in FILES:
        assert (SHIPPED / "EI1" / file).read_bytes() == (GRAPHS / "EI1" / file).read_bytes()


@pytest.mark.parametrize(
    ("name", "ranges", "side", "channels"),
    [
        ("EI1", {"EXC": (0, 8), "INH": (8, 2)}, 40, 1),
        ("EI2", {"EXC": (0, 80), "INH": (80, 20)}, 400, 16),
    ],
)
class TestPromises:
    def test_populations_and_places(self, name, ranges, side, channels):
        with livn_core.open_neuroh5(str(GRAPHS / name / "cells.h5")) as file:
            assert file.population_ranges == ranges
            for population in ranges:
                found = file.cell_attributes(population, "Generated Coordinates")
                x, y, z = (found[f"{axis} Coordinate"].to_numpy() for axis in "XYZ")
                assert x.dtype == np.float32
                assert 0 <= min(x.min(), y.min()) < max(x.max(), y.max()) <= side
                assert 0 <= z.min() < z.max() <= 10

    def test_edges_lie_at_their_distance_and_name_their_synapse(self, name, ranges, side, channels):
        with (
            livn_core.open_neuroh5(str(GRAPHS / name / "cells.h5")) as cells,
            livn_core.open_neuroh5(str(GRAPHS / name / "connections.h5")) as graph,
        ):
            xyz = np.concatenate([self.places(cells, population) for population in ranges])
            assert set(graph.projections) == {(pre, post) for pre in ranges for post in ranges}
            used = {population: set() for population in ranges}
            for pre, post in graph.projections:
                edges = graph.projection(pre, post).read(attributes=True)
                posts = edges.post_gid_per_edge
                assert len(edges) > 0
                assert (posts != edges.pre_gids).all()
                distance = np.linalg.norm(xyz[posts] - xyz[edges.pre_gids], axis=1)
                np.testing.assert_allclose(edges.attributes["Connections"]["distance"], distance, rtol=1e-5)
                assert edges.attributes["Connections"]["distance"].dtype == np.float32
                ids = edges.attributes["Synapses"]["syn_id"]
                synapses = cells.cell_attributes(post, "Synapse Attributes")
                at = synapses["syn_ids"].pointer[posts - ranges[post][0]] + ids
                np.testing.assert_array_equal(synapses["syn_ids"].values[at], ids)
                assert set(synapses["syn_types"].values[at]) == {0 if pre == "EXC" else 1}
                used[post].update(at.tolist())
            # Every synapse of every cell belongs to exactly one edge.
            for post, seen in used.items():
                assert len(seen) == cells.cell_attributes(post, "Synapse Attributes")["syn_ids"].values.size
                edges = sum(graph.projection(pre, post).n_edges for pre in ranges)
                assert edges == len(seen)

    @staticmethod
    def places(cells, population):
        found = cells.cell_attributes(population, "Generated Coordinates")
        return np.stack([found[f"{axis} Coordinate"].to_numpy() for axis in "XYZ"], axis=1).astype(float)

    def test_documents(self, name, ranges, side, channels):
        graph = json.loads((GRAPHS / name / "graph.json").read_text())
        assert graph["version"] == 1
        architecture = graph["architecture"]["config"]
        assert architecture["cell_distributions"] == {pop: {"2D": count} for pop, (_, count) in ranges.items()}
        assert architecture["layer_extents"] == {"2D": [[0, 0, 0], [side, side, 10]]}
        synapses = graph["connections"]["generated"]["config"]["synapses"]
        assert {(pre, post): one["type"] for post, pres in synapses.items() for pre, one in pres.items()} == {
            ("EXC", "EXC"): "excitatory",
            ("EXC", "INH"): "excitatory",
            ("INH", "EXC"): "inhibitory",
            ("INH", "INH"): "inhibitory",
        }
        electrodes = np.array(json.loads((GRAPHS / name / "mea.json").read_text())["electrode_coordinates"])
        assert electrodes.shape == (channels, 4)
        np.testing.assert_array_equal(electrodes[:, 0], np.arange(channels))
        np.testing.assert_allclose(electrodes[:, 1:].mean(axis=0), [side / 2, side / 2, 5])

    def test_no_chunk_is_larger_than_its_dataset(self, name, ranges, side, channels):
        for file in ("cells.h5", "connections.h5"):
            with h5py.File(GRAPHS / name / file) as opened:
                opened.visititems(
                    lambda _, node: None if not getattr(node, "chunks", None) else pytest.fail(f"{node} is chunked")
                )
