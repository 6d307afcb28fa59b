"""Which attributes there are, where they go, and in which form: found by looking at all values once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import attrs
import numpy as np

from livn_core.converting._numbers import Extent, Form, extent_of
from livn_core.converting._report import Remarks
from livn_core.converting.sonata import _h5
from livn_core.converting.sonata._names import BOOKS, HOMES, LABELS, flat, home_of
from livn_core.converting.sonata._rows import HOME, Column, Rows
from livn_core.h5file import AnyArray, IntArray

MOST_WORDS = 2**16 - 1
"""Different words that one attribute may have."""

Home = tuple[str, str]


@attrs.frozen
class Attribute:
    """One attribute in NeuroH5."""

    path: str
    """What it is called in SONATA."""
    home: Home
    """Namespace and name in NeuroH5."""
    form: Form
    words: tuple[str, ...] | None = None
    """What its numbers stand for, where it is text in SONATA."""

    def has(self, columns: Mapping[str, Column]) -> bool:
        """Whether a group has it."""
        return self.path in columns and columns[self.path].is_text == (self.words is not None)

    def parts(self, values: AnyArray) -> dict[Home, AnyArray]:
        """The arrays to write, by namespace and name."""
        return {extra_home(self.home, self.path, part): array for part, array in self.form.split(values).items()}

    def values(self, rows: Rows, picked: IntArray) -> AnyArray:
        """The values of some rows, of their own or of their type; :attr:`Form.missing` where there are none."""
        groups, index = rows.groups_of(picked), rows.index_of(picked)
        present = np.unique(groups).tolist()
        if len(present) == 1 and self.has(rows.groups.get(present[0], {})):
            return self._read(rows.groups[present[0]][self.path], index)
        found = self._by_type(rows, picked)
        for number in present:
            if self.has(rows.groups.get(number, {})):
                mine = groups == number
                found[mine] = self._read(rows.groups[number][self.path], index[mine])
        return found

    def _read(self, column: Column, index: IntArray) -> AnyArray:
        values = column.take(index)
        if self.words is not None:
            values = column.codes(values, {word: code for code, word in enumerate(self.words)})
        return values.astype(self.form.wide, copy=False)

    def _by_type(self, rows: Rows, picked: IntArray) -> AnyArray:
        if self.words is None and rows.types is not None and self.path in rows.types.numbers:
            values: AnyArray = rows.types.numbers[self.path][rows.type_rows(picked)]
            return values.astype(self.form.wide)
        return np.full(picked.size, self.form.missing, self.form.wide)


def extra_home(home: Home, path: str, part: str) -> Home:
    """Where a part of an attribute goes that only the way back needs."""
    return home if not part else (BOOKS, f"{flat(path)} ({part})")


def plan(tables: Sequence[Rows], remarks: Remarks) -> list[Attribute]:
    """Decide on the attributes that populations have together.

    Parameters
    ----------
    tables
        Populations whose rows get the same attributes, such as the edge populations of one projection.
    remarks
        What cannot be kept is noted here.
    """
    kind = tables[0].kind
    columns: dict[tuple[str, bool], list[Column]] = {}
    for table in tables:
        for group in table.groups.values():
            for path, column in group.items():
                columns.setdefault((path, column.is_text), []).append(column)
    typed = {name for table in tables if table.types for name in table.types.numbers}
    texts = [_text(path, found, remarks) for (path, text), found in columns.items() if text]
    numbers = {path: found for (path, text), found in columns.items() if not text}
    chosen = [
        _number(kind, path, numbers.get(path, []), tables, remarks) for path in [*numbers, *sorted(typed - {*numbers})]
    ]
    return _apart([*chosen, *(one for one in texts if one is not None)])


def _number(kind: str, path: str, columns: list[Column], tables: Iterable[Rows], remarks: Remarks) -> Attribute:
    extents = [extent for column in columns for extent in _extents(column)]
    for table in tables:
        if table.types is not None and path in table.types.numbers:
            # The table of types is kept as text, so its numbers need not be exact.
            extents.append(attrs.evolve(extent_of(table.types.numbers[path]), exact=True, near=True))
    extent = extents[0]
    for one in extents[1:]:
        extent |= one
    if extent.floating and max(-extent.low, extent.high) > 2**53:
        remarks.changed(path, "whole numbers beyond 2**53 stand beside floating ones, and are rounded like those")
    given = next((str(one.dataset.attrs[HOME]) for one in columns if HOME in one.dataset.attrs), None)
    return Attribute(path, home_of(kind, path, given), Form.of(extent))


def _extents(column: Column) -> Iterable[Extent]:
    spans = list(_h5.spans(column.size)) or [(0, 0)]
    return (extent_of(column.span(start, stop)) for start, stop in spans)


def _text(path: str, columns: list[Column], remarks: Remarks) -> Attribute | None:
    words: dict[str, None] = {}
    for column in columns:
        for start, stop in _h5.spans(column.size):
            words |= dict.fromkeys(column.words(column.span(start, stop)))
            if len(words) > MOST_WORDS:
                place = f"{column.dataset.file.filename}: {column.dataset.name}"
                remarks.dropped(place, f"is text with more than {MOST_WORDS:,} different words")
                return None
    size = next(one for one in (np.uint8, np.uint16) if len(words) <= np.iinfo(one).max)
    return Attribute(path, (LABELS, flat(path)), Form(np.dtype(size)), tuple(words))


def _apart(attributes: list[Attribute]) -> list[Attribute]:
    """Give each attribute a home of its own."""
    taken: set[Home] = set()
    found = []
    for one in attributes:
        home = one.home if one.home not in taken else (HOMES["other"], flat(one.path))
        taken.add(home)
        found.append(attrs.evolve(one, home=home))
    return found
