"""A system as labelled arrays of xarray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.analysis._tables import Column, Names, cell_table
from livn_core.errors import InvalidArgumentError, missing_package
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import xarray as xr

    from livn_core.system._subset import Subset
    from livn_core.system._system import System


def to_xarray(system: System | Subset, attributes: Names = False) -> xr.Dataset:
    """The cells of a system, their degrees, and the connections between its populations, as labelled arrays.

    Parameters
    ----------
    system
        A system, or a subset of one.
    attributes
        Cell attributes with one value for each cell: False: none. True: all that are of this kind. Else names.

    Returns
    -------
    xarray.Dataset
        Over ``cell`` (coordinates ``gid``, ``population``): ``x``, ``y``, ``z`` (float64, µm) and the attributes.
        Over ``cell`` and ``pre``: ``in_degree`` (int64), edges from each population; over ``cell`` and ``post``:
        ``out_degree``. Over ``pre`` and ``post``, the populations: ``n_edges`` (int64), and ``mean_in_degree``
        (float64, NaN onto a population without cells).

    Raises
    ------
    InvalidArgumentError
        An attribute that was named has no value, or several, for some cell.
    UnknownNameError
        There is no such attribute.
    ImportError
        xarray is not installed.
    """
    try:
        import xarray as xr
    except ImportError as error:
        raise missing_package("xarray", "to_xarray()") from error

    cells = cell_table(system, attributes)
    names = np.array(system.populations, dtype=str)
    data: dict[str, Any] = {axis: ("cell", values, {"units": "µm"}) for axis, values in cells.xyz.items()}
    for name, column in cells.attributes.items():
        values = _one_each(name, column, attributes)
        data |= {} if values is None else {name: ("cell", values)}
    coords = {
        "gid": ("cell", cells.gids),
        "population": ("cell", names[cells.populations]),
        "pre": names,
        "post": names,
    }
    found = xr.Dataset({**data, **_connections(system, cells.gids)}, coords, {"name": system.name})
    return found.set_xindex("gid")


def _one_each(name: str, column: Column, attributes: Names) -> AnyArray | None:
    """The values of a column with exactly one for each cell; None for another, unless it was asked for by name."""
    if (column.lengths == 1).all():
        return column.values
    if attributes is True:
        return None
    cell = int(np.flatnonzero(column.lengths != 1)[0])
    raise InvalidArgumentError(
        f"{name} has {column.lengths[cell]} values for some cell, and an array has to have one; use to_arrow()"
    )


def _connections(system: System | Subset, gids: IntArray) -> dict[str, Any]:
    places = {name: index for index, name in enumerate(system.populations)}
    onto = np.zeros((gids.size, len(places)), np.int64)
    out, edges = np.zeros_like(onto), np.zeros((len(places), len(places)), np.int64)
    for pre, post in system.projection_names:
        projection = system.projection(pre, post)
        onto[np.searchsorted(gids, system.population_gids(post)), places[pre]] = projection.in_degree()
        out[np.searchsorted(gids, system.population_gids(pre)), places[post]] = projection.out_degree()
        edges[places[pre], places[post]] = projection.n_edges
    counts = np.array([system.population_count(name) for name in places], np.float64)
    mean = np.full(edges.shape, np.nan)
    np.divide(edges, counts, out=mean, where=counts > 0)
    return {
        "in_degree": (("cell", "pre"), onto),
        "out_degree": (("cell", "post"), out),
        "n_edges": (("pre", "post"), edges),
        "mean_in_degree": (("pre", "post"), mean),
    }
