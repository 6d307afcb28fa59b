"""Odd files: for each, what livn-core reads is written down in ``edge-cases/expected.json``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from livn_core import SourceNotFoundError
from livn_core.testing import assert_edge_case

FOLDER = Path(__file__).parent / "edge-cases"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
EXISTING = [case for case in EXPECTED if case["outcome"] != "missing"]


def test_every_case_has_an_entry_under_the_name_that_neuroh5_knew_it_by():
    ran = json.loads((FOLDER / "edge_cases.json").read_text())
    assert [(case["case"], case["name"]) for case in EXPECTED] == [(case["case"], case["name"]) for case in ran]
    assert {f"case_{case['case']:02}.h5" for case in EXISTING} == {path.name for path in FOLDER.glob("*.h5")}


@pytest.mark.parametrize("case", EXISTING, ids=lambda case: f"{case['case']:02} {case['outcome']}")
def test_case(case, open_reference):
    with open_reference(f"edge-cases/case_{case['case']:02}.h5") as file:
        assert_edge_case(file, case)


def test_the_missing_file_is_said_to_be_missing(open_reference):
    with pytest.raises(SourceNotFoundError, match=r"case_32\.h5"):
        open_reference("edge-cases/case_32.h5")
