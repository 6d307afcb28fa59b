"""Tables of cells and edges to systems and back."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core import CellAttribute, System, predefined, write_system
from livn_core.converting import from_tables, to_tables
from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError, UnknownNameError

pa = pytest.importorskip("pyarrow", reason="tables are read and written with pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def everything(system):
    """All that a system's HDF5 files hold, but trees."""
    found = {"ranges": system.population_ranges}
    for name in system.populations:
        for space, names in system.namespaces(name).items():
            for short in names:
                one = system.cell_attributes(name, space, short)[short]
                found[name, space, short] = (one.gids, one.pointer, one.values)
    for pair in system.projection_names:
        edges = system.projection(*pair).read(attributes=True)
        found[pair] = (edges.post_gids, edges.indptr, edges.pre_gids)
        for space, named in edges.attributes.items():
            found |= {(pair, space, short): (values,) for short, values in named.items()}
    return found


def assert_equal(one, other):
    assert one.keys() == other.keys()
    for key, arrays in one.items():
        if key == "ranges":
            assert arrays == other[key]
            continue
        for array, same in zip(arrays, other[key], strict=True):
            np.testing.assert_array_equal(array, same, strict=True)


@pytest.fixture
def rows(tmp_path):
    """Write tables: ``name={column: values}``."""

    def rows(**tables):
        folder = tmp_path / "tables"
        folder.mkdir(exist_ok=True)
        for name, columns in tables.items():
            pq.write_table(pa.table(columns), folder / f"{name}.parquet")
        return folder

    return rows


@pytest.mark.parametrize("name", ["EI1", "odd"])
def test_parquet_there_and_back(name, odd, tmp_path):
    source = odd if name == "odd" else predefined(name)
    done = to_tables(source, tmp_path / "tables")
    assert all(one.what.endswith(".json") for one in done.remarks)
    back = from_tables(tmp_path / "tables", tmp_path / "back")
    assert not back.remarks
    with System(source) as one, System(back.target) as other:
        expected, found = everything(one), everything(other)
        if name == "odd":  # a population without cells has no gid that a table could keep
            assert found["ranges"].pop("Empty")[1] == expected["ranges"].pop("Empty")[1] == 0
        assert_equal(expected, found)


def test_cells_with_none_and_two_values_are_not_cells_with_one_each(tmp_path):
    values = CellAttribute(np.array([0, 1]), np.array([0, 0, 2]), np.array([7, 8], np.int16))
    path = write_system(tmp_path / "system", {"P": 2}, cells={"P": {"Other": {"v": values}}})
    to_tables(path, tmp_path / "tables")
    back = from_tables(tmp_path / "tables", tmp_path / "back")
    with System(path) as one, System(back.target) as other:
        assert_equal(everything(one), everything(other))


def test_csv_keeps_values_but_not_types(odd, tmp_path):
    done = to_tables(odd, tmp_path / "tables", format="csv")
    assert [one.what for one in done.dropped] == ["Alpha/Several/ids"]
    back = from_tables(tmp_path / "tables", tmp_path / "back")
    with System(odd) as one, System(back.target) as other:
        expected, found = everything(one), everything(other)
        del expected["Alpha", "Several", "ids"], expected["ranges"], found["ranges"]
        assert expected.keys() == found.keys()
        for key, arrays in expected.items():
            for array, same in zip(arrays, found[key], strict=True):
                np.testing.assert_array_equal(array, same)


def test_a_table_of_others(rows, tmp_path):
    folder = rows(
        neurons={
            "population": ["b", "a", "b"], "x": [1.0, 2.0, 0.1], "y": [0, 0, 1], "layer": ["L1", "L2", "L3"],
            "id64": [1, 2, 2**40], "Model/tau": [None, 2.5, 3.5],
        },
        synapses={"pre": [2, 0, 1, 2], "post": [1, 2, 0, 1], "weight": [0.5, None, 0.25, 1.5], "plastic": [True] * 4},
    )  # fmt: skip
    done = from_tables(folder, tmp_path / "system")
    assert done.cells == {"b": 2, "a": 1}
    assert done.edges == {"b -> b": 1, "b -> a": 2, "a -> b": 1}
    assert [(one.kind, one.what.rpartition(": ")[2]) for one in done.remarks] == [
        ("changed", "cells"), ("changed", "x"), ("dropped", "layer"), ("dropped", "id64"),
        ("changed", "cells of 'b'"), ("changed", "cells of 'a'"),
    ]  # fmt: skip
    with System(done.target) as system:
        assert system.coordinate_array("b").tolist() == [[0, 1, 0, 0], [1, np.float32(0.1), 1, 0]]
        assert system.cell_attributes("b", "Model")["tau"].gids.tolist() == [1]
        edges = system.projection("b", "a").read(attributes=True)
        assert edges.pre_gids.tolist() == [1, 1]
        assert edges.attributes["Synapses"]["weight"].tolist() == [0.5, 1.5]
        assert edges.attributes["Synapses"]["plastic"].tolist() == [1, 1]
        (weight,) = system.projection("b", "b").read(attributes=True).attributes["Synapses"]["weight"]
        assert np.isnan(weight)


