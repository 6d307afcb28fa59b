"""Parts of systems on several ranks."""

from __future__ import annotations

from pathlib import Path

from livn_core import predefined

WORKER = Path(__file__).parent / "subsets.py"


def test_a_part_is_the_same_on_all_ranks(launch):
    done = launch(2, WORKER, Path(predefined("EI1")).absolute())
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert sorted(done.stdout.split("\n"))[-2:] == ["rank 0 done", "rank 1 done"]
