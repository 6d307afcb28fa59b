"""Tables of node types and edge types: text, a row for each type, columns parted by spaces.

The text is kept as it is, so that it can be written again. Columns of numbers stand in for attributes that the rows of
a population do not have themselves (SONATA developer guide, "Representing nodes"/"edges").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from livn_core.errors import FormatError, SourceNotFoundError
from livn_core.h5file import AnyArray, IntArray

MISSING = frozenset({"", "NULL", "null", "None", "NaN", "nan", "NA"})


@attrs.define(slots=False, frozen=True, eq=False)
class Types:
    """The types of the nodes or edges of one population."""

    place: str
    """The file, for error messages."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def read(cls, path: Path, key: str) -> Types:
        """Read a table.

        Parameters
        ----------
        path
            The .csv file.
        key
            The column of ids: ``"node_type_id"`` or ``"edge_type_id"``.
        """
        if not path.is_file():
            raise SourceNotFoundError(f"no such file: {path}")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise FormatError(str(path), "/", f"byte {error.start}: has to be UTF-8") from error
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=" ", skipinitialspace=True)
        rows = [(lines.line_num, [*row]) for row in lines if any(row)]
        if not rows or key not in rows[0][1]:
            raise FormatError(str(path), "/", f"has to begin with names of columns parted by spaces, one of them {key}")
        columns = rows[0][1]
        for line, row in rows[1:]:
            while len(row) > len(columns) and not row[-1]:
                row.pop()
            if len(row) != len(columns):
                raise FormatError(str(path), f"/line {line}", f"has {len(row)} values for {len(columns)} columns")
        found = cls(str(path), tuple(columns), tuple(tuple(row) for _, row in rows[1:]))
        found.ids_of(key)
        return found

    def ids_of(self, key: str) -> IntArray:
        """The ids of the types, in the order of the rows: int64."""
        found = []
        for row, text in enumerate(self.column(key)):
            try:
                found.append(int(text))
            except ValueError:
                raise FormatError(self.place, f"/{key}", f"row {row}: {text!r} is no whole number") from None
            if found[-1] in found[:-1]:
                raise FormatError(self.place, f"/{key}", f"row {row}: type {text} is there twice")
        return np.array(found, np.int64)

    def column(self, name: str) -> list[str]:
        """The text of one column."""
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    @cached_property
    def numbers(self) -> Mapping[str, AnyArray]:
        """Columns of numbers: int64 where each type has a whole one, else float64 with NaN where there is none."""
        found = {name: _numbers(self.column(name)) for name in self.columns if name not in ID_COLUMNS}
        return {name: values for name, values in found.items() if values is not None}

    def text(self) -> str:
        """The table as it is written to a file."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=" ", lineterminator="\n")
        writer.writerows([self.columns, *([one or "NULL" for one in row] for row in self.rows)])
        return out.getvalue()


ID_COLUMNS = frozenset({"node_type_id", "edge_type_id"})


def _numbers(texts: Sequence[str]) -> AnyArray | None:
    filled = [text for text in texts if text not in MISSING]
    if not filled:
        return None
    kind: Any
    for kind in (int, float):
        try:
            values = [kind(text) for text in filled]
        except ValueError:
            continue
        if kind is int and len(filled) == len(texts) and all(abs(one) < 2**31 for one in values):
            return np.array(values, np.int64)
        return np.array([np.nan if text in MISSING else float(text) for text in texts])
    return None
