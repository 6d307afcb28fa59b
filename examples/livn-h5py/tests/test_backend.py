"""This backend passes livn-core's conformance kit."""

from __future__ import annotations

import livn_h5py
import pytest

from livn_core.testing import BackendTests


class TestH5py(BackendTests):
    @pytest.fixture
    def plugin(self):
        return livn_h5py
