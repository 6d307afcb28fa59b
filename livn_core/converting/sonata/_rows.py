"""The nodes or edges of one population: rows, each in a group that says which attributes it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.converting._numbers import is_number
from livn_core.converting._report import Remarks
from livn_core.converting.sonata import _h5
from livn_core.converting.sonata._names import DYNAMICS
from livn_core.converting.sonata._types import Types
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import h5py

LIBRARY = "@library"
POSITIONS = "positions"
HOME = "neuroh5_attribute"
"""HDF5 attribute with which we say which NeuroH5 attribute a dataset holds."""


@attrs.frozen(eq=False)
class Column:
    """One attribute of one group."""

    dataset: h5py.Dataset
    path: str
    """Below its group, such as ``delay`` or ``dynamics_params/tau``."""
    library: tuple[str, ...] | None = None
    """The words that its numbers stand for."""
    axis: int | None = None
    """Which part of rows of several numbers it is; None: rows have one number."""
    _whole: dict[str, AnyArray] = attrs.field(factory=dict, repr=False)

    @property
    def is_text(self) -> bool:
        """Whether a reader of SONATA sees text."""
        return self.library is not None or _h5.is_text(self.dataset)

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.dataset.shape[0])

    @property
    def dtype(self) -> str:
        """What the values are, for writing them again."""
        return "text" if _h5.is_text(self.dataset) else str(self.dataset.dtype.newbyteorder("=").name)

    def span(self, start: int, stop: int) -> AnyArray:
        """Values of a range of rows."""
        values = _h5.read(self.dataset, start, stop)
        return values if self.axis is None else np.ascontiguousarray(values[:, self.axis])

    def take(self, rows: IntArray) -> AnyArray:
        """Values of some rows; what lies apart in the file is read once as a whole, and kept."""
        if not rows.size:
            return self.span(0, 0)
        low, high = int(rows.min()), int(rows.max()) + 1
        if "all" not in self._whole and high - low <= 4 * rows.size:
            found = self.span(low, high)
            return found if high - low == rows.size and np.all(np.diff(rows) == 1) else found[rows - low]
        if "all" not in self._whole:
            self._whole["all"] = self.span(0, self.size)
        return self._whole["all"][rows]

    def forget(self) -> None:
        """Let go of what was kept."""
        self._whole.clear()

    def words(self, values: AnyArray) -> list[str]:
        """The different words among values that were read, in the order in which they come."""
        if self.library is None:
            return list(dict.fromkeys(values.tolist()))
        seen, first = np.unique(values, return_index=True)
        if seen.size and not 0 <= seen[0] <= seen[-1] < len(self.library):
            wrong = seen[0] if seen[0] < 0 else seen[-1]
            raise _h5.error_at(self.dataset, f"holds {wrong}, but its {LIBRARY} has {len(self.library)} words")
        return [self.library[code] for code in seen[np.argsort(first)].tolist()]

    def codes(self, values: AnyArray, table: Mapping[str, int]) -> IntArray:
        """Values that were read as positions in a table of words."""
        if self.library is None:
            return np.array([table[word] for word in values.tolist()], np.int64)
        return np.array([table.get(word, -1) for word in self.library], np.int64)[values]


@attrs.frozen(eq=False)
class Rows:
    """The rows of one population."""

    kind: str
    """``"node"`` or ``"edge"``."""
    name: str
    group: h5py.Group
    types: Types | None
    type_ids: IntArray
    group_ids: IntArray | None
    """None: all rows are in one group."""
    group_index: IntArray | None
    """None: rows of a group are in the order of the population."""
    groups: Mapping[int, Mapping[str, Column]]

    @property
    def size(self) -> int:
        """Number of rows."""
        return self.type_ids.size

    def groups_of(self, rows: IntArray) -> IntArray:
        """The group of each row."""
        if self.group_ids is None:
            return np.full(rows.size, next(iter(self.groups), 0), np.int64)
        return self.group_ids[rows]

    def index_of(self, rows: IntArray) -> IntArray:
        """The row of its group that holds each row's attributes."""
        return rows if self.group_index is None else self.group_index[rows]

    def type_rows(self, rows: IntArray) -> IntArray:
        """The row of the table of types for each row."""
        assert self.types is not None
        known = self.types.ids_of(f"{self.kind}_type_id")
        order = np.argsort(known)
        return order[np.searchsorted(known[order], self.type_ids[rows])]


def read_rows(kind: str, name: str, group: h5py.Group, types: Types | None, remarks: Remarks) -> Rows:
    """Read what says where the attributes of each row are, and check that they are there.

    Raises
    ------
    FormatError
        Something is missing, has the wrong length, or points outside.
    """
    type_ids = _h5.ids(group, f"{kind}_type_id")
    groups = {
        int(key): _columns(group[key], remarks)
        for key in sorted((one for one in group if one.isdecimal()), key=int)
        if hasattr(group[key], "keys")
    }
    places = _group_ids(kind, group, type_ids.size, groups), _group_index(kind, group, type_ids.size)
    group_ids, index = _plain(*places, len(groups))
    rows = Rows(kind, name, group, types, type_ids, group_ids, index, groups)
    _remark_on_others(kind, group, remarks)
    _check_types(rows)
    _check_groups(rows, places, remarks)
    return rows


