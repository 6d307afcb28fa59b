"""What every system can do, whether it comes from files or not."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError, unknown_name
from livn_core.h5file import IntArray
from livn_core.lazy import Lazy
from livn_core.system._cells import CellsMetaData
from livn_core.system._patch import select_patch
from livn_core.system._region import REGIONS, Region, select_region
from livn_core.system._selection import Gids, check_method, eligible, is_gids, select

Transform = Callable[..., npt.ArrayLike]


class Structure(ABC):
    """Populations of cells at positions.

    Its members are the structural interface of the original's systems (``livn.types.System``).
    """

    name: str
    """What the system is called."""

    comm: Any
    """The communicator that it was given, or None."""

    @property
    @abstractmethod
    def population_ranges(self) -> dict[str, tuple[int, int]]:
        """``{population: (first gid, number of cells)}``, in gid order."""

    @property
    @abstractmethod
    def cells_meta_data(self) -> CellsMetaData:
        """Populations, ranges, and the names of the cells' attributes."""

    @property
    @abstractmethod
    def connections_config(self) -> dict[str, Any]:
        """How populations are connected: ``{"synapses": {post: {pre: settings}}}``."""

    @property
    @abstractmethod
    def neuron_coordinates(self) -> npt.NDArray[np.float64]:
        """Where all cells are: float64, shape (n, 4): gid, x, y, z in µm."""

    @property
    @abstractmethod
    def bounding_box(self) -> npt.NDArray[np.float64]:
        """Lowest and highest corner: float64, shape (2, 3), µm."""

    @abstractmethod
    def coordinate_array(self, population: str) -> npt.NDArray[np.float64]:
        """Where the cells of one population are: float64, shape (n, 4): gid, x, y, z in µm."""

    @abstractmethod
    def selection_document(self, name: str, comm: Any = None) -> dict[str, Any]:
        """A stored selection of cells."""

    @property
    @abstractmethod
    def _place(self) -> str:
        """The system, as error messages show it."""

    @property
    def populations(self) -> list[str]:
        """Names of the populations, in gid order."""
        return list(self.population_ranges)

    def population_count(self, population: str) -> int:
        """Number of cells of one population.

        Raises
        ------
        UnknownNameError
            There is no such population.
        """
        return self._range(population)[1]

    def population_gids(self, population: str) -> IntArray:
        """The gids of one population: int64, shape (n,), ascending.

        Raises
        ------
        UnknownNameError
            There is no such population.
        """
        return self._population_gids(population)

    @property
    def num_neurons(self) -> int:
        """Number of cells of all populations together."""
        return sum(count for _, count in self.population_ranges.values())

    @Lazy
    def gids(self) -> IntArray:
        """The gids of all cells: int64, shape (num_neurons,), ascending. Read-only."""
        parts = [np.empty(0, np.int64), *(self._population_gids(name) for name in self.population_ranges)]
        gids = np.concatenate(parts)
        gids.setflags(write=False)
        return gids

    @property
    def center_point(self) -> npt.NDArray[np.float64]:
        """The middle of :attr:`bounding_box`: float64, shape (3,), µm."""
        middle: npt.NDArray[np.float64] = self.bounding_box.mean(axis=0)
        return middle

    def transform_coordinates(
        self, transform: Transform, populations: Sequence[str] | None = None
    ) -> npt.NDArray[np.float64]:
        """Apply a function to the coordinates of each population, and stack what it returns.

        Parameters
        ----------
        transform
            Called as ``transform(coordinates, population=name)`` with an array of its own: float64, shape (n, 4):
            gid, x, y, z in µm. It may return any number of rows.
        populations
            Which ones, in which order; by default all.

        Returns
        -------
        ndarray
            The rows of all populations.
        """
        names = self.populations if populations is None else populations
        parts = [transform(self.coordinate_array(name), population=name) for name in names]
        return np.vstack(parts) if parts else np.empty((0, 4))

    def selection(
        self,
        spec: Any = None,
        populations: Sequence[str] | None = None,
        seed: int | None = 123,
        method: str | None = "first",
        bounds: npt.ArrayLike | None = None,
        *,
        center: npt.ArrayLike | None = None,
        radius: float | None = None,
        layer: str | Iterable[str] | None = None,
    ) -> Gids | None:
        """Select a part of the cells; the same on every rank and through every backend.

        Parameters
        ----------
        spec
            * None: everything (the result is None), unless the method or ``bounds`` say which part.
            * int: exactly that many cells, shared out over the populations in proportion to their size, what is left
              over going to the largest remainders.
            * float from 0 to 1: that fraction of each population, rounded, but at least one cell; with
              ``method="patch"``, of the area.
            * mapping from populations to an int, a float, or a collection of gids.
            * str: the name of a stored selection.
        populations
            Which ones are selected from; by default all.
        seed
            Seed for ``method="random"``; None: another sample every time.
        method
            ``"first"``: the lowest gids. ``"random"``: a sample. ``"patch"``: around the centre of the cells in x and
            y; an int takes the nearest ones, of equally near ones those with the lower gid.

            ``"nearest"``: the cells nearest to ``center``, as many as ``spec`` says, altogether or of each population;
            of equally near ones those with the lower gid. ``"radius"``, ``"box"``, ``"layer"``: every cell that lies
            there, borders included, with ``spec=None``.
        bounds
            ``[[x0, y0], [x1, y1]]``, or the same with z, in µm: the cells inside. With ``method="box"`` or
            ``"patch"``, where they take precedence over a count or a fraction.
        center
            ``[x, y]``, from which distances are measured in the plane, or ``[x, y, z]``, in µm. With
            ``method="radius"`` and ``"nearest"``; by default the middle of the cells, in space.
        radius
            How far from ``center``, in µm. With ``method="radius"``.
        layer
            The name of a layer of ``graph.json``, or several. With ``method="layer"``; a cell belongs to the layers
            whose extent it lies in, whatever its population.

        Returns
        -------
        dict or None
            ``{population: gids}``, int64, ascending; populations of which nothing is selected are left out.

        Raises
        ------
        InvalidArgumentError, InvalidTypeError
            A number is out of range, arguments contradict each other, or one is no number at all; a bool is none.
        UnknownNameError
            There is no such population or gid.
        FileNotFoundError
            There is no stored selection of that name.
        """
        method, region = check_method(method), Region(bounds, center, radius, layer)
        if isinstance(spec, str):
            _refuse_beside_stored(spec, method, region)
            spec = self._stored_gids(spec)
        region.check(method)
        if spec is None and bounds is None and method not in REGIONS:
            return None
        if isinstance(populations, str):
            raise InvalidTypeError(f"populations have to be a list of names, not the string {populations!r}")
        cells = {name: self._population_gids(name) for name in self.population_ranges}
        cells = eligible(cells, populations, spec, self._place)
        if method in REGIONS:
            coordinates = {name: self.coordinate_array(name) for name in cells}
            return select_region(coordinates, spec, method, region, extents=self._layer_extents, place=self._place)
        if method == "patch" and not isinstance(spec, Mapping):
            return select_patch({name: self.coordinate_array(name) for name in cells}, spec, bounds, self._place)
        if method == "patch":
            _refuse_in_patch(spec, bounds)
        return select(cells, spec, seed=seed, method=method, place=self._place)

    def _stored_gids(self, name: str) -> Mapping[str, Any]:
        return dict(self.selection_document(name)["gids"])

    def _layer_extents(self) -> Mapping[str, npt.NDArray[np.float64]]:
        """The layers, by name; none where nothing says so."""
        return {}

    def _range(self, population: str) -> tuple[int, int]:
        ranges = self.population_ranges
        if population not in ranges:
            raise unknown_name("population", population, ranges, self._place)
        return ranges[population]

    def _population_gids(self, population: str) -> IntArray:
        start, count = self._range(population)
        return np.arange(start, start + count, dtype=np.int64)


def _refuse_beside_stored(name: str, method: str, region: Region) -> None:
    if region.given or method != "first":
        listing = " and ".join(f"{one}=" for one in ("method", *(region.given or ["bounds"])))
        raise InvalidArgumentError(f"the stored selection {name!r} says itself which cells it has; leave out {listing}")


def _refuse_in_patch(spec: Mapping[str, Any], bounds: object) -> None:
    if bounds is not None:
        raise InvalidArgumentError("bounds and a choice for each population contradict each other; give one of them")
    counted = [name for name, value in spec.items() if not is_gids(value)]
    if counted:
        raise InvalidArgumentError(
            f"method='patch' cuts one region for all populations, so it takes no numbers for {', '.join(counted)}; "
            "give one count or fraction, bounds, or gids"
        )
