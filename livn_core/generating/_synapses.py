"""The attributes of every synapse, cell after cell, in the order of their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import attrs
import numpy as np

from livn_core.generating._config import SECTIONS, TYPES, Site
from livn_core.generating._connecting import Network, block_size, n_blocks, numbered
from livn_core.generating._random import Purpose, Stream
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5 import CellAttribute
from livn_core.ranges import pointer_of, repeat
from livn_core.writing._lazily import Lazily, whole_if_one


@attrs.frozen(eq=False)
class Block:
    """The synapses of consecutive cells."""

    counts: IntArray
    """Synapses of each cell from each sending population, shape (cells, pres)."""
    types: AnyArray
    """The type of each sending population, shape (pres,)."""
    sites: tuple[tuple[Site, ...], ...]
    """Where synapses of each sending population sit."""
    layers: Mapping[str, int]
    """The number of each layer."""
    streams: tuple[Stream, ...]
    """Random numbers for each sending population, to be drawn from once."""

    @property
    def pres(self) -> IntArray:
        """From which population each synapse comes, by its position, shape (synapses,)."""
        cells, pres = self.counts.shape
        return repeat(np.tile(np.arange(pres), cells), self.counts.ravel())

    def by_site(self, value: Callable[[Site], int], dtype: type) -> AnyArray:
        """A property of each synapse's site."""
        pres = self.pres
        first = np.array([value(sites[0]) for sites in self.sites])
        found = first[pres]
        for at, sites in enumerate(self.sites):
            if len(sites) > 1:
                mine = pres == at
                shares = np.cumsum([site.share for site in sites])
                drawn = self.streams[at].uniform(int(mine.sum())) * shares[-1]
                chosen = np.searchsorted(shares[:-1], drawn, side="right")
                found[mine] = np.array([value(site) for site in sites])[chosen]
        return found.astype(dtype)


COLUMNS: dict[str, Callable[[Block], AnyArray]] = {
    "syn_ids": lambda block: numbered(block.counts.sum(axis=1)),
    # The middle of a section: its ends cannot hold an ion mechanism.
    "syn_locs": lambda block: np.full(block.counts.sum(), 0.5, np.float32),
    "syn_secs": lambda block: block.by_site(lambda site: SECTIONS[site.section][0], np.uint32),
    "syn_layers": lambda block: block.by_site(lambda site: block.layers[site.layer], np.int8),
    "syn_types": lambda block: block.types[block.pres],
    "swc_types": lambda block: block.by_site(lambda site: SECTIONS[site.section][1], np.uint8),
}


def synapse_attributes(network: Network, post: str) -> Mapping[str, CellAttribute | Iterator[CellAttribute]]:
    """The attributes of one population's synapses, in pieces where there are several; none where it has no synapses."""
    if not network.config.pres(post):
        return {}
    blocks = n_blocks(_counts(network, post).sum(axis=1))
    return Lazily(list(COLUMNS), lambda name: whole_if_one(_column(network, post, COLUMNS[name]), blocks))


def _counts(network: Network, post: str) -> IntArray:
    """Synapses of each cell from each population that projects to it, shape (cells, pres)."""
    return np.stack([network.synapses(pre, post) for pre in network.config.pres(post)], axis=1)


def _column(network: Network, post: str, make: Callable[[Block], AnyArray]) -> Iterator[CellAttribute]:
    start = network.config.ranges[post][0]
    for first, block in _blocks(network, post):
        pointer = pointer_of(block.counts.sum(axis=1))
        yield CellAttribute(np.arange(len(block.counts)) + start + first, pointer, make(block))


def _blocks(network: Network, post: str) -> Iterator[tuple[int, Block]]:
    config, pres = network.config, network.config.pres(post)
    counts = _counts(network, post)
    step = block_size(counts.sum(axis=1))
    types = np.array([TYPES.index(config.populations[pre].type) for pre in pres], np.uint8)
    sites = tuple(config.projections[pre, post].sites for pre in pres)
    layers = {layer: at for at, layer in enumerate(config.layers)}
    for number, first in enumerate(range(0, len(counts), step)):
        keys = [(config.indices[post], config.indices[pre], number) for pre in pres]
        streams = tuple(Stream(config.seed, Purpose.SITES, *key) for key in keys)
        yield first, Block(counts[first : first + step], types, sites, layers, streams)
