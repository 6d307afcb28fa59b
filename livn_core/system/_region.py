"""Selections by place: inside a box, within a radius, the nearest cells, in a layer; in the plane or in space."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError, unknown_name
from livn_core.system._patch import Coordinates, centre_of, gids_of, inside, nearest, where
from livn_core.system._selection import Gids, as_box, count_of, fraction_of, is_fraction

REGIONS: Final = ("box", "radius", "nearest", "layer")
"""The methods of selection that this module has."""

TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "patch": ("bounds",),
    "box": ("bounds",),
    "radius": ("center", "radius"),
    "nearest": ("center",),
    "layer": ("layer",),
}
"""The arguments that say where, of each method that has any."""

NEEDS: Final = {"box": "bounds", "radius": "radius", "layer": "layer"}

Extents = Mapping[str, npt.NDArray[np.float64]]


@attrs.frozen
class Region:
    """What was asked for; each method takes some of it and refuses the rest."""

    bounds: npt.ArrayLike | None = None
    center: npt.ArrayLike | None = None
    radius: float | None = None
    layer: str | Iterable[str] | None = None

    def check(self, method: str) -> None:
        """Refuse what belongs to another method, and what is missing.

        Raises
        ------
        InvalidArgumentError
            An argument does not belong to the method, or the method needs one that was not given.
        """
        for name in self.given:
            if name not in TAKES.get(method, ()):
                owners = " or ".join(f"method={one!r}" for one, names in TAKES.items() if name in names)
                belongs = "belong" if name == "bounds" else "belongs"
                raise InvalidArgumentError(f"{name} {belongs} to {owners}, not to method={method!r}")
        if NEEDS.get(method) not in {None, *self.given}:
            raise InvalidArgumentError(f"method={method!r} needs {NEEDS[method]}=")

    @property
    def given(self) -> list[str]:
        """The names of what was given."""
        return [field.name for field in attrs.fields(Region) if getattr(self, field.name) is not None]


def select_region(
    coordinates: Coordinates, spec: Any, method: str, region: Region, *, extents: Callable[[], Extents], place: str
) -> Gids:
    """Take the cells of a region; see :meth:`livn_core.System.selection` for the meaning.

    Parameters
    ----------
    coordinates
        ``{population: float64, shape (n, 4)}``: gid, x, y, z in µm.
    spec
        For ``"nearest"`` how many: a count, a fraction, or either for each population; else None.
    method
        One of :data:`REGIONS`.
    region
        Where.
    extents
        Gives ``{layer: float64, shape (2, 3)}``, lowest and highest corner in µm; called where layers are asked for.
    place
        The system, for error messages.

    Returns
    -------
    dict
        ``{population: gids}``, int64, ascending; a population without cells in the region is left out.
    """
    if method == "nearest":
        return _nearest(coordinates, spec, region.center, place)
    if spec is not None:
        raise InvalidArgumentError(
            f"method={method!r} takes every cell of its region, so the specification has to be None, not {spec!r}; "
            "for some of them, select again in the subset"
        )
    if method == "box":
        return inside(coordinates, as_box(np.asarray(region.bounds)))
    if method == "radius":
        return _within(coordinates, _point(region.center, coordinates), _radius(region.radius))
    return _in_layers(coordinates, _names(region.layer), extents(), place)


def _within(coordinates: Coordinates, center: npt.NDArray[np.float64], radius: float) -> Gids:
    axes = slice(1, 1 + center.size)
    masks = {name: ((rows[:, axes] - center) ** 2).sum(axis=1) <= radius * radius for name, rows in coordinates.items()}
    return where(coordinates, masks)


def _nearest(coordinates: Coordinates, spec: Any, center: npt.ArrayLike | None, place: str) -> Gids:
    point = _point(center, coordinates)
    if isinstance(spec, Mapping):
        chosen = {
            name: nearest(coordinates[name], point, _count(value, len(coordinates[name]), f"selection of {name!r}"))
            for name, value in spec.items()
            if name in coordinates
        }
    else:
        everything = np.vstack([np.empty((0, 4)), *coordinates.values()])
        among = nearest(everything, point, _count(spec, len(everything), f"{place}: selection of the nearest"))
        chosen = dict.fromkeys(coordinates, among)
    masks = {name: np.isin(gids_of(coordinates[name]), gids) for name, gids in chosen.items()}
    return where({name: coordinates[name] for name in coordinates if name in masks}, masks)


def _count(value: Any, available: int, what: str) -> int:
    if value is None:
        raise InvalidArgumentError(f"{what} needs to know how many: give a count, a fraction, or either by population")
    if is_fraction(value):
        return round(fraction_of(value, what) * available)
    return count_of(value, available, what)


def _in_layers(coordinates: Coordinates, names: list[str], extents: Extents, place: str) -> Gids:
    for name in names:
        if name not in extents:
            raise unknown_name("layer", name, extents, f"{place}: graph.json")
    masks = {
        population: np.logical_or.reduce([_in_extent(rows, extents[name]) for name in names])
        for population, rows in coordinates.items()
    }
    return where(coordinates, masks)


def _in_extent(rows: npt.NDArray[np.float64], extent: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which cells lie in a layer, faces included; files have float32, which may round a cell to beyond a face."""
    xyz, corners = rows[:, 1:4].astype(np.float32), extent.astype(np.float32)
    found: npt.NDArray[np.bool_] = ((xyz >= corners[0]) & (xyz <= corners[1])).all(axis=1)
    return found


def _names(layer: Any) -> list[str]:
    names = [layer] if isinstance(layer, str) else layer
    try:
        listed = list(names)
    except TypeError:
        listed = [names]
    if not listed or not all(isinstance(one, str) for one in listed):
        raise InvalidTypeError(f"layer= is the name of a layer, or a list of names, not {layer!r}")
    return listed


def _point(center: npt.ArrayLike | None, coordinates: Coordinates) -> npt.NDArray[np.float64]:
    """The centre: float64, shape (2,) or (3,), µm; by default the middle of the cells."""
    if center is None:
        everything = np.vstack([np.empty((0, 4)), *coordinates.values()])
        return centre_of(everything[:, 1:4]) if len(everything) else np.zeros(3)
    try:
        point = np.array(center, np.float64)
    except (TypeError, ValueError):
        point = np.empty(0)
    if point.shape not in {(2,), (3,)} or not np.isfinite(point).all():
        raise InvalidArgumentError(f"center has to be a point, [x, y] or [x, y, z] in µm, not {center!r}")
    return point


def _radius(radius: Any) -> float:
    if isinstance(radius, bool | np.bool_) or not isinstance(radius, int | float | np.number):
        raise InvalidTypeError(f"radius has to be a number of µm, not {radius!r}")
    if not 0 <= radius < np.inf:
        raise InvalidArgumentError(f"radius has to be a number of µm, 0 or more, not {radius}")
    return float(radius)
