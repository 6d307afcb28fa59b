"""A system with what makes exports hard: multapses, gaps between attributes, populations without places."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core.neuroh5 import CellAttribute, Edges
from livn_core.system import System
from livn_core.writing import write_system

pytest.importorskip("h5py")


def edges(rng, pre, post, many, attributes):
    """Random edges between two ranges of gids, with doubles and, within a population, cells onto themselves."""
    degree = rng.integers(0, many, post[1])
    size = int(degree.sum())
    made = {
        space: {name: rng.integers(0, 100, size).astype(dtype) for name, dtype in named.items()}
        for space, named in attributes.items()
    }
    filled = np.flatnonzero(degree)
    pointer = np.concatenate([[0], np.cumsum(degree[filled])])
    return Edges(filled + post[0], pointer, rng.integers(pre[0], pre[0] + pre[1], size), made)


@pytest.fixture(scope="package")
def path(tmp_path_factory):
    rng = np.random.default_rng(3)
    a, b = (0, 40), (40, 15)
    places = {
        name: {f"{axis} Coordinate": rng.uniform(-50, 50, count).astype(np.float32) for axis in "XYZ"}
        for name, (_, count) in {"A": a, "B": b}.items()
    }
    some = CellAttribute(np.array([1, 4, 39]), np.array([0, 1, 2, 3]), np.array([7, 8, 9], np.int32))
    ragged = CellAttribute(np.array([41, 50]), np.array([0, 2, 5]), np.arange(5, dtype=np.float32))
    cells = {
        "A": {"Generated Coordinates": places["A"], "Extra": {"some": some}},
        "B": {"Generated Coordinates": places["B"], "Extra": {"ragged": ragged}},
    }
    weights = {"Synapses": {"weight": np.float32}}
    projections = {
        ("A", "A"): edges(rng, a, a, 12, {**weights, "Connections": {"type": np.uint8}}),
        ("A", "B"): edges(rng, a, b, 20, weights),
        ("B", "A"): edges(rng, b, a, 4, {}),
    }
    return write_system(
        tmp_path_factory.mktemp("systems") / "mixed", {"A": 40, "B": 15, "C": 3}, projections, cells=cells
    )


@pytest.fixture
def system(path):
    with System(path) as system:
        yield system


@pytest.fixture
def pairs(system):
    """All edges of each projection: ``{(pre, post): (pre gids, post gids)}``."""
    found = {pair: system.projection(*pair).read() for pair in system.projection_names}
    return {pair: (one.pre_gids.tolist(), one.post_gid_per_edge.tolist()) for pair, one in found.items()}
