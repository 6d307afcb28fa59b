"""Check where cells are: one finite value on each axis for every cell."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from livn_core.checking._cells import Attribute
from livn_core.checking._looking import Look
from livn_core.h5file import AnyArray
from livn_core.neuroh5.values import Population
from livn_core.system._extent import AXES, NAMESPACE


def check_coordinates(look: Look, population: Population, found: Mapping[str, Attribute]) -> AnyArray | None:
    """Check the coordinates of a population that has some.

    Parameters
    ----------
    found
        The sound attributes of their namespace.

    Returns
    -------
    ndarray or None
        float64, shape (count, 3): x, y, z in µm of each cell; ``None`` where some are not known.
    """
    top = f"/Populations/{population.name}/{NAMESPACE}"
    columns: list[AnyArray | None] = []
    for axis in AXES:
        if axis in found:
            columns.append(_column(look, population, found[axis]))
            continue
        if not look.is_group(f"{top}/{axis}"):  # a broken one was reported already
            look.found("coordinate-axis-missing", top, f"has no {axis!r}")
        columns.append(None)
    known = [column for column in columns if column is not None]
    return np.column_stack(known) if len(known) == len(AXES) else None


def _column(look: Look, population: Population, attribute: Attribute) -> AnyArray | None:
    cells = np.unique(attribute.cells)
    if cells.size < population.count:
        first = int(np.setdiff1d(np.arange(population.count), cells, assume_unique=True)[0]) + population.start
        look.found(
            "coordinates-incomplete",
            attribute.path,
            f"{population.count - cells.size:,} of {population.count:,} cells have no value, first gid {first}",
        )
    several = np.flatnonzero(attribute.counts != 1)
    if several.size:
        gid, count = int(attribute.cells[several[0]]) + population.start, attribute.counts[several[0]]
        look.found("coordinate-not-single", attribute.path, f"gid {gid} has {count} values")
    if several.size or attribute.shared or cells.size < population.count or cells.size < attribute.cells.size:
        return None
    values = look.values(attribute.values)
    return None if values is None else _in_order(look, population, attribute, values)


def _in_order(look: Look, population: Population, attribute: Attribute, values: AnyArray) -> AnyArray | None:
    wrong = np.flatnonzero(~np.isfinite(values))
    if wrong.size:
        gid = int(attribute.cells[wrong[0]]) + population.start
        look.found("coordinate-not-finite", attribute.values, f"{wrong.size:,} values are no numbers, first gid {gid}")
        return None
    column = np.empty(population.count, np.float64)
    column[attribute.cells] = values
    return column
