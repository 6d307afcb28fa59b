"""Writing where there is no room."""

from __future__ import annotations

import errno
import sys

import numpy as np
import pytest

from livn_core.repacking import repack
from livn_core.writing import write_system


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
def test_a_full_disk_is_named_and_nothing_is_left(small_disk, tmp_path):
    rng = np.random.default_rng(1)
    cells = {"A": {"N": {"v": rng.random(1_000_000, np.float32)}}}
    whole = write_system(tmp_path / "whole", {"A": 1_000_000}, cells=cells)
    disk = small_disk(2)
    target = disk / "system"
    for write in (
        lambda: write_system(target, {"A": 1_000_000}, cells=cells),
        lambda: repack(whole, target),
    ):
        with pytest.raises(OSError, match="make room, or choose another path") as caught:
            write()
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(target))
        assert list(disk.iterdir()) == []
