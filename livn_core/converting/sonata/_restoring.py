"""Put the SONATA network together again from which a system was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.converting._numbers import HIGH, LOW, NEAR, joined
from livn_core.converting.sonata._datasets import put_column, put_library
from livn_core.converting.sonata._document import Table
from livn_core.converting.sonata._names import DOCUMENT
from livn_core.converting.sonata._rows import POSITIONS
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import h5py

    from livn_core.system import System

PARTS = ("", NEAR, LOW, HIGH)


def stale(system: System, what: str) -> FormatError:
    """The error for a system that is no longer what its document describes."""
    return FormatError(
        f"{system.uri}/{DOCUMENT}",
        "/",
        f"does not fit the HDF5 files: {what}; were they changed? With restore=False (--no-restore) the system is "
        "written as it is, without this document",
    )


def check_whole(system: System, rows: IntArray, table: Table, kind: str) -> None:
    """Check that each row is there once."""
    inside = rows.size == table.size and bool(((rows >= 0) & (rows < table.size)).all())
    if not inside or not np.bincount(rows.astype(np.intp, copy=False), minlength=table.size).all():
        raise stale(system, f"{rows.size:,} {kind}s of {table.name!r} where it says {table.size:,}")


def scattered(values: AnyArray, rows: IntArray) -> AnyArray:
    """Values in the order of rows."""
    found = np.empty_like(values)
    found[rows] = values
    return found


def original(parts: dict[str, AnyArray], path: str, column: Mapping[str, Any], table: Table) -> AnyArray:
    """The values as SONATA had them: numbers of their type, or text, or positions in the group's library."""
    if not is_text(column):
        return joined(parts, np.dtype(column["dtype"]))
    words = table.words[path]
    if "library" not in column:
        return np.array(words, dtype=object)[parts[""]] if words else np.empty(0, dtype=object)
    known = {word: code for code, word in reversed(list(enumerate(column["library"])))}
    codes = np.array([known.get(word, 0) for word in words], np.int64)
    return codes[parts[""]].astype(column["dtype"]) if words else np.empty(0, column["dtype"])


def is_text(column: Mapping[str, Any]) -> bool:
    """Whether a column was text, or stood for it."""
    return column["dtype"] == "text" or "library" in column


def home(table: Table, path: str, column: Mapping[str, Any]) -> tuple[str, str]:
    """Where an attribute is in NeuroH5."""
    return table.homes[f"text:{path}" if is_text(column) else path]


def write_groups(group: h5py.Group, kind: str, table: Table, columns: Iterator[tuple[int, str, AnyArray]]) -> None:
    """Write all groups of a population; ``columns`` gives group, path and values."""
    axes: dict[int, list[AnyArray]] = {}
    for number in table.groups:
        group.require_group(str(number))
    for number, path, values in columns:
        inside, column = group[str(number)], table.groups[number][path]
        if path.startswith(f"{POSITIONS}/"):
            axes.setdefault(number, []).append(values)
            continue
        put_column(inside, path, values, kind, None if is_text(column) else table.homes[path])
        if "library" in column:
            put_library(inside, path, column["library"])
    for number, found in axes.items():
        group[str(number)].create_dataset(POSITIONS, data=np.stack(found, axis=1))


def placed(table: Table, group_ids: IntArray | None, index: IntArray | None) -> tuple[IntArray, IntArray]:
    """Group, and row in it, of each row of a population; what was not kept follows from the order."""
    if group_ids is None or group_ids.size != table.size:
        group_ids = np.full(table.size, next(iter(table.groups), 0), np.int64)
    if index is None or index.size != table.size:
        index = np.arange(table.size)
    return group_ids, index
