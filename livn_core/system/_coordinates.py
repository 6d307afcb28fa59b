"""Where the cells of a system from files are, read once for each population."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from livn_core.errors import UnknownNameError
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
        table = self._read_missing()
        if table is None or len(table) < sum(count for _, count in self._ranges.values()):
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
            with self._files.together():
                found = self._read(population) if self._ranges[population][1] else np.empty((0, 4))
            self._known[population] = found
        return self._known[population]

    @property
    def _ranges(self) -> Mapping[str, tuple[int, int]]:
        return self._files.cells.population_ranges

    def _read_missing(self) -> Table | None:
        """Read what is not known yet in one go, into one table: over a network, each read is a wait."""
        missing = [name for name, (_, count) in self._ranges.items() if count and name not in self._known]
        try:
            with self._files.together():  # kept where all ranks have them, or they would part ways
                found = self._files.cells.cell_attributes_of(missing, _extent.NAMESPACE, _extent.AXES)
                table = np.empty((sum(self._ranges[name][1] for name in missing), 4))
                tables = self._tables(table, found)
        except UnknownNameError:
            return None  # read one by one, the population that lacks them says so
        self._known.update(tables)
        return table

    def _tables(self, table: Table, found: Mapping[str, Mapping[str, CellAttribute]]) -> dict[str, Table]:
        """Fill a table, population after population; each one's own part of it."""
        tables, start = {}, 0
        for name, attributes in found.items():
            stop = start + self._ranges[name][1]
            self._fill(table[start:stop], name, attributes)
            tables[name] = read_only(table[start:stop])
            start = stop
        return tables

    def _read(self, population: str) -> Table:
        cells = self._files.cells
        try:
            attributes = cells.cell_attributes(population, _extent.NAMESPACE, _extent.AXES)
        except UnknownNameError as error:
            raise _extent.no_coordinates(population, cells.namespaces(population), shown(cells.source)) from error
        table = np.empty((self._ranges[population][1], 4))
        self._fill(table, population, attributes)
        return read_only(table)

    def _fill(self, table: Table, population: str, attributes: Mapping[str, CellAttribute]) -> None:
        start, _ = self._ranges[population]
        node = f"/Populations/{population}/{_extent.NAMESPACE}"
        _extent.fill_rows(table, attributes, start, node, shown(self._files.cells.source))
