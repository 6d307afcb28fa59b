"""A part of a system, compared with the same part of the whole, and with the system that it becomes when written."""

from __future__ import annotations

import json
import pickle
import shutil
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from livn_core import Subset, write_system
from livn_core.errors import InvalidArgumentError, InvalidTypeError, SourceNotFoundError, UnknownNameError
from livn_core.neuroh5 import Edges
from livn_core.system import ParallelSystem, System

pytest.importorskip("h5py")

REFERENCE = Path(__file__).parent.parent / "reference"
GIDS = {"EXC": [1, 2, 4, 5, 11, 19], "INH": [20, 23, 27]}


@pytest.fixture
def whole(two_pops):
    with System(two_pops) as system:
        yield system


@pytest.fixture
def part(whole):
    return whole.subset(GIDS)


def expected(whole, pre, post, gids=GIDS):
    """The edges of the part as rows, from all edges of the whole."""
    edges = whole.projection(pre, post).read(attributes=True)
    keep = np.isin(edges.pre_gids, gids[pre]) & np.isin(edges.post_gid_per_edge, gids[post])
    return rows(edges, keep)


def rows(edges, keep=slice(None)):
    columns = [edges.post_gid_per_edge, edges.pre_gids]
    columns += [values for named in edges.attributes.values() for values in named.values()]
    return [column[keep].tolist() for column in columns]


def joined(blocks):
    parts = [rows(block) for block in blocks]
    return [list(chain.from_iterable(columns)) for columns in zip(*parts, strict=True)]


def test_structure(whole, part):
    assert isinstance(part, Subset)
    assert part.populations == ["EXC", "INH"]
    assert part.population_ranges == {"EXC": (1, 6), "INH": (20, 3)}
    assert part.gids.tolist() == GIDS["EXC"] + GIDS["INH"]
    assert part.num_neurons == 9
    assert part.neuron_coordinates.tolist() == whole.neuron_coordinates[np.isin(whole.gids, part.gids)].tolist()
    assert part.coordinate_array("INH")[:, 0].tolist() == GIDS["INH"]
    assert [gid for gid, _ in part.coordinates("EXC")] == GIDS["EXC"]
    assert part.bounding_box.tolist() == whole.bounding_box.tolist()
    assert part.weight_names == whole.weight_names
    assert part.name == whole.name
    assert whole.subset(GIDS, name="mine").name == "mine"


@pytest.mark.parametrize("pair", [("EXC", "EXC"), ("EXC", "INH"), ("INH", "EXC"), ("INH", "INH")])
def test_edges(whole, part, pair):
    if pair not in whole.projection_names:
        pytest.skip("the reference has no such projection")
    projection, wanted = part.projection(*pair), expected(whole, *pair)
    assert rows(projection.read(attributes=True)) == wanted
    for size in (1, 60, 10**6):
        assert joined(projection.blocks(size, True)) == wanted or not wanted[0]
    assert projection.n_edges == len(wanted[0])
    assert projection.in_degree().tolist() == [wanted[0].count(gid) for gid in GIDS[pair[1]]]
    assert projection.out_degree().tolist() == [wanted[1].count(gid) for gid in GIDS[pair[0]]]
    one = GIDS[pair[0]][1]
    assert projection.out_edges(one).pre_gids.tolist() == [gid for gid in wanted[1] if gid == one]
    assert projection.in_edges(GIDS[pair[1]][::-1]).pre_gids.tolist() == wanted[1]
    assert projection.to_scipy().shape == (len(GIDS[pair[0]]), len(GIDS[pair[1]]))
    assert projection.to_scipy().sum(axis=0).tolist() == projection.in_degree().tolist()
    with pytest.raises(InvalidTypeError, match="weight must be the name of one edge attribute"):
        projection.to_scipy(weight=True)
    assert projection.to_pandas()["pre"].tolist() == wanted[1]
    per_cell = part.projection_array(*pair)
    assert [gid for gid, _ in per_cell] == sorted(set(wanted[0]))


def test_out_edges_by_the_index_of_the_whole(two_pops):
    pytest.importorskip("livn_pyfive", reason="the backend whose files have indexes")
    with System(two_pops, backend="pyfive") as whole:
        part = whole.subset(GIDS)
        for pair in whole.projection_names:
            whole.projection(*pair).build_index()
            projection = part.projection(*pair)
            for gids in (GIDS[pair[0]], GIDS[pair[0]][:2], []):
                found = projection.out_edges(gids, True, index=True)
                assert rows(found) == rows(projection.out_edges(gids, True))
                assert found.post_gids.tolist() == sorted(set(found.post_gid_per_edge.tolist()))


def test_a_matrix_of_the_part_is_the_part_of_the_matrix(whole, part):
    inside = np.isin(whole.gids, part.gids)
    assert (part.connectivity_matrix() == whole.connectivity_matrix()[np.ix_(inside, inside)]).all()
    assert part.connectivity_matrix(gids=[23, 1]).shape == (2, 2)
    with pytest.raises(UnknownNameError, match="has no gid 0"):
        part.connectivity_matrix(gids=[0, 1])


