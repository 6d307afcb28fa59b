"""The conformance kit with the real neuroh5: run by test_with_neuroh5.py in a process of its own."""

from __future__ import annotations

import livn_neuroh5
import pytest

from livn_core.testing import BackendTests


class TestNeuroh5(BackendTests):
    @pytest.fixture
    def plugin(self):
        return livn_neuroh5

    @pytest.fixture
    def publish(self, with_pairs, tmp_path_factory):
        return lambda path: str(with_pairs(path, tmp_path_factory.mktemp("published")))
