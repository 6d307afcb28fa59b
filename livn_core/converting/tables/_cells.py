"""Tables of cells: which population each row belongs to, which gid it gets, and its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from livn_core.converting._numbers import Extent, extent_of
from livn_core.converting._report import Remarks
from livn_core.converting.tables._columns import COORDINATES, IDS, as_stored, home_of, kept
from livn_core.converting.tables._files import Table, import_pyarrow, numpy_type
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import CellAttribute
from livn_core.ranges import pointer_of, repeat

CELLS = "cells"


@attrs.frozen(eq=False)
class Cells:
    """All cells, in the order of their gids."""

    ranges: dict[str, tuple[int, int]]
    """First gid and number of cells, by population."""
    ids: IntArray
    """What tables of edges call the cells, ascending."""
    gids: IntArray
    """Their gids, aligned with ``ids``."""
    attributes: dict[str, dict[str, dict[str, Any]]]
    """``{population: {namespace: {name: values}}}``."""

    @property
    def names(self) -> list[str]:
        """The populations."""
        return list(self.ranges)

    def codes_of(self, gids: IntArray) -> IntArray:
        """The position of each cell's population in :attr:`names`."""
        starts = np.array([start for start, _ in self.ranges.values()])
        order = np.argsort(starts + np.array([count == 0 for _, count in self.ranges.values()]) * 2**62)
        found: IntArray = order[np.searchsorted(starts[order], gids, side="right") - 1]
        return found


def read_cells(tables: Sequence[Table], remarks: Remarks) -> Cells:
    """Read all tables of cells.

    Raises
    ------
    FormatError
        A gid is there twice, or a table has none where others have one.
    """
    names = [_populations(table) for table in tables]
    ids = _ids(tables, [len(one) for one in names])
    everyone = np.concatenate(names)
    empty = [table.path.stem for table, one in zip(tables, names, strict=True) if not one.size]
    words = {word: code for code, word in enumerate(dict.fromkeys([*everyone.tolist(), *empty]))}
    codes = np.array([words[one] for one in everyone.tolist()], np.int64)
    order = np.lexsort((ids, codes))
    ranges = _ranges(list(words), codes[order], ids[order])
    gids = np.empty(ids.size, np.int64)
    anew = [start + np.arange(count) for start, count in ranges.values()]
    gids[order] = np.concatenate([np.empty(0, np.int64), *anew])
    if not np.array_equal(ids, gids):
        remarks.changed("cells", "are numbered anew: a population's gids follow each other, and those given do not")
    by_id = np.argsort(ids)
    found: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in ranges}
    _read_attributes(tables, gids, ranges, found, remarks)
    return Cells(ranges, ids[by_id], gids[by_id], found)


def _populations(table: Table) -> AnyArray:
    types = import_pyarrow("types")
    if "population" not in table.names:
        first = table.names[0] if table.names else ""
        size = len(table.column(first)) if first else 0
        return np.full(size, table.path.stem, dtype=object)
    column = table.column("population")
    if not len(column):
        return np.empty(0, dtype=object)
    table.check_filled("population", column, 0)
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (types.is_string(column.type) or types.is_large_string(column.type) or types.is_integer(column.type)):
        raise table.error("population", f"has to be text, not {column.type}")
    return np.array([str(one) for one in column.to_pylist()], dtype=object)


def _ids(tables: Sequence[Table], sizes: Sequence[int]) -> IntArray:
    having = ["gid" in table.names for table in tables]
    if not any(having):
        return np.arange(sum(sizes), dtype=np.int64)
    if not all(having):
        raise FormatError(str(tables[having.index(False)].path), "/gid", "has no gid, but other tables of cells have")
    found = np.concatenate([table.ids("gid", table.column("gid"), 0) for table in tables])
    order = np.argsort(found, kind="stable")
    twice = np.flatnonzero(found[order][1:] == found[order][:-1])
    if twice.size:
        at, row = 0, int(order[twice[0] + 1])
        while row >= sizes[at]:
            row, at = row - sizes[at], at + 1
        raise tables[at].error("gid", f"row {row}: there is a cell {found[order][twice[0]]} already")
    return found


