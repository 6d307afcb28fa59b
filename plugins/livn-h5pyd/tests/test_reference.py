"""The files that neuroh5 wrote, imported into a real HSDS: every array equals what neuroh5 read from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livn_core import open_neuroh5
from livn_core.testing import assert_edge_case, assert_equals_neuroh5, true_int8_edges

REFERENCE = Path(__file__).parents[3] / "tests" / "reference"
NAMES = ["a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"]
EDGE_CASES = REFERENCE / "edge-cases"
EXPECTED = json.loads((EDGE_CASES / "expected.json").read_text()) if EDGE_CASES.is_dir() else []
EXISTING = [case for case in EXPECTED if case["outcome"] != "missing"]

pytestmark = pytest.mark.skipif(not EXPECTED, reason="the reference files are in the repository only")


@pytest.fixture(scope="module")
def imported(import_all):
    files = {f"/reference/{name}.h5": REFERENCE / f"{name}.h5" for name in NAMES}
    cases = {f"/reference/{path.name}": path for path in sorted(EDGE_CASES.glob("*.h5"))}
    import_all({**files, **cases})


@pytest.mark.parametrize("name", NAMES)
def test_equals_what_neuroh5_read(on_hsds, imported, name):
    expected = json.loads((REFERENCE / f"{name}.json").read_text())
    with open_neuroh5(f"hdf5://reference/{name}.h5") as file:
        assert file.selection.backend.name == "h5pyd"
        assert_equals_neuroh5(file, expected, true_int8_edges(REFERENCE / f"{name}.h5"))


@pytest.mark.parametrize("case", EXISTING, ids=lambda case: f"{case['case']:02} {case['outcome']}")
def test_edge_case(on_hsds, imported, case):
    with open_neuroh5(f"hdf5://reference/case_{case['case']:02}.h5") as file:
        assert_edge_case(file, case)
