"""Two copies of a small system, one of which is changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import livn_core

EI1 = Path(livn_core.__file__).parent / "data" / "systems" / "EI1"
REFERENCE = Path(__file__).parents[1] / "reference"
NAMES = ("a_two_pops", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes")


@pytest.fixture
def one():
    """EI1 as it is."""
    return EI1


@pytest.fixture
def other(tmp_path):
    """A copy of EI1, to be changed."""
    return Path(shutil.copytree(EI1, tmp_path / "other"))


@pytest.fixture(params=NAMES)
def reference(request):
    """A file that neuroh5 wrote."""
    return REFERENCE / f"{request.param}.h5"
