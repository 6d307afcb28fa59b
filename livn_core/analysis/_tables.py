"""The cells and the edges of a system as columns, for any library that has tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import unknown_name
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._analysis import edge_columns
from livn_core.neuroh5._arguments import as_names, is_bool
from livn_core.neuroh5.values import CellAttribute
from livn_core.ranges import pointer_of
from livn_core.system._extent import NAMESPACE
from livn_core.writing._trees import TREES

if TYPE_CHECKING:
    from livn_core.system._subset import Subset
    from livn_core.system._system import System

Names: TypeAlias = "bool | str | Iterable[str]"
"""``False``: no attributes. ``True``: all. Else names, ``"Namespace/name"``."""


@attrs.frozen(eq=False)
class Column:
    """One column: a value, several or none for each row."""

    values: AnyArray
    pointer: IntArray
    """int64, shape (rows + 1,): row *i* has ``values[pointer[i]:pointer[i + 1]]``."""

    @property
    def lengths(self) -> IntArray:
        """How many values each row has: int64, shape (rows,)."""
        return np.diff(self.pointer)

    @property
    def is_plain(self) -> bool:
        """Whether no row has more than one value."""
        return bool((self.lengths <= 1).all())


@attrs.frozen(eq=False)
class CellTable:
    """The cells of a system: one row for each, ascending by gid."""

    gids: IntArray
    populations: IntArray
    """int64: the index of the population's name in ``system.populations``."""
    xyz: dict[str, npt.NDArray[np.float64]]
    """``x``, ``y`` and ``z``: float64, µm, NaN where a population has no coordinates."""
    attributes: dict[str, Column]
    """By full name, ``"Namespace/name"``."""


def cell_table(system: System | Subset, attributes: Names = False) -> CellTable:
    """The cells of a system, with those attributes that are wished for."""
    chosen = _chosen(system, attributes)
    parts = [_population(system, index, name) for index, name in enumerate(system.populations)]
    plain = np.concatenate([np.empty((0, 5)), *parts])
    order = np.argsort(plain[:, 0], kind="stable")
    gids = np.concatenate([np.empty(0, np.int64), *(system.population_gids(name) for name in system.populations)])
    return CellTable(
        gids[order],
        plain[order, 1].astype(np.int64),
        {axis: plain[order, 2 + at] for at, axis in enumerate("xyz")},
        {f"{space}/{name}": _column(system, space, name, gids[order]) for space, name in chosen},
    )


def _population(system: System | Subset, index: int, name: str) -> AnyArray:
    gids = system.population_gids(name)
    table = np.full((gids.size, 5), np.nan)
    table[:, 0], table[:, 1] = gids, index
    if gids.size and NAMESPACE in system.namespaces(name):
        table[:, 2:] = system.coordinate_array(name)[:, 1:]
    return table


def _chosen(system: System | Subset, attributes: Names) -> list[tuple[str, str]]:
    known = {
        f"{space}/{name}": (space, name)
        for population in system.populations
        for space, names in system.namespaces(population).items()
        for name in names
        if space != TREES
    }
    if is_bool(attributes):
        return [one for one in known.values() if one[0] != NAMESPACE] if attributes else []
    names = as_names(attributes, "attributes")
    for name in names:
        if name not in known:
            raise unknown_name("cell attribute", name, known, str(system.name))
    return [known[name] for name in names]


def _column(system: System | Subset, space: str, name: str, gids: IntArray) -> Column:
    """One attribute of the cells of all populations, as a column with a row for each of ``gids``."""
    found = [
        system.cell_attributes(population, space, name)[name]
        for population in system.populations
        if name in system.namespaces(population).get(space, ())
    ]
    lengths = np.zeros(gids.size, np.int64)
    for one in found:
        lengths[np.searchsorted(gids, one.gids)] = np.diff(one.pointer)
    # Populations follow each other by gid, and so do the cells within each, so their values need no sorting.
    return Column(np.concatenate([one.values for one in _by_gid(found)]), pointer_of(lengths))


def _by_gid(found: list[CellAttribute]) -> list[CellAttribute]:
    return sorted(found, key=lambda one: int(one.gids[0]) if one.gids.size else -1)


def edge_attributes(system: System | Subset, attributes: Names) -> dict[tuple[str, str], tuple[str, ...]]:
    """Which of the wished attributes each projection has: ``{(pre, post): ("Namespace/name", …)}``."""
    present = {
        pair: tuple(f"{space}/{name}" for space, names in system.projection(*pair).namespaces.items() for name in names)
        for pair in system.projection_names
    }
    if is_bool(attributes):
        return present if attributes else dict.fromkeys(present, ())
    names = as_names(attributes, "attributes")
    known = dict.fromkeys(name for one in present.values() for name in one)
    for name in names:
        if name not in known:
            raise unknown_name("edge attribute", name, known, str(system.name))
    return {pair: tuple(name for name in names if name in one) for pair, one in present.items()}


def edge_blocks(
    system: System | Subset, attributes: Names = True
) -> Iterator[tuple[tuple[str, str], dict[str, AnyArray]]]:
    """The edges of all projections, a block at a time.

    Yields
    ------
    tuple
        ``(pre, post)`` populations, and the columns ``pre`` and ``post`` (gids), then each attribute under its full
        name; a projection without edges has one block without rows.
    """
    for pair, names in edge_attributes(system, attributes).items():
        projection = system.projection(*pair)
        empty = True
        for block in projection.blocks(attributes=names or False):
            empty = False
            yield pair, edge_columns(block)
        if empty:
            yield pair, edge_columns(projection.read(np.empty(0, np.int64), names or False))


def edge_types(system: System | Subset, attributes: Names = True) -> dict[str, np.dtype[Any]]:
    """The dtype of each column of the edges of all projections, wide enough for each of them."""
    found: dict[str, np.dtype[Any]] = {}
    for pair, names in edge_attributes(system, attributes).items():
        empty = system.projection(*pair).read(np.empty(0, np.int64), names or False)
        for name, values in edge_columns(empty).items():
            found[name] = np.promote_types(found[name], values.dtype) if name in found else values.dtype
    return {**found, "pre": np.dtype(np.int64), "post": np.dtype(np.int64)}


def check_table(table: str) -> str:
    """Refuse a table that does not exist.

    Raises
    ------
    UnknownNameError
        It is neither ``"cells"`` nor ``"edges"``.
    """
    if table not in {"cells", "edges"}:
        raise unknown_name("table", table, ("cells", "edges"), "a system as a table")
    return table