def test_blocks_are_no_larger_than_asked_for_unless_one_cell_is(whole):
    projection = whole.subset().projection("EXC", "EXC")
    for block in projection.blocks(200):
        assert block.post_gids.size == 1 or block.post_gids.nbytes + block.pre_gids.nbytes <= 200
    for wrong in (0, -1):
        with pytest.raises(InvalidArgumentError):
            list(projection.blocks(wrong))
    with pytest.raises(InvalidTypeError):
        list(projection.blocks(True))


def test_everything_is_the_whole(whole):
    everything = whole.subset()
    assert everything.summary() == whole.summary()
    assert everything.population_ranges == whole.population_ranges


def test_nothing_is_nothing(whole, tmp_path):
    nothing = whole.subset(0)
    assert nothing.num_neurons == 0
    assert nothing.population_ranges == {"EXC": (0, 0), "INH": (20, 0)}
    assert nothing.neuron_coordinates.shape == (0, 4)
    assert nothing.projection_names == ()
    assert nothing.projection("EXC", "INH").read().post_gids.size == 0
    with pytest.raises(InvalidArgumentError, match="nothing is selected"):
        nothing.write(tmp_path / "nothing")


def test_a_part_of_a_part(whole, part):
    smaller = part.subset({"EXC": [2, 19]})
    assert smaller.source is whole
    assert smaller.gids.tolist() == [2, 19]
    assert len(part.subset(4).gids) == 4
    with pytest.raises(UnknownNameError, match="has no gid 3"):
        part.subset({"EXC": [3]})


def test_selections_of_a_part(part):
    assert {name: gids.tolist() for name, gids in part.selection("e1").items()} == {"EXC": [2, 4], "INH": [27]}
    assert {name: gids.tolist() for name, gids in part.subset({"EXC": [4, 5]}).selection("e1").items()} == {"EXC": [4]}
    assert sum(map(len, part.selection(5, method="nearest").values())) == 5
    with pytest.raises(SourceNotFoundError):
        part.selection("nothing")


@pytest.mark.parametrize("gids", [[0], [1, 0], [-1], [99]])
def test_cells_outside_are_refused(part, gids):
    with pytest.raises(UnknownNameError, match="the subset has no gid"):
        part.projection("EXC", "INH").out_edges(gids)
    with pytest.raises(UnknownNameError, match="the subset has no gid"):
        part.cell_attributes("EXC", "Generated Coordinates", gids=gids)
    with pytest.raises(UnknownNameError):
        part.projection("EXC", "PYR")


def test_it_pickles_and_reprs(part):
    again = pickle.loads(pickle.dumps(part))
    assert again.gids.tolist() == part.gids.tolist()
    assert rows(again.projection("EXC", "INH").read()) == rows(part.projection("EXC", "INH").read())
    assert "6 of EXC, 3 of INH" in repr(part)


def test_a_part_of_cells_without_files():
    cells = ParallelSystem({"A": 4, "B": 2}, 10.0)
    part = cells.subset({"A": [1, 3], "B": [5]})
    assert part.gids.tolist() == [1, 3, 5]
    assert part.neuron_coordinates[:, 1].tolist() == [10, 30, 50]
    assert part.selection({"A": [3]})["A"].tolist() == [3]


def test_written_it_is_the_same_system_with_other_gids(whole, part, tmp_path):
    with System(part.write(tmp_path / "cut")) as cut:
        assert cut.population_ranges == {"EXC": (0, 6), "INH": (6, 3)}
        new = dict(zip(part.gids.tolist(), cut.gids.tolist(), strict=True))
        assert cut.neuron_coordinates[:, 1:].tolist() == part.neuron_coordinates[:, 1:].tolist()
        for pre, post in whole.projection_names:
            posts, pres, *attributes = expected(whole, pre, post)
            wanted = [[new[gid] for gid in posts], [new[gid] for gid in pres], *attributes]
            found = cut.projection(pre, post).read(attributes=True)
            assert rows(found) == wanted
            for space, named in found.attributes.items():
                for name, values in named.items():
                    assert (
                        values.dtype == whole.projection(pre, post).read(attributes=True).attributes[space][name].dtype
                    )
        for population in cut.populations:
            assert cut.cell_attributes(population, "Origin")["gid"].values.tolist() == GIDS[population]
            for space, names in whole.namespaces(population).items():
                before = part.cell_attributes(population, space, names)
                after = cut.cell_attributes(population, space, names)
                for name in before:
                    assert after[name].values.tolist() == before[name].values.tolist()
                    assert after[name].values.dtype == before[name].values.dtype
                    assert after[name].pointer.tolist() == before[name].pointer.tolist()


