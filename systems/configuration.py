"""What a flat culture is made from: a TOML file, checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from livn_core.errors import ConfigError

FOLDER = Path(__file__).parent / "config"
TYPES = ("excitatory", "inhibitory")
"""The types of synapses, in the order of their numbers in the attribute ``syn_types``."""


@attrs.frozen
class Population:
    """Cells of one kind."""

    count: int = attrs.field(validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    type: str = attrs.field(validator=attrs.validators.in_(TYPES))


@attrs.frozen
class Connectivity:
    """A connection's probability falls with distance as a Gaussian."""

    sigma: float = attrs.field(validator=attrs.validators.gt(0))
    """Width of the Gaussian, µm."""
    mean_in_degree: Mapping[str, float]
    """``{"PRE -> POST": edges onto a cell on average}``; what is left out does not exist."""


@attrs.frozen
class Electrodes:
    """A centred grid of electrodes, all lengths in µm."""

    pitch: float = attrs.field(validator=attrs.validators.gt(0))
    input_radius: float = attrs.field(validator=attrs.validators.gt(0))
    output_radius: float = attrs.field(validator=attrs.validators.gt(0))


@attrs.frozen
class Config:
    """One system."""

    name: str
    seed: int = attrs.field(validator=attrs.validators.instance_of(int))
    extent: tuple[float, float, float] = attrs.field(converter=tuple, validator=attrs.validators.min_len(3))
    """Cells lie between the origin and here, µm."""
    populations: Mapping[str, Population]
    connectivity: Connectivity
    electrodes: Electrodes

    def __attrs_post_init__(self) -> None:
        unknown = {name for pair in self.pairs for name in pair} - set(self.populations)
        if unknown:
            raise ValueError(f"mean_in_degree names {', '.join(sorted(unknown))}, which is no population")

    @property
    def pairs(self) -> dict[tuple[str, str], float]:
        """``{(pre, post): mean in-degree}``."""
        split = {key: key.split(" -> ") for key in self.connectivity.mean_in_degree}
        wrong = [key for key, names in split.items() if len(names) != 2]
        if wrong:
            raise ValueError(f"mean_in_degree: write 'PRE -> POST', not {wrong[0]!r}")
        return {(names[0], names[1]): self.connectivity.mean_in_degree[key] for key, names in split.items()}

    @property
    def ranges(self) -> dict[str, tuple[int, int]]:
        """``{population: (start, count)}``: gids follow the order of the file."""
        found: dict[str, tuple[int, int]] = {}
        start = 0
        for name, population in self.populations.items():
            found[name] = (start, population.count)
            start += population.count
        return found


def load(name: str) -> Config:
    """Read a configuration by the name of a system here, or by the path of a TOML file.

    Raises
    ------
    ConfigError
        There is none, or something in it is missing, unknown or of the wrong kind.
    """
    path = Path(name) if name.endswith(".toml") else FOLDER / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in FOLDER.glob("*.toml")))
        raise ConfigError(f"{path}: there is no such configuration; there is {known}")
    try:
        return _build(path.stem, tomllib.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error


def _build(name: str, given: dict[str, Any]) -> Config:
    return Config(
        name=name,
        populations={one: Population(**fields) for one, fields in given.pop("populations").items()},
        connectivity=Connectivity(**given.pop("connectivity")),
        electrodes=Electrodes(**given.pop("electrodes")),
        **given,
    )
