"""What is counted without being read."""

from __future__ import annotations

import pytest

import livn_core
from livn_core.cli._describe import describe
from livn_core.system import System

dataset = pytest.importorskip("livn_pyfive.dataset")


@pytest.fixture
def read(monkeypatch):
    """Paths of all datasets from which elements are read, as often as that happens."""
    paths, plan = [], dataset.Dataset.plan

    def counted(self, request):
        paths.append(self.name)
        return plan(self, request)

    monkeypatch.setattr(dataset.Dataset, "plan", counted)
    return paths


def test_no_edge_is_read_for_a_count(gid_order, read):
    with System(gid_order, backend="pyfive") as system:
        summary = system.summary()
        counts = {pair: system.projection(*pair).n_edges for pair in system.projection_names}
    described = describe(str(gid_order), ("pyfive",))
    assert summary["num_edges"] == sum(counts.values()) == described.n_edges > 0
    assert read
    assert not [path for path in read if path.startswith("/Projections")]


def test_degrees_onto_cells_need_no_sources(gid_order, read):
    with System(gid_order, backend="pyfive") as system:
        for pair in system.projection_names:
            system.projection(*pair).in_degree()
        assert not [path for path in read if path.endswith("Source Index")]
        system.projection(*pair).out_degree()
        assert [path for path in read if path.endswith("Source Index")]


def test_the_system_that_comes_with_the_package(read):
    with livn_core.System(livn_core.predefined("EI1"), backend="pyfive") as system:
        assert system.summary()["num_edges"] > 0
    assert not [path for path in read if path.startswith("/Projections")]
