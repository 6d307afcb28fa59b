"""Every array of the read routine equals what neuroh5 itself read."""

from __future__ import annotations

import json

import numpy as np
import pytest

from livn_core.testing import assert_equals_neuroh5, true_int8_edges

NAMES = ["a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"]


@pytest.mark.parametrize("name", NAMES)
def test_equals_what_neuroh5_read(name, here, open_reference):
    reference = json.loads((here / f"{name}.json").read_text())
    with open_reference(f"{name}.h5") as file:
        assert_equals_neuroh5(file, reference, true_int8_edges(here / f"{name}.h5"))


def test_int8_edge_attributes_are_the_files_own_not_what_neuroh5_made_of_them(here, open_reference):
    true = true_int8_edges(here / "f_dtypes.h5")
    assert list(true) == [("P", "Q", "Types/i8")]
    with open_reference("f_dtypes.h5") as file:
        edges = file.projection("P", "Q").read(attributes="Types/i8")
    values = edges.attributes["Types"]["i8"]
    assert values.dtype == np.int8
    np.testing.assert_array_equal(values, true["P", "Q", "Types/i8"])
    # neuroh5 read [0, -1] for the first cell, whose values are the extremes of the type.
    assert values[:2].tolist() == [-128, 127]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("a_two_pops", lambda r: r["population_ranges"]["ranges"].update(INH=[20, 9])),
        ("a_two_pops", lambda r: r["graph_ns"]["INH"]["EXC"][3][1]["data"].__setitem__(0, 19)),
        ("c_multiblock", lambda r: r["graph_ns"]["B"]["A"].pop()),
        ("b_nonalpha", lambda r: r["cell_attributes"]["MID"]["Coordinates"][0][1]["gid"].update(dtype="int32")),
        ("e_trees", lambda r: r["trees"]["BC"]["trees"][0][1]["x"]["data"].__setitem__(5, 0.5)),
    ],
)
def test_the_comparison_notices_a_difference(name, spoil, here, open_reference):
    reference = json.loads((here / f"{name}.json").read_text())
    spoil(reference)
    with open_reference(f"{name}.h5") as file, pytest.raises(AssertionError):
        assert_equals_neuroh5(file, reference, true_int8_edges(here / f"{name}.h5"))
