"""SONATA to NeuroH5 and back: nothing is lost."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from livn_core import System
from livn_core.converting import from_sonata, to_sonata

rng = np.random.default_rng(7)


def test_a_round_trip_loses_nothing(rich, tmp_path, assert_same):
    done = from_sonata(rich.folder, tmp_path / "system")
    assert not done.dropped
    back = to_sonata(done.target, tmp_path / "back")
    assert not back.remarks
    assert_same(rich.folder, tmp_path / "back")
    node_types, edge_types = (
        [(folder / name).read_text() for folder in (rich.folder, tmp_path / "back")]
        for name in ("cortex_node_types.csv", "input_edge_types.csv")
    )
    assert node_types[1].split() == node_types[0].split()
    assert edge_types[1] == edge_types[0]
    assert not (tmp_path / "back" / "thalamus_node_types.csv").exists()


def test_a_second_round_trip_gives_the_same_system(rich, tmp_path, pieces):
    first = from_sonata(rich.folder, tmp_path / "first").target
    to_sonata(first, tmp_path / "back")
    second = from_sonata(tmp_path / "back", tmp_path / "second").target
    with System(first) as one, System(second) as other:
        assert one.population_ranges == other.population_ranges
        assert one.projection_names == other.projection_names
        for pair in one.projection_names:
            (edges, columns), (same, others) = pieces(one, *pair), pieces(other, *pair)
            np.testing.assert_array_equal(edges.pre_gids, same.pre_gids)
            assert columns.keys() == others.keys()
            for key, values in columns.items():
                np.testing.assert_array_equal(values, others[key])


def test_populations_are_types_in_the_order_of_the_nodes(rich, tmp_path):
    done = from_sonata(rich.folder, tmp_path / "system")
    assert done.cells == {"Zeta": 3, "Alpha": 2, "Mu Nu": 1, "thalamus": 3}
    with System(done.target) as system:
        assert system.population_ranges == {"Zeta": (0, 3), "Alpha": (3, 2), "Mu Nu": (5, 1), "thalamus": (6, 3)}
        rows = system.cell_attributes("Zeta", "SONATA")["row"].values
        assert rows.tolist() == [0, 2, 5]
        assert system.cell_attributes("Zeta", "SONATA")["node_id"].values.tolist() == [10, 12, 21]
        heights = system.cell_attributes("Alpha", "Attributes")["cell height"].values
        assert np.isnan(heights).all()


def test_every_edge_is_where_it_belongs(rich, tmp_path, pieces):
    done = from_sonata(rich.folder, tmp_path / "system")
    with h5py.File(rich.folder / "input_edges.h5") as file:
        group = file["edges/input"]
        ids, index = group["edge_group_id"][:], group["edge_group_index"][:]
        weights = [group[f"{a}/syn_weight"][b] for a, b in zip(ids, index, strict=True)]
        delays = [
            group["0/delay"][b] if a == 0 else {1: np.float32(2.1), 2: np.nan}[kind]
            for a, b, kind in zip(ids, index, group["edge_type_id"][:], strict=True)
        ]
        ends = list(zip(group["source_node_id"][:], group["target_node_id"][:], strict=True))
    seen = []
    with System(done.target) as system:
        for post in ("Zeta", "Alpha", "Mu Nu"):
            edges, columns = pieces(system, "thalamus", post)
            id_of = system.cell_attributes(post, "SONATA")["node_id"].values
            start = system.population_ranges[post][0]
            mine = columns["SONATA", "edge_population"] == 0
            for at in np.flatnonzero(mine):
                row = int(columns["SONATA", "edge_id"][at])
                seen.append(row)
                assert ends[row] == (edges.pre_gids[at] - 6, id_of[edges.post_gid_per_edge[at] - start])
                with np.errstate(over="ignore"):
                    assert columns["Synapses", "syn_weight"][at] == np.float32(weights[row])
                np.testing.assert_equal(columns["Synapses", "delay"][at], np.float32(delays[row]))
    assert sorted(seen) == list(range(40))


def test_edges_of_one_cell_come_together_and_in_order(rich, tmp_path, pieces):
    """neuroh5 finds only the first block of a cell, so each has one, whatever populations its edges come from."""
    done = from_sonata(rich.folder, tmp_path / "system")
    with h5py.File(done.target / "connections.h5") as file:
        first = file["Projections/Zeta/thalamus/Edges/Destination Block Index"][:]
        assert np.all(np.diff(first.astype(int)) > 0)
    with System(done.target) as system:
        edges, columns = pieces(system, "thalamus", "Zeta")
        for at in range(edges.post_gids.size):
            span = slice(edges.indptr[at], edges.indptr[at + 1])
            order = list(
                zip(columns["SONATA", "edge_population"][span], columns["SONATA", "edge_id"][span], strict=True)
            )
            assert order == sorted(order)


@pytest.mark.parametrize(
    ("split_by", "expected"),
    [
        ("none", {"cortex": 6, "thalamus": 3}),
        ("ei", {"e": 4, "i": 2, "thalamus": 3}),
        ("node_type_id", {"cortex_7": 3, "cortex_3": 2, "cortex_5": 1, "thalamus_-1": 3}),
        ("cell height", {"1.5": 3, "cortex": 2, "2": 1, "thalamus": 3}),
        ("mtype", {"BC": 3, "other": 1, "PC": 2, "thalamus": 3}),
    ],
)
def test_split_by(split_by, expected, rich, tmp_path, assert_same):
    done = from_sonata(rich.folder, tmp_path / "system", split_by=split_by)
    assert done.cells == expected
    to_sonata(done.target, tmp_path / "back")
    assert_same(rich.folder, tmp_path / "back")


def test_names_that_two_populations_share_get_their_own(network, tmp_path):
    csv = "node_type_id pop_name\n1 PC\n2 IN\n"
    network.nodes("left", [1, 2], csv=csv).nodes("right", [2, 1, 1], csv=csv)
    done = from_sonata(network.folder, tmp_path / "system")
    assert done.cells == {"left_PC": 1, "left_IN": 1, "right_IN": 1, "right_PC": 2}


def test_edges_in_several_pieces(network, tmp_path, assert_same, monkeypatch, pieces):
    monkeypatch.setattr("livn_core.converting.sonata._bundle.PIECE", 50)
    size = 2000
    network.nodes("a", rng.integers(1, 3, 30), csv="node_type_id pop_name\n1 P\n2 Q\n")
    ends = rng.integers(0, 30, (2, size))
    network.edges("e", ("a", ends[0]), ("a", ends[1]), np.zeros(size), {"0": {"w": rng.random(size)}})
    done = from_sonata(network.folder, tmp_path / "system", compression=4, shuffle=True, layout="single")
    assert sum(done.edges.values()) == size
    to_sonata(done.target, tmp_path / "back")
    assert_same(network.folder, tmp_path / "back")
