"""Node populations, and how they become populations of NeuroH5."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.converting._report import Remarks
from livn_core.converting.sonata import _h5
from livn_core.converting.sonata._names import AXES, BOOKS, COORDINATES, of_groups
from livn_core.converting.sonata._plan import Attribute, plan
from livn_core.converting.sonata._rows import Rows
from livn_core.converting.sonata._types import MISSING
from livn_core.errors import InvalidArgumentError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5.values import CellAttribute

if TYPE_CHECKING:
    import h5py

NAMING_COLUMNS = ("pop_name", "model_name")
"""Columns of the table of types that say what a population is called, the first that every type fills."""

START = "neuroh5_start"
"""HDF5 attribute with the first gid of a population that came from NeuroH5."""

WHOLE = "none"


@attrs.frozen(eq=False)
class Nodes:
    """One node population, split into populations of NeuroH5."""

    rows: Rows
    node_ids: IntArray | None
    """What edges call the nodes; None: their row."""
    members: Mapping[str, IntArray]
    """The rows of each population of NeuroH5, ascending."""
    attributes: list[Attribute]

    def row_of(self, ids: h5py.Dataset, found: IntArray) -> IntArray:
        """The rows of nodes that edges name by their ids."""
        order = None if self.node_ids is None else np.argsort(self.node_ids)
        known = np.arange(self.rows.size) if self.node_ids is None or order is None else self.node_ids[order]
        at = np.searchsorted(known, found) if self.node_ids is not None else found
        wrong = (at < 0) | (at >= known.size)
        if self.node_ids is not None and known.size:
            wrong |= known[np.minimum(at, known.size - 1)] != found
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise _h5.error_at(ids, f"row {row}: there is no node {found[row]} in population {self.rows.name!r}")
        return at if order is None else order[at]

    def cells(self, name: str, start: int) -> dict[str, dict[str, Any]]:
        """The attributes of one population of NeuroH5 that begins at a gid: ``{namespace: {name: values}}``."""
        picked = self.members[name]
        found: dict[str, dict[str, Any]] = {}
        groups = self.rows.groups_of(picked)
        present = np.unique(groups).tolist()
        for attribute in self.attributes:
            having = having_groups(attribute, self.rows, present)
            mask = np.isin(groups, having)
            if not mask.any() and picked.size:
                continue
            parts = attribute.parts(attribute.values(self.rows, picked[mask]))
            for (space, short), values in parts.items():
                where = found.setdefault(of_groups(space, having, present), {})
                where[short] = values if mask.all() else sparse(np.flatnonzero(mask) + start, values)
        found.setdefault(BOOKS, {}).update(self._books(picked))
        _flatten(found, picked.size)
        return {space: named for space, named in found.items() if named}

    def _books(self, picked: IntArray) -> dict[str, AnyArray]:
        """What only the way back needs."""
        rows = self.rows
        books = {
            "node_type_id": rows.type_ids,
            "node_id": self.node_ids,
            "node_group_id": rows.group_ids,
            "node_group_index": rows.group_index,
        }
        return {"row": picked.astype(np.uint32)} | {
            name: fitting(values[picked], f"{name} of population {rows.name!r}")
            for name, values in books.items()
            if values is not None
        }


def having_groups(attribute: Attribute, rows: Rows, present: list[int]) -> list[int]:
    """The groups that have an attribute; all of them where types have it."""
    if attribute.words is None and rows.types is not None and attribute.path in rows.types.numbers:
        return present
    return [number for number in present if attribute.has(rows.groups.get(number, {}))]


def sparse(gids: IntArray, values: AnyArray) -> CellAttribute:
    """An attribute that only some cells have."""
    return CellAttribute(gids.astype(np.int64), np.arange(gids.size + 1, dtype=np.int64), values)


def fitting(values: IntArray, what: str) -> AnyArray:
    """Whole numbers as int32 where they fit, else as uint32, which is checked by who reads them.

    Raises
    ------
    InvalidArgumentError
        They fit into neither; the message says what they are.
    """
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if low < -(2**31) or high >= 2**32 or (low < 0 and high >= 2**31):
        raise InvalidArgumentError(f"{what}: {low} to {high} do not fit into 32 bits, which is what neuroh5 reads")
    return values.astype(np.int32 if high < 2**31 else np.uint32)


def _flatten(found: dict[str, dict[str, Any]], size: int) -> None:
    """Give cells in a plane a z of 0, for a system's coordinates are three."""
    given = found.get(COORDINATES, {})
    if "X Coordinate" in given and "Y Coordinate" in given and "Z Coordinate" not in given:
        x = given["X Coordinate"]
        zeros = np.zeros(size if isinstance(x, np.ndarray) else len(x), np.float32)
        given["Z Coordinate"] = zeros if isinstance(x, np.ndarray) else sparse(x.gids, zeros)


