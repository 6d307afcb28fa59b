"""Place cells, connect them, and number their synapses: numpy only, the same arrays for the same seed."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.h5file import IntArray
from livn_core.neuroh5 import CellAttribute, Edges
from livn_core.neuroh5.values import Attributes
from livn_core.writing import CellAttributes
from systems.configuration import TYPES, Config

SWC_SOMA, SWC_APICAL = 1, 4
SECTIONS = {"excitatory": ("dend", 1, SWC_APICAL), "inhibitory": ("soma", 0, SWC_SOMA)}
"""Where synapses of a type sit: the section's name, its index in the cell, its SWC type."""


@attrs.frozen(eq=False)
class Culture:
    """A generated system, in the form that the writer takes."""

    coordinates: Mapping[str, npt.NDArray[np.float32]]
    """``{population: float32 (count, 3), µm}``."""
    edges: Mapping[tuple[str, str], Edges]
    synapses: Mapping[str, Mapping[str, CellAttribute]]

    @property
    def cells(self) -> CellAttributes:
        """Cell attributes by population and namespace."""
        return {
            name: {
                "Generated Coordinates": {
                    f"{axis} Coordinate": places[:, at].copy() for at, axis in enumerate(("X", "Y", "Z"))
                },
                "Synapse Attributes": self.synapses[name],
            }
            for name, places in self.coordinates.items()
        }


def grow(config: Config) -> Culture:
    """Generate a system: the order of the draws is fixed by the order of the configuration."""
    rng = np.random.Generator(np.random.PCG64(config.seed))
    coordinates = {
        name: (rng.random((one.count, 3)) * config.extent).astype(np.float32)
        for name, one in config.populations.items()
    }
    edges: dict[tuple[str, str], Edges] = {}
    synapses: dict[str, Mapping[str, CellAttribute]] = {}
    for post in config.populations:
        pres = [pre for pre in config.populations if (pre, post) in config.pairs]
        far = [distances(coordinates[pre], coordinates[post]) for pre in pres]
        masks = [connect(rng, apart, config, pre, post) for pre, apart in zip(pres, far, strict=True)]
        for pre, apart, mask, ids in zip(pres, far, masks, _number_synapses(masks), strict=True):
            sources = np.nonzero(mask)[1] + config.ranges[pre][0]
            attributes: Attributes = {
                "Connections": {"distance": apart[mask].astype(np.float32)},
                "Synapses": {"syn_id": ids},
            }
            edges[pre, post] = Edges(*_rows(config, post, mask), sources.astype(np.int32), attributes)
        synapses[post] = _synapses(config, post, pres, np.concatenate(masks, axis=1))
    return Culture(coordinates, edges, synapses)


def distances(pre: npt.NDArray[np.float32], post: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Distances between cells, µm, float64 (post, pre)."""
    difference = post[:, None, :].astype(np.float64) - pre[None, :, :].astype(np.float64)
    return np.asarray(np.sqrt((difference**2).sum(axis=2)))


def connect(
    rng: np.random.Generator, far: npt.NDArray[np.float64], config: Config, pre: str, post: str
) -> npt.NDArray[np.bool_]:
    """Draw which pairs are connected, bool (post, pre); no cell is connected to itself."""
    likely = np.exp(-(far**2) / (2 * config.connectivity.sigma**2))
    if pre == post:
        np.fill_diagonal(likely, 0)
    wanted = config.pairs[pre, post] * len(likely)
    return np.asarray(rng.random(likely.shape) < likely * (wanted / likely.sum()))


def _number_synapses(masks: list[npt.NDArray[np.bool_]]) -> list[npt.NDArray[np.uint32]]:
    """Number the synapses of each post cell from 0, over all pre cells in order of their gids."""
    numbers = (np.cumsum(np.concatenate(masks, axis=1), axis=1) - 1).astype(np.uint32)
    widths = np.cumsum([mask.shape[1] for mask in masks])[:-1]
    return [ids[mask] for ids, mask in zip(np.split(numbers, widths, axis=1), masks, strict=True)]


def _rows(config: Config, post: str, mask: npt.NDArray[np.bool_]) -> tuple[IntArray, IntArray]:
    """All cells of a population, and the pointer over what a (post, pre) mask gives them."""
    start, count = config.ranges[post]
    pointer = np.concatenate(([0], np.cumsum(mask.sum(axis=1)))).astype(np.int64)
    return np.arange(start, start + count, dtype=np.int64), pointer


def _synapses(config: Config, post: str, pres: list[str], mask: npt.NDArray[np.bool_]) -> dict[str, CellAttribute]:
    """The attributes of every synapse, cell after cell, in order of their numbers."""
    kinds = np.repeat(
        [TYPES.index(config.populations[pre].type) for pre in pres], [config.populations[pre].count for pre in pres]
    )
    types = np.broadcast_to(kinds, mask.shape)[mask]
    sections = np.array([SECTIONS[name][1:] for name in TYPES])[types]
    columns = {
        "syn_ids": _number_synapses([mask])[0],
        # The middle of a section: its ends cannot hold an ion mechanism.
        "syn_locs": np.full(types.size, 0.5, np.float32),
        "syn_secs": sections[:, 0].astype(np.uint32),
        "syn_layers": np.zeros(types.size, np.int8),
        "syn_types": types.astype(np.uint8),
        "swc_types": sections[:, 1].astype(np.uint8),
    }
    gids, pointer = _rows(config, post, mask)
    return {name: CellAttribute(gids, pointer, values) for name, values in columns.items()}
