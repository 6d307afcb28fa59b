"""The reference has every public name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import livn_core

API = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
WHOLE_MODULES = set(re.findall(r"^\.\. automodule:: (\S+)$", API, re.MULTILINE))
NAMED = set(re.findall(r"^\.\. (?:autoclass|autofunction|autodata|py:data):: livn_core\.(\w+)$", API, re.MULTILINE))


@pytest.mark.parametrize("name", livn_core.__all__)
def test_the_reference_has_the_name(name):
    assert name in NAMED or getattr(livn_core, name).__module__ in WHOLE_MODULES


def test_what_the_reference_names_exists():
    assert set(livn_core.__all__) >= NAMED
