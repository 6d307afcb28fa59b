"""Read back what was written: through the read routine, or the raw datasets."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from livn_core import Backends, Edges, NeuroH5File
from livn_core.testing import read_content


@pytest.fixture(scope="session")
def open_written():
    livn_h5py = pytest.importorskip("livn_h5py")
    backends = Backends([])
    backends.register(livn_h5py, "h5py")

    def open_(path):
        file, selection = backends.open(str(path), "h5py")
        return NeuroH5File(file, str(path), selection)

    return open_


@pytest.fixture
def content_of(open_written):
    def content_of(path):
        with open_written(path) as file:
            return read_content(file)

    return content_of


@pytest.fixture
def raw():
    """All datasets below a path, as plain lists."""

    def raw(path, below):
        with h5py.File(path) as file:
            return {name: node[:].tolist() for name, node in file[below].items() if isinstance(node, h5py.Dataset)}

    return raw


@pytest.fixture
def random_edges():
    """Edges onto consecutive cells from gid ``post`` on, 0 to 4 for each."""

    def random_edges(seed, post, count, pre, pres, names=("W/w",)):
        rng = np.random.default_rng(seed)
        degree = rng.integers(0, 5, count)
        pointer = np.concatenate(([0], np.cumsum(degree)))
        attributes = {}
        for name in names:
            namespace, attribute = name.split("/")
            attributes.setdefault(namespace, {})[attribute] = rng.random(pointer[-1], dtype=np.float32)
        sources = rng.integers(pre, pre + pres, pointer[-1])
        return Edges(np.arange(post, post + count), pointer, sources, attributes)

    return random_edges
