"""Where the cells of a system from files are, read once for each population."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from livn_core.errors import UnknownNameError, or_too_large
from livn_core.locations import shown
from livn_core.neuroh5.values import read_only
from livn_core.system import _extent

if TYPE_CHECKING:
    from livn_core.neuroh5 import CellAttribute
    from livn_core.system._files import SystemFiles

Table = npt.NDArray[np.float64]


class Coordinates:
    """Tables of gid, x, y, z in µm: float64, shape (n, 4), ascending by gid.

    Parameters
    ----------
    files
        The system's HDF5 files.
    """

    def __init__(self, files: SystemFiles) -> None:
        self._files = files
        self._known: dict[str, Table] = {}

    def of_all(self) -> Table:
        """The table of all cells, read-only."""
        missing = [name for name, (_, count) in self._ranges.items() if count and name not in self._known]
        table = np.empty((0, 4))
        if missing:
            with contextlib.suppress(UnknownNameError):  # read one by one, the population that lacks them says so
                table = self._read(missing)
        if len(table) < sum(count for _, count in self._ranges.values()):
            # Populations are in order of their first gid, and share none.
            table = np.concatenate([np.empty((0, 4)), *(self.of(name) for name in self._ranges)])
        return read_only(table)

    def of(self, population: str) -> Table:
        """The table of one population, read-only; it is kept.

        Raises
        ------
        UnknownNameError
            It has no coordinates.
        FormatError
            A cell has none, or more than one.
        """
        if population not in self._known:
            try:
                self._read([population])
            except UnknownNameError as error:
                cells = self._files.cells
                listing = cells.namespaces(population)
                raise _extent.no_coordinates(population, listing, shown(cells.source)) from error
        return self._known[population]

    @property
    def _ranges(self) -> Mapping[str, tuple[int, int]]:
        return self._files.cells.population_ranges

    def _read(self, populations: list[str]) -> Table:
        """Read populations in one go, into one table: over a network, each read is a wait."""
        with self._files.together():
            counts = [self._ranges[name][1] for name in populations]
            table = self._empty(sum(counts))
            parts = dict(zip(populations, np.split(table, np.cumsum(counts)[:-1]), strict=True))
            columns = {name: tuple(part[:, 1:].T) for name, part in parts.items() if len(part)}
            found = self._files.cells.cell_attributes_of(columns, _extent.NAMESPACE, _extent.AXES, out=columns)
            for name, attributes in found.items():
                self._finish(parts[name], name, attributes)
        # Kept where all ranks have them, or they would part ways.
        self._known.update((name, read_only(part)) for name, part in parts.items())
        return table

    def _empty(self, rows: int) -> Table:
        problem = f"not enough memory for the coordinates of {rows:,} cells; read those of some with"
        with or_too_large(f"{shown(self._files.cells.source)}: {problem} cells.cell_attributes(…, gids=)"):
            return np.empty((rows, 4))

    def _finish(self, table: Table, population: str, attributes: Mapping[str, CellAttribute]) -> None:
        start, _ = self._ranges[population]
        node = f"/Populations/{population}/{_extent.NAMESPACE}"
        _extent.finish_rows(table, attributes, start, node, shown(self._files.cells.source))