def test_documents_of_what_was_written(whole, part, tmp_path, graph):
    with System(part.write(tmp_path / "cut")) as cut:
        assert cut.graph.uuid != whole.graph.uuid
        assert cut.graph.architecture.lineage == ("built-1",)
        assert cut.graph.architecture.config["cell_distributions"] == {"EXC": {"L": 6}, "INH": {"L": 3}}
        assert cut.graph.connections_config == whole.graph.connections_config
        assert cut.selections() == ["e1"]
        assert {name: gids.tolist() for name, gids in cut.selection("e1").items()} == {"EXC": [1, 2], "INH": [8]}
        assert cut.load_file("mea.json") == whole.load_file("mea.json")
        assert cut.params_document() == whole.params_document()
        origin = cut.load_file("origin.json")
    assert origin["source"]["uuid"] == "built-1"
    assert origin["documents_left_out"] == ["selection/other.json"]
    with System(whole.subset({"EXC": [2]}).write(tmp_path / "one")) as one:
        assert one.selection_document("e1")["meta"]["cells_left_out"] == 2
        assert one.population_ranges["INH"][1] == 0


def test_cutting_again_keeps_the_way_back(part, tmp_path):
    with System(part.write(tmp_path / "first")) as first:
        again = first.subset({"EXC": [1, 5], "INH": [7]}).write(tmp_path / "second")
    with System(again) as second:
        assert second.cell_attributes("EXC", "Origin")["gid"].values.tolist() == [1, 5]
        assert second.cell_attributes("EXC", "Origin 2")["gid"].values.tolist() == [2, 19]
        assert len(second.graph.architecture.lineage) == 2
        assert second.load_file("origin.json")["source"]["origin"]["source"]["uuid"] == "built-1"


def test_the_same_cut_is_the_same_bytes(part, tmp_path):
    first, second = part.write(tmp_path / "a"), part.write(tmp_path / "b")
    for file in ("graph.json", "origin.json", "selection/e1.json"):
        assert (first / file).read_bytes() == (second / file).read_bytes()


def test_nothing_is_overwritten_unless_asked(part, tmp_path):
    part.write(tmp_path / "cut")
    with pytest.raises(InvalidArgumentError, match="exists already"):
        part.write(tmp_path / "cut")
    part.write(tmp_path / "cut", overwrite=True, layout="single", compression=4)
    assert not (tmp_path / "cut" / "cells.h5").exists()


def test_morphologies(tmp_path):
    (tmp_path / "trees").mkdir()
    shutil.copy(REFERENCE / "e_trees.h5", tmp_path / "trees" / "graph.h5")
    with System(tmp_path / "trees") as whole:
        population = next(one for one in whole.populations if len(whole.trees(one)))
        gids = list(whole.trees(population))[1:]
        part = whole.subset({population: gids})
        assert list(part.trees(population)) == gids
        with pytest.raises(UnknownNameError):
            part.trees(population)[next(iter(whole.trees(population)))]
        with System(part.write(tmp_path / "cut")) as cut:
            for before, after in zip(part.trees(population).values(), cut.trees(population).values(), strict=True):
                for column in ("x", "radius", "parent", "sections", "src", "dst", "layer"):
                    assert getattr(after, column).tolist() == getattr(before, column).tolist()


def test_cells_are_counted_in_the_layer_they_are_nearest_to(tmp_path):
    z = np.array([1, 2, 11, 12, 13, 25], np.float32)
    space = {"X Coordinate": z * 0, "Y Coordinate": z * 0, "Z Coordinate": z}
    layers = {"low": [[0, 0, 0], [1, 1, 10]], "high": [[0, 0, 10], [1, 1, 20]]}
    config = {"layer_extents": layers, "cell_distributions": {"A": {"low": 2, "high": 4}}, "cell_counts": {"A": 6}}
    documents = {"graph.json": {"architecture": {"uuid": "u", "config": config}}}
    write_system(tmp_path / "s", {"A": 6}, cells={"A": {"Generated Coordinates": space}}, documents=documents)
    with System(tmp_path / "s") as system:
        system.subset({"A": [1, 2, 3, 5]}).write(tmp_path / "cut")
    written = json.loads((tmp_path / "cut" / "graph.json").read_text())["architecture"]["config"]
    assert written["cell_distributions"] == {"A": {"low": 1, "high": 3}}
    assert written["cell_counts"] == {"A": 4}


def test_gids_beyond_32_bits_are_told_whole(tmp_path):
    start = 2**33 + 5
    edges = Edges(np.array([start + 2]), np.array([0, 1]), np.array([start + 1]), {})
    write_system(tmp_path / "far", {"A": (start, 4)}, {("A", "A"): edges})
    with System(tmp_path / "far") as system:
        system.subset({"A": [start + 1, start + 2]}).write(tmp_path / "near")
    with System(tmp_path / "near") as near:
        origin = near.cell_attributes("A", "Origin")
        whole = origin["gid"].values + (origin["gid, upper 32 bits"].values.astype(np.int64) << 32)
        assert whole.tolist() == [start + 1, start + 2]
        assert near.projection("A", "A").read().pre_gids.tolist() == [0]
