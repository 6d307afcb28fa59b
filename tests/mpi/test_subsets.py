"""Parts of systems on several ranks."""

from __future__ import annotations

from pathlib import Path

from livn_core import predefined

WORKER = Path(__file__).parent / "subsets.py"


def test_a_part_is_the_same_on_all_ranks(on_ranks):
    on_ranks(2, Path(predefined("EI1")).absolute(), script=WORKER)
