"""What a system's cells are: populations, ranges, and the names of their attributes."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from livn_core.errors import unknown_name


@attrs.frozen
class CellsMetaData:
    """Populations and what is stored about their cells.

    The field names are those of the original, whose models read them.
    """

    population_names: list[str]
    """Names, in gid order."""

    population_ranges: dict[str, tuple[int, int]]
    """``{population: (first gid, number of cells)}``."""

    cell_attribute_info: dict[str, dict[str, list[str]]]
    """``{population: {namespace: [attribute]}}``."""

    def has(self, population: str, namespace: str, attribute: str | None = None) -> bool:
        """Whether a population has a namespace or, if ``attribute`` is given, that attribute in it."""
        namespaces: Mapping[str, list[str]] = self.cell_attribute_info.get(population, {})
        return namespace in namespaces and (attribute is None or attribute in namespaces[namespace])

    def population_count(self, population: str) -> int:
        """Number of cells of one population.

        Raises
        ------
        UnknownNameError
            There is no such population.
        """
        if population not in self.population_ranges:
            raise unknown_name("population", population, self.population_ranges, "cells")
        return self.population_ranges[population][1]

    def cell_count(self) -> int:
        """Number of cells of all populations together."""
        return sum(count for _, count in self.population_ranges.values())
