"""Open the reference files through every backend of local files that is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from livn_core import default_backends, open_neuroh5

HERE = Path(__file__).parent


@pytest.fixture(params=["pyfive", "h5py"])
def open_reference(request):
    if request.param not in default_backends().names:
        pytest.skip(f"backend {request.param} is not installed")

    def open_(name: str):
        return open_neuroh5(str(HERE / name), backend=request.param)

    return open_


@pytest.fixture
def here():
    return HERE