def _remark_on_others(kind: str, group: h5py.Group, remarks: Remarks) -> None:
    known = {"source_node_id", "target_node_id", "indices"} if kind == "edge" else {"node_id"}
    known |= {f"{kind}_{column}" for column in ("type_id", "group_id", "group_index")}
    for name in group:
        if name not in known and not name.isdecimal():
            remarks.dropped(f"{group.file.filename}: {group.name}/{name}", "is no part of SONATA that is known here")


def _columns(group: h5py.Group, remarks: Remarks) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, one in group.items():
        if name in {LIBRARY, DYNAMICS} and hasattr(one, "keys"):
            continue
        found |= _column(one, name, _library(group, name), remarks)
    if hasattr(group.get(DYNAMICS), "keys"):
        for name, one in group[DYNAMICS].items():
            found |= _column(one, f"{DYNAMICS}/{name}", None, remarks)
    return found


def _column(node: Any, path: str, library: tuple[str, ...] | None, remarks: Remarks) -> dict[str, Column]:
    place = f"{node.file.filename}: {node.name}"
    if hasattr(node, "shape") and set(node.attrs) - {HOME}:
        remarks.dropped(f"{place}: {', '.join(sorted(set(node.attrs) - {HOME}))}", "HDF5 attributes have no place here")
    if not hasattr(node, "shape"):
        remarks.dropped(place, "is a group, which SONATA gives no meaning to")
    elif path == POSITIONS and len(node.shape) == 2 and node.shape[1] == 3 and is_number(node.dtype):
        return {f"{POSITIONS}/{axis}": Column(node, f"{POSITIONS}/{axis}", None, axis) for axis in range(3)}
    elif len(node.shape) != 1:
        remarks.dropped(place, f"has {len(node.shape)} dimensions, and an attribute here has one")
    elif library is not None and node.dtype.kind not in "iu":
        raise _h5.error_at(node, f"has a @library, so it has to hold whole numbers, not {node.dtype}")
    elif is_number(node.dtype) or _h5.is_text(node):
        return {path: Column(node, path, library)}
    else:
        remarks.dropped(place, f"holds values of type {node.dtype}, which are neither numbers nor text")
    return {}


def _library(group: h5py.Group, name: str) -> tuple[str, ...] | None:
    library = group.get(LIBRARY)
    if library is None or not hasattr(library, "keys") or name not in library:
        return None
    return tuple(str(word) for word in _h5.read(library[name], 0, library[name].shape[0]))


def _group_ids(kind: str, group: h5py.Group, size: int, groups: Mapping[int, Any]) -> IntArray:
    if f"{kind}_group_id" in group:
        return _h5.ids(group, f"{kind}_group_id", size)
    if len(groups) > 1:
        raise _h5.error_at(group, f"has {len(groups)} groups, but no {kind}_group_id says which row is in which")
    return np.full(size, next(iter(groups), 0), np.int64)


def _group_index(kind: str, group: h5py.Group, size: int) -> IntArray:
    name = f"{kind}_group_index"
    return _h5.ids(group, name, size) if name in group else np.arange(size, dtype=np.int64)


def _plain(group_ids: IntArray, index: IntArray, n_groups: int) -> tuple[IntArray | None, IntArray | None]:
    """Leave out what says nothing."""
    single = n_groups <= 1 and bool((group_ids == group_ids[:1]).all())
    ordered = single and np.array_equal(index, np.arange(index.size))
    return (None if single else group_ids), (None if ordered else index)


def _check_types(rows: Rows) -> None:
    if rows.types is None:
        return
    unknown = ~np.isin(rows.type_ids, rows.types.ids_of(f"{rows.kind}_type_id"))
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        dataset = rows.group[f"{rows.kind}_type_id"]
        raise _h5.error_at(dataset, f"row {row}: there is no type {rows.type_ids[row]} in {rows.types.place}")


def _check_groups(rows: Rows, places: tuple[IntArray, IntArray], remarks: Remarks) -> None:
    group_ids, index = places
    for number in np.unique(group_ids).tolist():
        if number not in rows.groups:
            row = int(np.flatnonzero(group_ids == number)[0])
            raise _h5.error_at(rows.group[f"{rows.kind}_group_id"], f"row {row}: there is no group {number}")
    for number, columns in rows.groups.items():
        used = index[group_ids == number]
        low, high = (int(used.min()), int(used.max())) if used.size else (0, -1)
        n_used = used.size if rows.group_index is None else np.unique(used).size
        for column in columns.values():
            where = f"{rows.group.file.filename}: {column.dataset.name}"
            if low < 0 or high >= column.size:
                wrong = low if low < 0 else high
                problem = f"has {column.size:,} values, but {rows.kind}_group_index points to value {wrong}"
                raise _h5.error_at(column.dataset, problem)
            if column.size > n_used:
                remarks.dropped(where, f"{column.size - n_used:,} values that no {rows.kind} refers to")
