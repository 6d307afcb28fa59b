"""Where cells lie: coordinates as arrays, and the box around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError, UnknownNameError
from livn_core.locations import shown
from livn_core.neuroh5.values import read_only

if TYPE_CHECKING:
    from livn_core.neuroh5 import CellAttribute
    from livn_core.system._subset import Subset
    from livn_core.system._system import System

NAMESPACE = "Generated Coordinates"
AXES = ("X Coordinate", "Y Coordinate", "Z Coordinate")


def no_coordinates(population: str, namespaces: Iterable[str], place: str) -> UnknownNameError:
    """The error for a population whose cells have no positions."""
    listing = ", ".join(map(repr, namespaces)) or "none at all"
    return UnknownNameError(
        f"{place}: population {population!r} has no coordinates: they are read from X, Y and Z of the namespace "
        f"{NAMESPACE!r}, but its namespaces are {listing}"
    )


def finish_rows(
    table: npt.NDArray[np.float64],
    attributes: Mapping[str, CellAttribute],
    first: int,
    node: str,
    place: str,
) -> None:
    """Check three attributes that were read into a table, and complete it.

    Parameters
    ----------
    table
        float64, shape (n, 4): gid, x, y, z in µm, ascending by gid. Where the values of an attribute were too few or
        too many for its column, they lie elsewhere.
    attributes
        X, Y and Z, one value for each cell.
    first
        The gid of the population's first cell.
    node, place
        Where they were read, for error messages.

    Raises
    ------
    FormatError
        A cell has none, or more than one value, or one that is infinite or not a number.
    """
    checked: CellAttribute | None = None
    for column, axis in zip(table.T[1:], AXES, strict=True):
        attribute = attributes[axis]
        if checked is None or attribute.gids is not checked.gids or attribute.pointer is not checked.pointer:
            _check_one_each(attribute, first, len(table), f"{node}/{axis}", place)
        checked = attribute
        if not np.may_share_memory(attribute.values, table):
            column[:] = attribute.values
    table[:, 0] = attributes[AXES[0]].gids
    _check_finite(table, node, place)


def _check_finite(table: npt.NDArray[np.float64], node: str, place: str) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(table.sum()):
            return  # nothing infinite, nor anything that is no number, adds up to a number
    wrong = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if wrong.size:
        raise FormatError(place, node, f"gid {int(table[wrong[0], 0])} has a coordinate that is not finite")


def _check_one_each(attribute: CellAttribute, first: int, count: int, node: str, place: str) -> None:
    # They are unique and of this population, so as many as it has are all of them.
    if attribute.gids.size != count:
        missing = np.setdiff1d(np.arange(first, first + count), attribute.gids, assume_unique=True)
        raise FormatError(
            place,
            node,
            f"{len(missing)} of {count} cells have no coordinate, the first of them is gid {missing[0]}",
        )
    pointer = attribute.pointer
    # From 0 in `count` steps up to `count`, each of 1 at least: each is 1.
    if pointer[-1] != count or not (pointer[1:] > pointer[:-1]).all():
        counts = np.diff(pointer)
        cell = int(np.flatnonzero(counts != 1)[0])
        raise FormatError(
            place, node, f"gid {attribute.gids[cell]} has {counts[cell]} values; a coordinate has to be exactly one"
        )


def box_of_layers(extents: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """The box around all layers: float64, shape (2, 3), lowest and highest corner, µm."""
    corners = np.stack(list(extents.values()))
    return np.stack([corners[:, 0].min(axis=0), corners[:, 1].max(axis=0)])


def box_of_cells(coordinates: npt.NDArray[np.float64], padding: float = 0.0) -> npt.NDArray[np.float64]:
    """The box around all cells: float64, shape (2, 3), lowest and highest corner, µm."""
    xyz = coordinates[:, 1:4]
    return np.stack([xyz.min(axis=0) - padding, xyz.max(axis=0) + padding])


def box_of(system: System | Subset) -> npt.NDArray[np.float64]:
    """The box around the layers of a system's ``graph.json``; where none are given, around its cells.

    Returns
    -------
    ndarray
        float64, shape (2, 3), lowest and highest corner, µm. Read-only.

    Raises
    ------
    InvalidArgumentError
        There are neither layers nor cells.
    """
    try:
        extents = system.graph.layer_extents
    except SourceNotFoundError:
        extents = {}
    if extents:
        return read_only(box_of_layers(extents))
    if not system.num_neurons:
        raise InvalidArgumentError(f"{shown(system.uri)} has neither layers nor cells, so nothing bounds it")
    return read_only(box_of_cells(system.neuron_coordinates))
