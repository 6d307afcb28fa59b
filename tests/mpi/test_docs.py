"""The page on many ranks: its script runs as it is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livn_core import System, predefined

pytest.importorskip("scipy", reason="the script asks for a sparse matrix")

PAGE = Path(__file__).parents[2] / "docs" / "mpi.md"
SCRIPT = re.compile(r"^`degrees\.py`:\n.*?^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_script_runs_on_four_ranks(launch, tmp_path):
    script = tmp_path / "degrees.py"
    script.write_text(SCRIPT.search(PAGE.read_text(encoding="utf-8"))["code"], encoding="utf-8")
    done = launch(4, script)
    assert done.returncode == 0, done.stderr
    system = System(predefined("EI1"))
    edges, weights = system.projection("EXC", "INH").n_edges, system.connectivity_matrix(sparse=True).nnz
    assert done.stdout == f"4 ranks, {edges} of {edges} edges, {weights} weights\n"
