"""Where the cells of a system from files are, read once for each population."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from livn_core.errors import UnknownNameError
from livn_core.locations import shown
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
        """The table of all cells; an array of the caller's own."""
        self._read_missing()
        table = np.concatenate([np.empty((0, 4)), *(self.of(name) for name in self._ranges)])
        return table[np.argsort(table[:, 0], kind="stable")]

    def of(self, population: str) -> Table:
        """The table of one population, which is kept.

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

    def _read_missing(self) -> None:
        """Read what is not known yet in one go: over a network, each read is a wait."""
        missing = [name for name, (_, count) in self._ranges.items() if count and name not in self._known]
        try:
            with self._files.together():  # kept where all ranks have them, or they would part ways
                found = self._files.cells.cell_attributes_of(missing, _extent.NAMESPACE, _extent.AXES)
                tables = {name: self._table(name, attributes) for name, attributes in found.items()}
        except UnknownNameError:
            return  # read one by one, the population that lacks them says so
        self._known.update(tables)

    def _read(self, population: str) -> Table:
        cells = self._files.cells
        try:
            attributes = cells.cell_attributes(population, _extent.NAMESPACE, _extent.AXES)
        except UnknownNameError as error:
            raise _extent.no_coordinates(population, cells.namespaces(population), shown(cells.source)) from error
        return self._table(population, attributes)

    def _table(self, population: str, attributes: Mapping[str, CellAttribute]) -> Table:
        start, count = self._ranges[population]
        gids = np.arange(start, start + count, dtype=np.int64)
        node = f"/Populations/{population}/{_extent.NAMESPACE}"
        return _extent.rows(attributes, gids, node, shown(self._files.cells.source))
