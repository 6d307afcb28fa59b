"""Writing where there is no room."""

from __future__ import annotations

import errno
import subprocess
import sys

import numpy as np
import pytest

from livn_core.repacking import repack
from livn_core.writing import write_system


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 2 MiB, on machines where one may be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
def test_a_full_disk_is_named_and_nothing_is_left(small_disk, tmp_path):
    rng = np.random.default_rng(1)
    cells = {"A": {"N": {"v": rng.random(1_000_000, np.float32)}}}
    whole = write_system(tmp_path / "whole", {"A": 1_000_000}, cells=cells)
    target = small_disk / "system"
    for write in (
        lambda: write_system(target, {"A": 1_000_000}, cells=cells),
        lambda: repack(whole, target),
    ):
        with pytest.raises(OSError, match="make room, or choose another path") as caught:
            write()
        assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(target))
        assert list(small_disk.iterdir()) == []
