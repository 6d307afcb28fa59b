"""The core's own conformance kit, from disk and through fsspec."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import fsspec
import livn_pyfive
import pytest

from livn_core.testing import BackendTests


@pytest.fixture(scope="module")
def memory():
    """A filesystem in memory; the kit publishes a file once and reads it in many tests."""
    filesystem = fsspec.filesystem("memory")
    yield filesystem
    filesystem.rm("/livn-kit", recursive=True)


class TestLocalFiles(BackendTests):
    @pytest.fixture
    def plugin(self):
        return livn_pyfive


class TestOneThread(TestLocalFiles):
    options: ClassVar = {"threads": 1}


class TestThroughFsspec(BackendTests):
    reads_local_files = False

    @pytest.fixture
    def plugin(self):
        return livn_pyfive

    @pytest.fixture
    def publish(self, memory):
        def publish(path: Path) -> str:
            memory.pipe(f"/livn-kit/{path.name}", path.read_bytes())
            return f"memory://livn-kit/{path.name}"

        return publish

    @pytest.fixture
    def missing(self):
        return "memory://livn-kit/nothing.h5"

    @pytest.fixture
    def system(self, memory):
        files = {"graph.json": b'{"a": 1}', "selection/e1.json": b"[]"}
        memory.pipe({f"/livn-system/{name}": content for name, content in files.items()})
        memory.pipe("/secret.json", b"{}")
        yield "memory://livn-system", files
        memory.rm("/livn-system", recursive=True)
        memory.rm("/secret.json")
