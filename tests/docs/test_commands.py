"""The page on the command line lists every command, and none that is not there."""

from __future__ import annotations

import re
from pathlib import Path

from livn_core.cli._app import OWN
from livn_core.cli.systems import HOMES

PAGE = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
LISTED = re.findall(r"^\| `livn ([a-z]+(?: [a-z]+)?)", PAGE, re.MULTILINE)


def test_the_page_lists_the_commands():
    commands = {*OWN, *(f"systems {name}" for name in HOMES)} - {"systems"}
    assert {name for name in LISTED if not name.startswith("ui ")} == commands


def test_no_command_is_listed_twice():
    assert len(LISTED) == len(set(LISTED))
