"""Systems that never were SONATA: there and back."""

from __future__ import annotations

import numpy as np

from livn_core import CellAttribute, Edges, System, write_system
from livn_core.converting import from_sonata, to_sonata


def test_a_system_of_our_own_goes_there_and_back(tmp_path, pieces):
    edges = Edges(
        np.array([100, 103]), np.array([0, 2, 3]), np.array([7, 5, 6]),
        {"Synapses": {"delay": np.arange(3, dtype=np.float32)}, "Connections": {"delay": np.arange(3, dtype=np.uint8)}},
    )  # fmt: skip
    cells = {
        "INH": {
            "Generated Coordinates": {f"{axis} Coordinate": np.arange(4, dtype=np.float32) for axis in "XYZ"},
            "Layers": {"x": np.arange(4, dtype=np.int16), "0": np.arange(4, dtype=np.uint8)},
        }
    }
    write_system(tmp_path / "system", {"INH": (100, 4), "EXC": (5, 3)}, {("EXC", "INH"): edges}, cells=cells)
    done = to_sonata(tmp_path / "system", tmp_path / "sonata")
    assert not done.remarks
    back = from_sonata(tmp_path / "sonata", tmp_path / "back")
    with System(tmp_path / "system") as system, System(back.target) as same:
        assert same.population_ranges == system.population_ranges
        for name, space, attribute in [("INH", "Layers", "x"), ("INH", "Layers", "0")]:
            found, expected = (one.cell_attributes(name, space)[attribute].values for one in (same, system))
            np.testing.assert_array_equal(found, expected, strict=True)
        (found, columns), (expected, others) = (pieces(one, "EXC", "INH") for one in (same, system))
        np.testing.assert_array_equal(found.pre_gids, expected.pre_gids)
        np.testing.assert_array_equal(found.post_gids, expected.post_gids)
        for key, values in others.items():
            np.testing.assert_array_equal(columns[key], values, strict=True)


def test_cells_with_and_without_an_attribute(tmp_path):
    some = CellAttribute(np.array([1, 3]), np.array([0, 1, 2]), np.array([5, 6], np.int32))
    several = CellAttribute(np.array([0]), np.array([0, 2]), np.array([5, 6], np.int32))
    write_system(tmp_path / "system", {"A": 4}, cells={"A": {"Some": {"rank": some}, "Several": {"ids": several}}})
    done = to_sonata(tmp_path / "system", tmp_path / "sonata")
    assert [(one.kind, one.what) for one in done.remarks] == [
        ("dropped", "A/Several/ids"),
        ("changed", "population 'A'"),
    ]
    back = from_sonata(tmp_path / "sonata", tmp_path / "back")
    with System(back.target) as system:
        (space,) = [one for one in system.namespaces("A") if one.startswith("Some")]
        found = system.cell_attributes("A", space)["rank"]
        assert found.gids.tolist() == [1, 3]
        assert found.values.tolist() == [5, 6]
