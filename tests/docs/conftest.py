"""An environment for child processes, and the blocks that a page prints."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

BLOCK = re.compile(r"(?:^`(?P<name>[\w./]+)`[^\n]*\n\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S)


@pytest.fixture
def clean_environment() -> dict[str, str]:
    """The environment without what would change the choice of a backend, or the child's pytest."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIVN_", "PYTEST_", "PYTHONWARNINGS", "PYTHONPATH"))
    }


@pytest.fixture
def printed() -> Callable[[Path], list[tuple[str, str]]]:
    """A function that gives the code blocks of a page, each with the file name above it, where there is one."""

    def printed(page: Path) -> list[tuple[str, str]]:
        blocks = BLOCK.finditer(page.read_text(encoding="utf-8"))
        return [(block["name"] or "", block["code"]) for block in blocks]

    return printed