def _ranges(names: Sequence[str], codes: IntArray, ids: IntArray) -> dict[str, tuple[int, int]]:
    """The gids that were given, where each population's follow each other; else new ones."""
    bounds = np.searchsorted(codes, np.arange(len(names) + 1))
    counts = np.diff(bounds)
    filled = counts > 0
    first, last = ids[bounds[:-1][filled]], ids[bounds[1:][filled] - 1]
    starts = np.cumsum(counts) - counts
    if (first >= 0).all() and np.array_equal(last - first + 1, counts[filled]):
        starts = np.full(len(names), int(last.max(initial=-1)) + 1)
        starts[filled] = first
    return {name: (int(start), int(count)) for name, start, count in zip(names, starts, counts, strict=True)}


def _read_attributes(
    tables: Sequence[Table],
    gids: IntArray,
    ranges: dict[str, tuple[int, int]],
    found: dict[str, dict[str, dict[str, Any]]],
    remarks: Remarks,
) -> None:
    """Put the columns of all tables together, and give each population its part."""
    names = dict.fromkeys(name for table in tables for name in table.names if name not in IDS[CELLS])
    for name in names:
        whole = _column(tables, name, gids, remarks)
        if whole is None:
            continue
        for population, (start, count) in ranges.items():
            mine = whole.of(start, start + count)
            if len(mine):
                space, short = home_of(CELLS, name)
                plain = len(mine) == count and mine.is_single
                found[population].setdefault(space, {})[short] = mine.values if plain else mine
    for population, spaces in found.items():
        _flatten(population, spaces.get(COORDINATES, {}), ranges[population][1], remarks)


@attrs.frozen(eq=False)
class Ragged:
    """Values of some cells, in any order."""

    gids: IntArray
    lengths: IntArray
    values: AnyArray

    def of(self, start: int, stop: int) -> CellAttribute:
        """Those of a range of gids, ascending."""
        rows = np.flatnonzero((self.gids >= start) & (self.gids < stop))
        rows = rows[np.argsort(self.gids[rows], kind="stable")]
        firsts = np.cumsum(self.lengths) - self.lengths
        lengths = self.lengths[rows]
        pointer = pointer_of(lengths)
        picks = repeat(firsts[rows] - pointer[:-1], lengths) + np.arange(int(pointer[-1]))
        return CellAttribute(self.gids[rows], pointer, self.values[picks])


def _column(tables: Sequence[Table], name: str, gids: IntArray, remarks: Remarks) -> Ragged | None:
    parts: list[tuple[IntArray, IntArray, AnyArray]] = []
    extent: Extent | None = None
    having, row = [], 0
    for table in tables:
        size = len(_populations(table))
        mine, row = gids[row : row + size], row + size
        if name not in table.names:
            continue
        part = _part(table, name, mine, remarks)
        if part is not None:
            having.append(table)
            parts.append(part)
            one = extent_of(part[2])
            extent = one if extent is None else extent | one
    form = None if extent is None else kept(name, having, extent, remarks)
    if form is None:
        return None
    cells, lengths = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    return Ragged(cells, lengths, np.concatenate([as_stored(part[2], form) for part in parts]))


def _part(table: Table, name: str, gids: IntArray, remarks: Remarks) -> tuple[IntArray, IntArray, AnyArray] | None:
    """The cells of one table that have a value, how many each, and the values."""
    types, array = import_pyarrow("types"), table.column(name)
    several = types.is_list(array.type) or types.is_large_list(array.type)
    kind = array.type.value_type if several else array.type
    if numpy_type(kind) is None:
        if not types.is_null(kind):
            remarks.dropped(f"{table.path}: {name}", f"holds {kind}, and NeuroH5 holds numbers only")
        return None
    filled = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
    array = array.drop_null()
    if not several:
        return gids[filled], np.ones(filled.size, np.int64), np.asarray(array.to_numpy(zero_copy_only=False))
    values = array.flatten()
    table.check_filled(name, values, 0)
    lengths = np.asarray(array.value_lengths().to_numpy(zero_copy_only=False), np.int64)
    return gids[filled], lengths, np.asarray(values.to_numpy(zero_copy_only=False))


def _flatten(population: str, given: dict[str, Any], count: int, remarks: Remarks) -> None:
    """Give cells in a plane a z of 0, for a system's coordinates are three."""
    if "X Coordinate" in given and "Y Coordinate" in given and "Z Coordinate" not in given:
        given["Z Coordinate"] = np.zeros(count, np.float32)
        remarks.changed(f"cells of {population!r}", "have no z, so it is 0")
