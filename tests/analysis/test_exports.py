"""Systems in the forms of other libraries hold what the system holds."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from livn_core.errors import InvalidArgumentError, MissingPackageError, TooLargeError, UnknownNameError

TOTAL_GIDS = 58


@pytest.fixture(params=["whole", "part"])
def either(request, system):
    return system if request.param == "whole" else system.subset({"A": range(3, 30), "B": range(41, 50), "C": [56]})


def all_edges(either):
    found = [either.projection(*pair).read() for pair in either.projection_names]
    return [edge for one in found for edge in zip(one.pre_gids.tolist(), one.post_gid_per_edge.tolist(), strict=True)]


def test_cells_in_pandas(either):
    pytest.importorskip("pandas")
    table = either.to_pandas()
    assert table.index.tolist() == either.gids.tolist()
    assert table["population"].value_counts().to_dict() == {
        name: either.population_count(name) for name in either.populations
    }
    for name in ("A", "B"):
        found = table.loc[table["population"] == name, ["x", "y", "z"]].to_numpy()
        assert (found == either.coordinate_array(name)[:, 1:]).all()
    assert table.loc[table["population"] == "C", "x"].isna().all()


def test_attributes_of_cells_in_pandas(system):
    pytest.importorskip("pandas")
    table = system.to_pandas("cells", attributes=True)
    some = table["Extra/some"]
    assert some.dropna().to_dict() == {1: 7, 4: 8, 39: 9}
    assert some.isna().sum() == TOTAL_GIDS - 3
    ragged = {gid: values.tolist() for gid, values in table["Extra/ragged"].items() if values is not None}
    assert ragged == {41: [0, 1], 50: [2, 3, 4]}


def test_edges_in_pandas(either):
    pytest.importorskip("pandas")
    table = either.to_pandas("edges")
    assert list(zip(table["pre"], table["post"], strict=True)) == all_edges(either)
    assert str(table["pre"].dtype) == str(table["post"].dtype) == "int64"
    for (pre, post), rows in table.groupby(["pre_population", "post_population"], observed=True):
        edges = either.projection(pre, post).read(attributes=True)
        for space, name in (("Synapses", "weight"), ("Connections", "type")):
            column = rows[f"{space}/{name}"]
            if name in edges.attributes.get(space, {}):
                assert column.tolist() == edges.attributes[space][name].tolist()
            else:
                assert column.isna().all()


def test_arrow_has_what_pandas_has(either):
    pytest.importorskip("pyarrow")
    for table in ("cells", "edges"):
        arrow, pandas = either.to_arrow(table, True), either.to_pandas(table, True).reset_index()
        assert arrow.column_names == [name for name in pandas.columns if name != "index"]
        for name in arrow.column_names:
            values = [list(one) if isinstance(one, np.ndarray) else one for one in pandas[name].tolist()]
            values = [None if str(one) in {"None", "nan", "<NA>"} else one for one in values]
            assert arrow[name].to_pylist() == values, name
    assert str(either.to_arrow("edges").schema.field("Connections/type").type) == "uint8"


def test_chosen_attributes(system):
    pytest.importorskip("pyarrow")
    assert system.to_arrow("edges", False).column_names == ["pre", "post", "pre_population", "post_population"]
    assert system.to_arrow("edges", "Synapses/weight").column_names[4:] == ["Synapses/weight"]
    assert system.to_arrow("cells", ["Extra/some"]).column_names[5:] == ["Extra/some"]
    for table in ("cells", "edges"):
        with pytest.raises(UnknownNameError, match="attribute 'Extra/nothing'"):
            system.to_arrow(table, "Extra/nothing")
    with pytest.raises(UnknownNameError, match="no table 'cell'; there is cells, edges; did you mean 'cells'"):
        system.to_arrow("cell")


def test_parquet(either, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    written = either.to_parquet(tmp_path / "tables")
    assert pq.read_table(written / "cells.parquet").equals(either.to_arrow("cells", True))
    assert pq.read_table(written / "edges.parquet").combine_chunks().to_pylist() == either.to_arrow("edges").to_pylist()
    with pytest.raises(InvalidArgumentError, match="exists already"):
        either.to_parquet(tmp_path / "tables")
    either.to_parquet(tmp_path / "tables", edge_attributes=False, overwrite=True)
    assert pq.read_table(written / "edges.parquet").num_columns == 4


def test_parquet_of_one_projection(system, tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    projection = system.projection("A", "B")
    file = projection.to_parquet(tmp_path / "edges.parquet")
    assert pq.read_table(file).to_pylist() == projection.to_arrow().to_pylist()
    assert [one.name for one in tmp_path.iterdir()] == ["edges.parquet"]


def test_a_failed_export_leaves_nothing(system, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow")
    with pytest.raises(UnknownNameError):
        system.to_parquet(tmp_path / "tables", edge_attributes="Synapses/nothing")
    assert list(tmp_path.iterdir()) == []


def test_networkx(either):
    nx = pytest.importorskip("networkx")
    graph = either.to_networkx()
    assert isinstance(graph, nx.MultiDiGraph)
    assert sorted(graph.nodes) == either.gids.tolist()
    assert sorted(graph.edges()) == sorted(all_edges(either))
    gid, x, y, z = either.coordinate_array("B")[2].tolist()
    assert graph.nodes[gid] == {"population": "B", "x": x, "y": y, "z": z}
    weights = sorted(data["Synapses/weight"] for _, _, data in graph.edges(data=True) if "Synapses/weight" in data)
    expected = [
        either.projection(*pair).read(attributes="Synapses/weight").attributes["Synapses"]["weight"]
        for pair in (("A", "A"), ("A", "B"))
    ]
    assert weights == sorted(np.concatenate(expected).tolist())


def test_networkx_of_one_projection(system, pairs):
    pytest.importorskip("networkx")
    graph = system.projection("B", "A").to_networkx()
    assert sorted(graph.edges()) == sorted(zip(*pairs["B", "A"], strict=True))
    assert graph.nodes[44] == {"population": "B"}


def test_networkx_refuses_what_would_eat_the_memory(system):
    pytest.importorskip("networkx")
    with pytest.raises(TooLargeError, match=r"edges, for which networkx would need about .* GiB.*max_edges="):
        system.to_networkx(max_edges=10)
    with pytest.raises(TooLargeError):
        system.projection("A", "A").to_networkx(max_edges=10)
    assert system.to_networkx(max_edges=None).number_of_nodes() == TOTAL_GIDS


def test_xarray(either):
    pytest.importorskip("xarray")
    data = either.to_xarray()
    assert data["gid"].values.tolist() == either.gids.tolist()
    assert data["x"].attrs["units"] == "µm"
    assert data["n_edges"].sel(pre="A", post="B") == either.projection("A", "B").n_edges
    assert data["n_edges"].sel(pre="B", post="B") == 0
    for pre, post in either.projection_names:
        inside = data["population"] == post
        degrees = data["in_degree"].sel(pre=pre).where(inside, drop=True).values
        assert degrees.tolist() == either.projection(pre, post).in_degree().tolist()
        inside = data["population"] == pre
        degrees = data["out_degree"].sel(post=post).where(inside, drop=True).values
        assert degrees.tolist() == either.projection(pre, post).out_degree().tolist()
    assert float(data["mean_in_degree"].sel(pre="A", post="A")) == pytest.approx(
        either.projection("A", "A").in_degree().mean()
    )


def test_xarray_takes_one_value_for_each_cell(system):
    pytest.importorskip("xarray")
    assert "Extra/some" not in system.to_xarray(attributes=True)
    with pytest.raises(InvalidArgumentError, match="Extra/some has 0 values for some cell"):
        system.to_xarray(attributes="Extra/some")


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("pandas", lambda one, _: one.to_pandas()),
        ("pyarrow", lambda one, _: one.to_arrow("edges")),
        ("pyarrow", lambda one, folder: one.to_parquet(folder / "x")),
        ("pyarrow", lambda one, folder: one.projection("A", "A").to_parquet(folder / "x")),
        ("networkx", lambda one, _: one.to_networkx()),
        ("xarray", lambda one, _: one.to_xarray()),
        ("matplotlib", lambda one, _: one.plot.cells()),
    ],
)
def test_a_missing_library_is_named(system, tmp_path, monkeypatch, package, use):
    for loaded in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=f"pip install {package}"):
        use(system, tmp_path)
