"""Selections by region: the part of a system inside a box, or around its centre."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from livn_core.system._selection import Gids, as_box, count_of, fraction_of, is_fraction

Coordinates = Mapping[str, npt.NDArray[np.float64]]


def select_patch(coordinates: Coordinates, spec: object, bounds: npt.ArrayLike | None, place: str) -> Gids:
    """Take the cells of a region.

    Parameters
    ----------
    coordinates
        ``{population: float64, shape (n, 4)}``: gid, x, y, z in µm.
    spec
        A fraction of the area around the centre, or the number of cells nearest to it. With ``bounds`` it is not used.
    bounds
        The box, in µm.
    place
        The system, for error messages.

    Returns
    -------
    dict
        ``{population: gids}``, int64, ascending; a population without cells in the region is left out.
    """
    if bounds is not None:
        return inside(coordinates, as_box(bounds))
    everything = np.vstack([np.empty((0, 4)), *coordinates.values()])
    if is_fraction(spec):
        fraction = fraction_of(spec, "selection of a patch")  # type: ignore[arg-type] # it is a float
        return inside(coordinates, _centred(everything, fraction)) if fraction and len(everything) else {}
    count = count_of(spec, len(everything), f"{place}: selection of a patch")
    among = nearest(everything, centre_of(everything[:, 1:3]), count) if count else np.empty(0, np.int64)
    return where(coordinates, {name: np.isin(gids_of(rows), among) for name, rows in coordinates.items()})


def centre_of(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The middle of the box around some points: float64, shape (axes,)."""
    middle: npt.NDArray[np.float64] = (points.min(axis=0) + points.max(axis=0)) / 2
    return middle


def _centred(rows: npt.NDArray[np.float64], fraction: float) -> npt.NDArray[np.float64]:
    """The box with that fraction of the area, of the same shape, around the middle."""
    low, high = rows[:, 1:3].min(axis=0), rows[:, 1:3].max(axis=0)
    if fraction == 1:
        # Not by arithmetic: rounding could leave out the cells on the edge.
        return np.stack([low, high])
    middle, half = (low + high) / 2, (high - low) * np.sqrt(fraction) / 2
    return np.stack([middle - half, middle + half])


def nearest(rows: npt.NDArray[np.float64], point: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """The ``count`` cells nearest to a point in the plane or in space; of equally near ones, those with the lower gid.

    Parameters
    ----------
    rows
        float64, shape (n, 4): gid, x, y, z in µm.
    point
        float64, shape (2,) or (3,), µm.
    count
        How many.
    """
    distance = ((rows[:, 1 : 1 + point.size] - point) ** 2).sum(axis=1)
    return gids_of(rows[np.lexsort((rows[:, 0], distance))[:count]])


def inside(coordinates: Coordinates, box: npt.NDArray[np.float64]) -> Gids:
    """The cells in a box, faces included: float64, shape (2, 2) or (2, 3), µm."""
    axes = slice(1, 1 + box.shape[1])
    return where(
        coordinates,
        {
            name: ((rows[:, axes] >= box[0]) & (rows[:, axes] <= box[1])).all(axis=1)
            for name, rows in coordinates.items()
        },
    )


def where(coordinates: Coordinates, masks: Mapping[str, npt.NDArray[np.bool_]]) -> Gids:
    """The gids of the rows that are marked; a population of which none is left out."""
    return {name: np.sort(gids_of(rows[masks[name]])) for name, rows in coordinates.items() if masks[name].any()}


def gids_of(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The first column of coordinates, as whole numbers."""
    return rows[:, 0].astype(np.int64)
