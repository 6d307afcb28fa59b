"""Generate a system and write it, a block at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from livn_core.generating._config import Config
from livn_core.generating._connecting import Network
from livn_core.generating._documents import COORDINATES, documents
from livn_core.generating._finding import load
from livn_core.generating._synapses import synapse_attributes
from livn_core.writing import CellValues, write_system
from livn_core.writing._lazily import Lazily


def generate(
    config: Config | str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    seed: int | None = None,
    scale: float = 1.0,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Generate a system from a configuration, and write it.

    The same configuration, seed and scale give the same populations, places, edges and attributes on every machine;
    with the same h5py, the same bytes. Memory is bounded by the number of cells: edges are made and written in blocks.

    Parameters
    ----------
    config
        A name among those that come with livn-core (``"EI2"``), the path of a YAML file, or what
        :func:`livn_core.generating.load` returned.
    path
        The directory to make.
    seed
        Instead of the configuration's.
    scale
        Factor for cells and area: a larger or smaller piece of the same tissue. Where it has too few cells for an
        in-degree, cells get as many partners as there are, or as the configuration's ``max_share`` allows.
    overwrite
        Whether files at ``path`` may be replaced.
    progress
        Called now and then with the number of edges that are written, and of all.

    Returns
    -------
    Path
        The directory that was written.

    Raises
    ------
    SourceNotFoundError
        There is no such configuration.
    ConfigError
        Something in it is wrong, or cannot be had: a kernel that reaches fewer cells than the in-degree asks for.
    InvalidArgumentError
        The seed or the scale makes no sense, or something stands at ``path``.
    ImportError
        PyYAML or h5py is not installed: ``pip install "livn-core[generate]"``.

    Examples
    --------
    >>> from livn_core import System, generate
    >>> path = generate("EI2", "EI2-again", seed=7)  # doctest: +SKIP
    >>> System(path).population_ranges  # doctest: +SKIP
    {'EXC': (0, 80), 'INH': (80, 20)}
    """
    config = config if isinstance(config, Config) else load(os.fspath(config))
    config = (config if seed is None else config.with_seed(seed)).scaled(scale)
    network = Network(config)
    done = _counter(network, progress)
    return write_system(
        path,
        config.ranges,
        Lazily(list(config.projections), lambda pair: network.edges(*pair, done)),
        cells={name: _cells(network, name) for name in config.populations},
        documents=documents(network),
        overwrite=overwrite,
    )


def _cells(network: Network, population: str) -> Mapping[str, Mapping[str, CellValues]]:
    places = network.places[population]
    return {
        COORDINATES: {f"{axis} Coordinate": places[:, at].copy() for at, axis in enumerate("XYZ")},
        "Synapse Attributes": synapse_attributes(network, population),
    }


def _counter(network: Network, progress: Callable[[int, int], None] | None) -> Callable[[int], None]:
    written = 0

    def done(edges: int) -> None:
        nonlocal written
        written += edges
        if progress is not None:
            progress(written, network.n_edges)

    return done
