"""Run the command line as users do: a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """``run("info", "EI1", LIVN_HSDS="...")`` in an empty working directory."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LIVN_", "_LIVN"))}
        return subprocess.run(
            [sys.executable, "-m", "livn_core", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=cwd,
            env={**clean, "XDG_CACHE_HOME": str(tmp_path / "cache"), **environment},
            check=False,
        )

    return run
