"""Populations, coordinates, edges and synapses of a system, against what neuroh5 read."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core.neuroh5 import Projection
from livn_core.system import System


@pytest.fixture(params=["two_pops", "pair"])
def system(request, backend):
    with System(request.getfixturevalue(request.param), backend=backend) as system:
        yield system


def test_cells_are_those_that_neuroh5_read(system, expected):
    assert system.populations == ["EXC", "INH"]
    assert system.population_ranges == {"EXC": (0, 20), "INH": (20, 8)}
    assert (system.population_count("INH"), system.num_neurons) == (8, 28)
    assert system.gids.dtype == np.int64
    assert system.gids.tolist() == list(range(28))
    rows = dict(expected["cell_attributes"]["INH"]["Generated Coordinates"])
    table = system.coordinate_array("INH")
    assert table.dtype == np.float64
    for gid, x, y, z in table:
        assert [x, y, z] == [rows[int(gid)][f"{axis} Coordinate"]["data"][0] for axis in "XYZ"]


def test_coordinates_come_as_one_table_by_population_and_by_cell(system):
    table = system.neuron_coordinates
    assert table.shape == (28, 4)
    assert table[:, 0].tolist() == system.gids.tolist()
    assert np.array_equal(table[20:], system.coordinate_array("INH"))
    assert [(gid, *xyz) for gid, xyz in system.coordinates("INH")] == [tuple(row) for row in table[20:].tolist()]


def test_what_a_user_changes_does_not_reach_the_next_one(system):
    system.coordinate_array("EXC")[:] = 0
    assert system.neuron_coordinates[:, 1:].any()
    for shared in (system.neuron_coordinates, system.gids):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 1


def test_transform_coordinates_stacks_the_populations_in_the_order_asked_for(system):
    def upwards(rows, population):
        rows[:, 3] += 1000 if population == "INH" else 0
        return np.repeat(rows, 2, axis=0)

    table = system.transform_coordinates(upwards, ["INH", "EXC"])
    assert table.shape == (56, 4)
    assert table[:4, 0].tolist() == [20, 20, 21, 21]
    assert np.array_equal(table[0, 3], system.coordinate_array("INH")[0, 3] + 1000)
    assert system.transform_coordinates(upwards).shape == (56, 4)
    assert system.transform_coordinates(upwards, []).shape == (0, 4)


def test_edges_of_every_projection_are_those_that_neuroh5_read(system, expected):
    seen = 0
    for pre, post in system.projection_names:
        theirs = expected["graph_ns"][post][pre]
        ours = system.projection_array(pre, post)
        assert [post_gid for post_gid, _ in ours] == sorted(gid for gid, _, _ in theirs)
        read = {gid: sources for gid, sources, _ in theirs}
        for post_gid, (pre_gids, attributes) in ours:
            assert pre_gids.tolist() == read[post_gid]["data"]
            assert {space: sorted(named) for space, named in attributes.items()} == {
                "Synapses": ["syn_id"],
                "Connections": ["delay", "distance", "weight"],
            }
            assert all(len(values) == len(pre_gids) for named in attributes.values() for values in named.values())
            seen += len(pre_gids)
    assert seen == system.summary()["num_edges"] == 142


def test_projection_is_lazy_and_whole(system):
    projection = system.projection("EXC", "INH")
    assert isinstance(projection, Projection)
    assert (projection.pre.name, projection.post.name, projection.n_edges) == ("EXC", "INH", 20)
    assert system.projection_names == (("EXC", "EXC"), ("INH", "EXC"), ("EXC", "INH"), ("INH", "INH"))


def test_synapses_go_by_cell_with_empty_ones_in_between(system, expected):
    theirs = dict(expected["cell_attributes"]["EXC"]["Synapse Attributes"])
    ours = list(system.synapses("EXC"))
    assert [gid for gid, _ in ours] == sorted(theirs)
    for gid, named in ours:
        assert sorted(named) == ["swc_types", "syn_ids", "syn_layers", "syn_locs", "syn_secs", "syn_types"]
        assert {name: values.tolist() for name, values in named.items()} == {
            name: theirs[gid][name]["data"] for name in named
        }
    assert any(len(named["syn_ids"]) == 0 for _, named in ours)
    assert [gid for gid, _ in system.synapses("EXC", node_allocation={7, 3, 25})] == [3, 7]


def test_meta_data_tell_namespaces_and_attributes_apart(system):
    meta = system.cells_meta_data
    assert (meta.population_names, meta.population_ranges) == (system.populations, system.population_ranges)
    assert meta.cell_attribute_info["EXC"]["Selection"] == ["score"]
    assert meta.has("EXC", "Selection")
    assert not meta.has("INH", "Selection")
    assert meta.has("EXC", "Selection", "score")
    assert not meta.has("EXC", "Selection", "syn_ids")
    assert (meta.cell_count(), meta.population_count("EXC")) == (28, 20)
    assert system.namespaces("EXC")["Selection"] == ("score",)
    assert system.cell_attributes("EXC", "Selection")["score"].gids.tolist() == sorted(
        system.cell_attributes("EXC", "Selection", "score")["score"].gids.tolist()
    )


def test_box_is_that_of_the_layers_and_its_centre_is_its_middle(system):
    assert system.bounding_box.tolist() == [[-100, -80, -90], [120, 80, -5]]
    assert system.center_point.tolist() == [10, 0, -47.5]


def test_box_is_that_of_the_cells_where_no_layers_are_given(gid_order, backend):
    with System(gid_order, backend=backend) as system:
        assert system.bounding_box.tolist() == [[0, 100, -50], [5, 105, -45]]
        (gid_order / "graph.json").unlink()
    with System(gid_order, backend=backend) as system:
        assert system.center_point.tolist() == [2.5, 102.5, -47.5]


def test_gids_follow_the_populations_own_ranges_whatever_their_names(gid_order, backend):
    with System(gid_order, backend=backend) as system:
        assert system.population_ranges == {"PYR": (0, 6), "BC": (10, 4)}
        assert system.gids.tolist() == [0, 1, 2, 3, 4, 5, 10, 11, 12, 13]
        assert system.coordinate_array("BC")[:, 0].tolist() == [10, 11, 12, 13]
        assert [(gid, pre.tolist()) for gid, (pre, _) in system.projections("BC", "PYR")] == [
            (1, [13, 11, 13]),
            (4, [10]),
        ]
        assert system.summary() == {
            "num_neurons": 10,
            "num_projections": 3,
            "num_edges": 9,
            "population_counts": {"PYR": 6, "BC": 4},
        }


def test_synapses_that_graph_json_declares(system):
    found = system.synapse_projections()
    assert len(found) == 8
    assert found[0] == ("EXC", "EXC", "dend", "AMPA", "excitatory")
    assert found[-1] == ("INH", "INH", "soma", "GABA_A", "inhibitory")
    assert found == sorted(found)


def test_trees_come_through_the_same_backend(tmp_path, backend):
    import shutil
    from pathlib import Path

    path = tmp_path / "trees"
    path.mkdir()
    shutil.copy(Path(__file__).parent.parent / "reference" / "e_trees.h5", path / "graph.h5")
    with System(path, backend=backend) as system:
        assert list(system.trees("BC")) == sorted(system.trees("BC"))
        assert system.trees("BC")[min(system.trees("BC"))].x.size > 0