def read_nodes(tables: Sequence[Rows], split_by: str | None, remarks: Remarks) -> dict[str, Nodes]:
    """Split node populations, and plan their attributes.

    Parameters
    ----------
    tables
        The node populations.
    split_by
        A column of the tables of types, or a text attribute; ``"none"``: not at all; None: by type, under the names
        that the columns of :data:`NAMING_COLUMNS` give them.
    """
    labels = {table.name: _labels(table, split_by) for table in tables}
    if split_by not in {None, WHOLE} and all(found is None for found in labels.values()):
        known = sorted({name for table in tables for name in _columns_of(table)})
        raise InvalidArgumentError(f"no node population can be split by {split_by!r}; there is {', '.join(known)}")
    found: dict[str, Nodes] = {}
    taken = _shared(labels)
    for table in tables:
        attributes = plan([table], remarks)
        node_ids = _node_ids(table)
        members = dict(_members(table, labels[table.name], taken))
        found[table.name] = Nodes(table, node_ids, members, attributes)
        _remark_on_positions(table, attributes, remarks)
    return found


def _node_ids(table: Rows) -> IntArray | None:
    if "node_id" not in table.group:
        return None
    ids = _h5.ids(table.group, "node_id", table.size)
    if np.array_equal(ids, np.arange(ids.size)):
        return None
    if np.unique(ids).size != ids.size:
        raise _h5.error_at(table.group["node_id"], "names a node twice")
    return ids


def _labels(table: Rows, split_by: str | None) -> list[str] | None:
    """The name of each type, or None where the population stays whole."""
    used = np.unique(table.type_ids)
    if split_by == WHOLE or (split_by is None and (used.size <= 1 or START in table.group.attrs)):
        return None
    if split_by is None:
        column = _naming_column(table, used)
        if column is None:
            return [f"{table.name}_{one}" for one in table.type_ids.tolist()]
        split_by = column
    if split_by == "node_type_id":
        return [f"{table.name}_{one}" for one in table.type_ids.tolist()]
    return _labels_of(table, split_by)


def _labels_of(table: Rows, column: str) -> list[str] | None:
    if column not in _columns_of(table):
        return None
    everything = np.arange(table.size)
    names = np.full(table.size, table.name, dtype=object)
    if table.types is not None and column in table.types.columns:
        texts = [table.name if text in MISSING else text for text in table.types.column(column)]
        names = np.array(texts, dtype=object)[table.type_rows(everything)]
    groups, index = table.groups_of(everything), table.index_of(everything)
    for number, columns in table.groups.items():
        if column in columns and columns[column].is_text:
            mine = groups == number
            values = columns[column].take(index[mine])
            words = columns[column].words(values)
            codes = columns[column].codes(values, {word: code for code, word in enumerate(words)})
            names[mine] = np.array(words, dtype=object)[codes] if words else names[mine]
    return [str(name).replace("/", "_") for name in names.tolist()]


def _columns_of(table: Rows) -> set[str]:
    texts = {path for group in table.groups.values() for path, column in group.items() if column.is_text}
    return texts | set(table.types.columns if table.types is not None else ()) | {"node_type_id"}


def _naming_column(table: Rows, used: IntArray) -> str | None:
    if table.types is None:
        return None
    rows = np.isin(table.types.ids_of("node_type_id"), used)
    for name in NAMING_COLUMNS:
        if name in table.types.columns:
            texts = np.array(table.types.column(name), dtype=object)[rows]
            if not MISSING & set(texts.tolist()):
                return name
    return None


def _shared(labels: Mapping[str, list[str] | None]) -> set[str]:
    """Names that more than one node population would give."""
    seen: set[str] = set()
    shared: set[str] = set()
    for population, names in labels.items():
        mine = {population} if names is None else set(names)
        shared |= seen & mine
        seen |= mine
    return shared


def _members(table: Rows, labels: list[str] | None, shared: set[str]) -> Iterator[tuple[str, IntArray]]:
    if labels is None or not labels:
        yield table.name, np.arange(table.size, dtype=np.int64)
        return
    prefix = f"{table.name}_" if shared & set(labels) else ""
    words = {word: code for code, word in enumerate(dict.fromkeys(labels))}
    codes = np.array([words[label] for label in labels])
    for word, code in words.items():
        yield prefix + word, np.flatnonzero(codes == code).astype(np.int64)


def _remark_on_positions(table: Rows, attributes: Sequence[Attribute], remarks: Remarks) -> None:
    homes = {one.home[1] for one in attributes if one.home[0] == COORDINATES}
    lacking = [axis for axis in AXES if f"{axis.upper()} Coordinate" not in homes]
    if lacking == ["z"]:
        remarks.changed(f"nodes of {table.name!r}", "have no z, so their cells have z = 0")
    elif lacking and table.size:
        remarks.changed(f"nodes of {table.name!r}", "have no positions, so System has no coordinates of their cells")
