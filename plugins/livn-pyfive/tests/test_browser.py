"""What stands in for numcodecs in a browser, looked at outside of one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from livn_pyfive.browser import Fletcher32

WITHOUT_NUMCODECS = """
import sys
from importlib.abc import MetaPathFinder

class Nothing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "numcodecs" and name not in sys.modules:
            raise ModuleNotFoundError(name)

import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "numcodecs" else find(name, *more)
sys.meta_path.insert(0, Nothing())

from livn_pyfive.browser import provide_numcodecs
provide_numcodecs()
provide_numcodecs()
import pyfive
import numcodecs
print(numcodecs.Fletcher32.__module__)

from livn_core import System, predefined
with System(predefined("EI1"), backend="pyfive") as system:
    print(len(system.neuron_coordinates))
"""


@pytest.mark.parametrize("size", [0, 1, 2, 3, 719, 720, 721, 100_001])
def test_the_checksum_is_that_of_numcodecs(size):
    numcodecs = pytest.importorskip("numcodecs", reason="pip install numcodecs")
    data = np.random.default_rng(size).integers(0, 256, size, np.uint8).tobytes()
    if size == 0:
        assert Fletcher32().encode(data) == bytes(4)
        return
    expected = bytes(numcodecs.Fletcher32().encode(data))
    assert Fletcher32().encode(data) == expected
    assert Fletcher32().decode(expected) == data


def test_another_checksum_is_refused():
    damaged = bytearray(Fletcher32().encode(b"twelve bytes"))
    damaged[3] ^= 1
    with pytest.raises(RuntimeError, match="did not match"):
        Fletcher32().decode(bytes(damaged))


def test_pyfive_reads_without_numcodecs():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMCODECS], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["livn_pyfive.browser", "10"]
