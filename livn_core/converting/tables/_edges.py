"""Tables of edges: by projection and post cell, streamed where a table has them in that order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs
import numpy as np

from livn_core.converting._numbers import Extent, Form, extent_of
from livn_core.converting._report import Remarks
from livn_core.converting.tables._cells import Cells
from livn_core.converting.tables._columns import IDS, as_stored, home_of, kept
from livn_core.converting.tables._files import POST, PRE, Table, empty_extent, import_pyarrow, needs_look, numpy_type
from livn_core.errors import unknown_name
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import Edges

EDGES = "edges"
Columns = dict[str, AnyArray]


@attrs.define(slots=False, eq=False)
class EdgeTable:
    """A table whose ids are checked, and whose numbers were looked at."""

    table: Table
    cells: Cells
    extents: dict[str, Extent]
    pairs: set[int] = attrs.field(factory=set)
    """Projections that have some of its rows: ``pre * number of populations + post``."""
    ordered: bool = True
    """Whether rows are in the order of post gids."""

    @property
    def names(self) -> list[str]:
        """The columns of attributes."""
        return list(self.extents)

    def batches(self, names: Sequence[str]) -> Iterator[tuple[int, IntArray, IntArray, dict[str, Any]]]:
        """First row, pre and post gids, and other columns."""
        ends = [name for name in self.table.names if name in IDS[EDGES]]
        for row, batch in self.table.batches([*ends, *names]):
            pre, post = (self._gids(batch, end, row) for end in (PRE, POST))
            yield row, pre, post, batch

    def _gids(self, batch: Mapping[str, Any], end: str, row: int) -> IntArray:
        given, column = self.table.ids(end, batch[end], row), f"{end}_population"
        if column in batch:
            return self._by_index(given, batch[column], end, row)
        ids = self.cells.ids
        at = np.minimum(np.searchsorted(ids, given), max(ids.size - 1, 0))
        wrong = ids[at] != given if ids.size else np.ones(given.size, np.bool_)
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise self.table.error(end, f"row {row + first}: there is no cell {given[first]}")
        return self.cells.gids[at]

    def _by_index(self, given: IntArray, populations: Any, end: str, row: int) -> IntArray:
        """Gids of cells that are counted within their population."""
        column = f"{end}_population"
        self.table.check_filled(column, populations, row)
        encoded = populations if hasattr(populations, "dictionary") else populations.dictionary_encode()
        names = [str(one) for one in encoded.dictionary.to_pylist()]
        for name in names:
            if name not in self.cells.ranges:
                raise unknown_name("population", name, self.cells.ranges, f"{self.table.path}: {column}")
        ranges = np.array([self.cells.ranges[name] for name in names], np.int64).reshape(-1, 2)
        start, count = ranges[encoded.indices.to_numpy(zero_copy_only=False)].T
        wrong = (given < 0) | (given >= count)
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise self.table.error(
                end, f"row {row + first}: {given[first]} is no index of the {count[first]} cells of that population"
            )
        found: IntArray = start + given
        return found

    def columns(self, batch: Mapping[str, Any], row: int, forms: Mapping[str, Form]) -> Columns:
        """The attributes of a batch as they are kept."""
        return {
            name: as_stored(self.table.numbers(name, batch[name], row), forms[name])
            for name in self.names
            if name in forms
        }

    @cached_property
    def _loaded(self) -> dict[str, Any]:
        return {}

    def whole(self, forms: Mapping[str, Form]) -> tuple[IntArray, IntArray, Columns]:
        """Everything at once; kept, for other projections may want it, too."""
        if not self._loaded:
            parts = [
                {PRE: pre, POST: post, **self.columns(batch, row, forms)}
                for row, pre, post, batch in self.batches([name for name in self.names if name in forms])
            ]
            self._loaded.update({key: np.concatenate([part[key] for part in parts]) for key in parts[0]})
        rest = {key: values for key, values in self._loaded.items() if key not in {PRE, POST}}
        return self._loaded[PRE], self._loaded[POST], rest


def look(table: Table, cells: Cells, remarks: Remarks) -> EdgeTable:
    """Check the ids of a table, and see in which order it is and what its numbers need."""
    extents = {}
    for name in table.names:
        if name in IDS[EDGES]:
            continue
        kind = table.schema.field(name).type
        if numpy_type(kind) is not None:
            extents[name] = empty_extent(kind)
        elif not import_pyarrow("types").is_null(kind):
            remarks.dropped(f"{table.path}: {name}", f"holds {kind}, and edges in NeuroH5 have one number each")
    found = EdgeTable(table, cells, extents)
    wide = [name for name in extents if needs_look(table.schema.field(name).type)]
    last = -1
    for row, pre, post, batch in found.batches(wide):
        if not post.size:
            continue
        codes = cells.codes_of(pre) * len(cells.ranges) + cells.codes_of(post)
        found.pairs |= set(np.unique(codes).tolist())
        found.ordered = found.ordered and bool(post[0] >= last) and bool((post[1:] >= post[:-1]).all())
        last = int(post[-1])
        for name in wide:
            extents[name] |= extent_of(table.numbers(name, batch[name], row))
    return found


def forms_of(tables: Sequence[EdgeTable], remarks: Remarks) -> dict[str, Form]:
    """How each column is kept, the same in all tables."""
    found = {}
    for name in dict.fromkeys(name for one in tables for name in one.names):
        having = [one for one in tables if name in one.names]
        extent = having[0].extents[name]
        for one in having[1:]:
            extent |= one.extents[name]
        form = kept(name, [one.table for one in having], extent, remarks)
        if form is not None:
            found[name] = form
    return found


def pieces(tables: Sequence[EdgeTable], pair: int, forms: Mapping[str, Form]) -> Iterator[Edges]:
    """The edges of one projection."""
    if len(tables) == 1 and tables[0].ordered and tables[0].pairs == {pair}:
        yield from _streamed(tables[0], forms)
        return
    names = [name for name in forms if any(name in one.names for one in tables)]
    parts = [_of_pair(one, pair, names, forms) for one in tables]
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(joined[POST], kind="stable")
    yield _edges({key: values[order] for key, values in joined.items()})


def _of_pair(one: EdgeTable, pair: int, names: Sequence[str], forms: Mapping[str, Form]) -> Columns:
    pre, post, rest = one.whole(forms)
    codes = one.cells.codes_of(pre) * len(one.cells.ranges) + one.cells.codes_of(post)
    rows = np.flatnonzero(codes == pair)
    columns: Columns = {PRE: pre[rows], POST: post[rows]}
    for name in names:
        columns[name] = rest[name][rows] if name in rest else np.full(rows.size, forms[name].missing, forms[name].dtype)
    return columns


def _streamed(one: EdgeTable, forms: Mapping[str, Form]) -> Iterator[Edges]:
    """Batch by batch, each post cell whole: the last one of a batch waits for the next."""
    waiting: Columns | None = None
    for row, pre, post, batch in one.batches([name for name in one.names if name in forms]):
        here = {PRE: pre, POST: post, **one.columns(batch, row, forms)}
        if waiting is not None:
            here = {key: np.concatenate((waiting[key], values)) for key, values in here.items()}
        cut = int(np.searchsorted(here[POST], here[POST][-1:]).sum())
        waiting = {key: values[cut:] for key, values in here.items()}
        if cut:
            yield _edges({key: values[:cut] for key, values in here.items()})
    if waiting is not None and waiting[POST].size:
        yield _edges(waiting)


def _edges(columns: Columns) -> Edges:
    post = columns[POST]
    firsts = np.flatnonzero(np.concatenate((np.ones(min(post.size, 1), np.bool_), post[1:] != post[:-1])))
    attributes: dict[str, dict[str, AnyArray]] = {}
    for name, values in columns.items():
        if name not in {PRE, POST}:
            space, short = home_of(EDGES, name)
            attributes.setdefault(space, {})[short] = values
    return Edges(post[firsts], np.append(firsts, post.size), columns[PRE], attributes)
