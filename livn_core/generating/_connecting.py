"""The edges of projections, block by block, with their distances and the numbers of their synapses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from livn_core.errors import ConfigError
from livn_core.generating._config import Config
from livn_core.generating._degrees import in_degrees, partners_at_most
from livn_core.generating._placing import Places, place
from livn_core.generating._random import Purpose, Stream
from livn_core.generating._sampling import Sampler, TooFewError
from livn_core.h5file import IntArray
from livn_core.neuroh5 import Edges
from livn_core.ranges import pointer_of, repeat
from livn_core.writing._lazily import whole_if_one

BLOCK = 2**18
"""Connections that are made at a time, about. Each block has its own random numbers: this is part of the result."""


class Network:
    """What a configuration gives: places and in-degrees, which are kept, and edges, which are made when asked for."""

    def __init__(self, config: Config) -> None:
        self.config = config

    @cached_property
    def places(self) -> Mapping[str, Places]:
        """Where cells lie, by population."""
        return {name: place(self.config, name) for name in self.config.populations}

    @cached_property
    def in_degrees(self) -> Mapping[tuple[str, str], IntArray]:
        """How many partners each cell has, by projection."""
        return {(pre, post): in_degrees(self.config, pre, post) for pre, post in self.config.projections}

    def synapses(self, pre: str, post: str) -> IntArray:
        """How many synapses of a projection each cell has."""
        return self.in_degrees[pre, post] * self.config.projections[pre, post].contacts

    @cached_property
    def n_edges(self) -> int:
        """All edges, one for each synapse."""
        return sum(int(self.synapses(pre, post).sum()) for pre, post in self.config.projections)

    @property
    def expected_edges(self) -> int:
        """The same, about, without drawing anything."""
        total = 0.0
        for (pre, post), one in self.config.projections.items():
            partners = min(one.in_degree, partners_at_most(self.config, pre, post))
            total += self.config.populations[post].count * partners * one.contacts
        return round(total)

    def edges(self, pre: str, post: str, done: Callable[[int], None]) -> Edges | Iterator[Edges]:
        """The edges of one projection, ascending by post cell and then by pre cell, in pieces where there are several.

        ``done`` is told how many came.
        """
        degrees = self.in_degrees[pre, post]
        return whole_if_one(self.blocks(pre, post, done), n_blocks(degrees))

    def blocks(self, pre: str, post: str, done: Callable[[int], None]) -> Iterator[Edges]:
        """The same, always in pieces."""
        config, degrees = self.config, self.in_degrees[pre, post]
        projection = config.projections[pre, post]
        sampler = Sampler(self.places[pre], self.places[post], projection.kernel, pre == post)
        numbers = self._first_numbers(pre, post)
        for block, first in enumerate(range(0, degrees.size, step := block_size(degrees))):
            wanted = degrees[first : first + step]
            stream = Stream(config.seed, Purpose.PARTNERS, config.indices[post], config.indices[pre], block)
            with self._named(pre, post):
                rows, partners = sampler.draw(first, wanted, stream)
            distances = np.sqrt(sampler.squared_distances(first + rows, partners)).astype(np.float32)
            counts = wanted * projection.contacts
            edges = Edges(
                np.arange(first, first + wanted.size) + config.ranges[post][0],
                pointer_of(counts),
                np.repeat(partners + config.ranges[pre][0], projection.contacts),
                {
                    "Connections": {"distance": np.repeat(distances, projection.contacts)},
                    "Synapses": {"syn_id": numbered(counts, numbers[first : first + step])},
                },
            )
            yield edges
            done(len(edges))

    @contextmanager
    def _named(self, pre: str, post: str) -> Iterator[None]:
        """Say which projection asks for partners that are not there."""
        try:
            yield
        except TooFewError as error:
            kernel = self.config.projections[pre, post].kernel
            raise ConfigError(
                f"{self.config.name}: projections.{pre} -> {post}: a cell has too few others within reach of the "
                f"kernel ({kernel.shape}, {kernel.length:g} µm) for its in-degree"
            ) from error

    def _first_numbers(self, pre: str, post: str) -> IntArray:
        """The first synapse of a projection on each cell: those from the populations before it are numbered first."""
        first = np.zeros(self.config.populations[post].count, np.int64)
        for other in self.config.pres(post):
            if other == pre:
                break
            first += self.synapses(other, post)
        return first


def block_size(degrees: IntArray) -> int:
    """How many cells make up a block."""
    return max(1, BLOCK * degrees.size // max(1, int(degrees.sum())))


def n_blocks(degrees: IntArray) -> int:
    """How many blocks there are."""
    return -(-degrees.size // block_size(degrees))


def numbered(counts: IntArray, first: IntArray | int = 0) -> IntArray:
    """Count up within each cell, from a number of its own."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    found: IntArray = np.arange(total) + repeat(first - (ends - counts), counts)
    return found.astype(np.uint32)