def test_ends_within_populations(rows, tmp_path):
    folder = rows(
        A={"x": [0.0, 1.0]}, B={"x": [0.0]},
        e={"pre_population": ["B", "A"], "pre": [0, 1], "post_population": ["A", "A"], "post": [1, 0]},
    )  # fmt: skip
    done = from_tables(folder, tmp_path / "system")
    with System(done.target) as system:
        assert system.projection("B", "A").read().pre_gids.tolist() == [2]
        assert system.projection("B", "A").read().post_gids.tolist() == [1]
        assert system.projection("A", "A").read().post_gids.tolist() == [0]


@pytest.mark.parametrize("batch", [1, 7, 1000])
@pytest.mark.parametrize("ordered", [True, False])
def test_batches_of_any_size(batch, ordered, rows, tmp_path, monkeypatch):
    monkeypatch.setattr("livn_core.converting.tables._files.BATCH", batch)
    rng = np.random.default_rng(1)
    post = rng.integers(0, 20, 300)
    post = np.sort(post) if ordered else post
    pre, weight = rng.integers(0, 20, 300), rng.random(300).astype("f4")
    folder = rows(cells={"x": np.arange(20.0)}, e={"pre": pre, "post": post, "w": weight})
    done = from_tables(folder, tmp_path / "system")
    order = np.argsort(post, kind="stable")
    with System(done.target) as system:
        edges = system.projection("cells", "cells").read(attributes=True)
        np.testing.assert_array_equal(edges.post_gid_per_edge, post[order])
        np.testing.assert_array_equal(edges.pre_gids, pre[order])
        np.testing.assert_array_equal(edges.attributes["Synapses"]["w"], weight[order])


def test_several_tables_of_one_projection(rows, tmp_path):
    folder = rows(
        cells={"x": [0.0, 1.0]},
        e1={"pre": [0, 1], "post": [1, 1], "w": [0.5, 1.5]},
        e2={"pre": [1], "post": [0], "count": np.array([3], np.int8)},
    )
    with System(from_tables(folder, tmp_path / "system").target) as system:
        edges = system.projection("cells", "cells").read(attributes=True)
        assert edges.attributes["Synapses"]["count"].tolist() == [3, -1, -1]
        np.testing.assert_array_equal(edges.attributes["Synapses"]["w"], [np.nan, 0.5, 1.5])


@pytest.mark.parametrize(
    ("tables", "error", "problem"),
    [
        ({"e": {"pre": [0], "post": [0]}}, InvalidArgumentError, "tables: there is no table of cells"),
        ({"c": {"gid": [4, 4]}}, FormatError, r"c\.parquet: /gid: row 1: there is a cell 4 already"),
        ({"c": {"gid": [0.5]}}, FormatError, r"c\.parquet: /gid: has to hold whole numbers, not double"),
        ({"c": {"gid": [0]}, "d": {"x": [1.0]}}, FormatError, r"d\.parquet: /gid: has no gid, but other tables"),
        ({"c": {"gid": [3]}, "e": {"pre": [3, 3], "post": [3, 0]}}, FormatError, "/post: row 1: there is no cell 0"),
        ({"c": {"gid": [3]}, "e": {"pre": [None], "post": [3]}}, FormatError, "/pre: "),
        ({"c": {"x": [3]}, "e": {"pre": [0, 0], "post": [0, 0], "n": [1, None]}}, FormatError, "/n: row 1 is empty"),
        (
            {"c": {"x": [3]}, "e": {"pre": [0], "post": [2], "post_population": ["c"]}},
            FormatError,
            "/post: row 0: 2 is no index of the 1 cells",
        ),
        (
            {"c": {"x": [3]}, "e": {"pre": [0], "post": [0], "post_population": ["q"]}},
            UnknownNameError,
            r"e\.parquet: post_population: no population 'q'",
        ),
    ],
)
def test_bad_tables(tables, error, problem, rows, tmp_path):
    with pytest.raises(error, match=problem):
        from_tables(rows(**tables), tmp_path / "system")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["tables"]


def test_files_that_are_no_tables(rows, tmp_path):
    folder = rows(c={"x": [1.0]})
    (folder / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match=r"broken\.parquet: /: pyarrow cannot read it"):
        from_tables(folder, tmp_path / "system")
    with pytest.raises(SourceNotFoundError, match="no such file"):
        from_tables([folder / "none.csv"], tmp_path / "system")
    (folder / "x.txt").write_text("")
    with pytest.raises(InvalidArgumentError, match=r"a table ends in \.parquet or \.csv"):
        from_tables([folder / "x.txt"], tmp_path / "system")


def test_a_format_that_there_is_not(tmp_path):
    with pytest.raises(InvalidArgumentError, match="'parquet' or 'csv', not 'xlsx'"):
        to_tables(predefined("EI1"), tmp_path / "tables", format="xlsx")
