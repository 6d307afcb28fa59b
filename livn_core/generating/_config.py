"""What a system is made from: the content of a configuration, checked."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import attrs

from livn_core.errors import InvalidArgumentError
from livn_core.generating._kernels import Kernel
from livn_core.generating._scaling import share_out

TYPES: Final = ("excitatory", "inhibitory")
"""The types of synapses, in the order of their numbers in the attribute ``syn_types``."""

SECTIONS: Final = {"soma": (0, 1), "dend": (1, 4), "basal": (1, 3), "apical": (2, 4), "ais": (3, 7)}
"""Where synapses can sit: ``{section: (its index in the cell, its SWC type)}``."""

MOST_CELLS: Final = 2**32 - 1
"""neuroh5 stores a gid in 32 bits, and does not read the last one that they could hold."""

NAMESPACE: Final = uuid.UUID("5d3f9a52-6a0b-5c0e-9f58-1b1d6c1f7a10")


@attrs.frozen
class Population:
    """Cells of one kind."""

    counts: Mapping[str, int]
    """``{layer: cells}``."""
    type: str
    """One of :data:`TYPES`."""

    @property
    def count(self) -> int:
        """All cells."""
        return sum(self.counts.values())


@attrs.frozen
class Site:
    """Where a share of a projection's synapses sits."""

    section: str
    layer: str
    share: float


@attrs.frozen
class Projection:
    """Connections from one population to another."""

    in_degree: float
    """Partners of each receiving cell: exactly, or on average."""
    fixed: bool
    kernel: Kernel
    contacts: int
    """Synapses between two connected cells."""
    max_share: float
    """No cell is connected to a larger share of the sending population."""
    sites: tuple[Site, ...]
    mechanisms: Mapping[str, Mapping[str, float]]
    """``{mechanism: {constant: value}}``, in mV, µS and ms."""


@attrs.frozen
class Electrodes:
    """A centred grid of electrodes, all lengths in µm."""

    pitch: float
    input_radius: float
    output_radius: float


@attrs.frozen
class Config:
    """One system."""

    name: str
    description: str
    seed: int
    area: tuple[float, float]
    """Cells lie between the origin and here, µm."""
    layers: Mapping[str, tuple[float, float]]
    """``{layer: (lowest, highest)}``, µm along z."""
    populations: Mapping[str, Population]
    """In the order of their gids and indices."""
    projections: Mapping[tuple[str, str], Projection]
    """``{(pre, post): ...}``, in the order of their populations."""
    electrodes: Electrodes | None
    selections: Mapping[str, float]
    """``{name: side of a centred square, µm}``."""

    @cached_property
    def ranges(self) -> dict[str, tuple[int, int]]:
        """``{population: (first gid, cells)}``."""
        found: dict[str, tuple[int, int]] = {}
        start = 0
        for name, population in self.populations.items():
            found[name] = (start, population.count)
            start += population.count
        return found

    @cached_property
    def indices(self) -> dict[str, int]:
        """``{population: its position}``."""
        return {name: index for index, name in enumerate(self.populations)}

    @cached_property
    def depth(self) -> tuple[float, float]:
        """Lowest and highest point of all layers, µm along z."""
        return min(low for low, _ in self.layers.values()), max(high for _, high in self.layers.values())

    def pres(self, post: str) -> list[str]:
        """The populations that project to one, in their order."""
        return [pre for pre in self.populations if (pre, post) in self.projections]

    def with_seed(self, seed: int) -> Config:
        """The same with another seed.

        Raises
        ------
        InvalidArgumentError
            The seed is negative.
        """
        if seed < 0:
            raise InvalidArgumentError(f"the seed must not be negative, but is {seed}")
        return attrs.evolve(self, seed=seed)

    def scaled(self, scale: float) -> Config:
        """A larger or smaller piece of the same tissue.

        Cells and area grow by the same factor, so density stays. Of each population at least one cell remains.

        Raises
        ------
        InvalidArgumentError
            The factor is not above 0, or makes more cells than there are gids.
        """
        if not 0 < scale < float("inf"):
            raise InvalidArgumentError(f"the scale must be a number above 0, but is {scale}")
        cells = sum(one.count for one in self.populations.values()) * scale
        if cells > MOST_CELLS:
            raise InvalidArgumentError(
                f"a scale of {scale:g} makes {cells:.3g} cells; a system has {MOST_CELLS:,} at most"
            )
        if scale == 1:
            return self
        populations = {
            name: attrs.evolve(one, counts=share_out(max(1, round(one.count * scale)), one.counts))
            for name, one in self.populations.items()
        }
        side = math.sqrt(scale)
        area = (self.area[0] * side, self.area[1] * side)
        return attrs.evolve(self, populations=populations, area=area)

    def document(self) -> dict[str, Any]:
        """The configuration in the form of its file, with everything that was left to defaults."""
        document: dict[str, Any] = attrs.asdict(self)
        document["projections"] = {
            f"{pre} -> {post}": _projection(one) for (pre, post), one in self.projections.items()
        }
        document["populations"] = {
            name: {"count": dict(one.counts), "type": one.type} for name, one in self.populations.items()
        }
        document["selections"] = {name: {"box": side} for name, side in self.selections.items()}
        return {name: value for name, value in document.items() if value not in (None, {})}

    def uuid(self, kind: str) -> str:
        """A name for a part of the system, derived from all that the system is made from."""
        content = {name: value for name, value in self.document().items() if name != "description"}
        return str(uuid.uuid5(NAMESPACE, f"{content!r} {kind}"))


def _projection(one: Projection) -> dict[str, Any]:
    return {
        "in_degree": int(one.in_degree) if one.fixed else {"mean": one.in_degree},
        "kernel": {one.kernel.shape: one.kernel.length},
        "contacts": one.contacts,
        "max_share": one.max_share,
        "sites": [attrs.asdict(site) for site in one.sites],
        "mechanisms": {name: dict(values) for name, values in one.mechanisms.items()},
    }
