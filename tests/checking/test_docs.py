"""The page on checking has every code, as the rules have it."""

from __future__ import annotations

from pathlib import Path

from livn_core.checking import RULES

PAGE = Path(__file__).parents[2] / "docs" / "checking.md"


def test_the_page_has_every_code():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    expected = [f"| `{rule.code}` | {rule.severity} | {rule.leads_to} | {rule.remedy} |" for rule in RULES.values()]
    assert rows == expected
