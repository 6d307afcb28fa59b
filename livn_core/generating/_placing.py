"""Where cells lie: evenly at random within the area and their layer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livn_core.generating._config import Config
from livn_core.generating._random import Purpose, Stream

Places = npt.NDArray[np.float32]


def place(config: Config, population: str) -> Places:
    """Place the cells of a population, layer after layer in the order of the configuration.

    Returns
    -------
    float32 array, shape (cells, 3)
        x, y, z in µm.
    """
    one = config.populations[population]
    stream = Stream(config.seed, Purpose.PLACES, config.indices[population])
    found = np.empty((one.count, 3), np.float32)
    start = 0
    for layer, count in one.counts.items():
        low, high = config.layers[layer]
        drawn = stream.uniform(3 * count).reshape(count, 3)
        size = np.array([*config.area, high - low])
        found[start : start + count] = drawn * size + np.array([0.0, 0.0, low])
        start += count
    return found
