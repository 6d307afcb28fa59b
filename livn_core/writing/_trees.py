"""Morphologies: ``/Populations/<population>/Trees``, with the hard links that neuroh5 makes.

All groups share one Cell Index, and those with a value for each point share one Attribute Pointer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError
from livn_core.h5file import AnyArray
from livn_core.neuroh5.values import CellAttribute
from livn_core.writing._checks import Range, relative
from livn_core.writing._inputs import TreeColumns, TreeLike
from livn_core.writing._storage import Storage

if TYPE_CHECKING:
    import h5py

TREES = "Trees"


@attrs.frozen
class Member:
    """One group below Trees: where its values come from, their dtype, and whose pointer it shares."""

    group: str
    field: str
    dtype: str
    owner: str
    alias: str = ""


MEMBERS = (
    Member("X Coordinate", "x", "<f4", "X Coordinate"),
    Member("Y Coordinate", "y", "<f4", "X Coordinate"),
    Member("Z Coordinate", "z", "<f4", "X Coordinate"),
    Member("Radius", "radius", "<f4", "X Coordinate"),
    Member("Point Layer", "layer", "i1", "X Coordinate"),
    Member("Parent Point", "parent", "<i4", "X Coordinate"),
    Member("SWC Type", "swc_type", "i1", "X Coordinate"),
    Member("Section", "sections", "<u2", "Section", "Section Pointer"),
    Member("Source Section", "src", "<u2", "Source Section", "Section Pointer"),
    Member("Destination Section", "dst", "<u2", "Source Section"),
)


def write_trees(
    file: h5py.File, population: Range, trees: Mapping[int, TreeLike] | TreeColumns, storage: Storage
) -> None:
    """Write the morphologies of one population, ascending by gid."""
    where = f"population {population.name!r}, trees"
    columns = trees.columns if isinstance(trees, TreeColumns) else _columns(trees, population, where)
    index = relative(columns[MEMBERS[0].group].gids, population, where)
    if not index.size:
        return
    root = file.create_group(f"Populations/{population.name}/{TREES}")
    storage.put(root, "Cell Index", index)
    for member in MEMBERS:
        column = columns[member.group]
        group = root.create_group(member.group)
        group["Cell Index"] = root["Cell Index"]
        _put_pointer(root, member, column, storage)
        storage.put(group, "Attribute Value", column.values)


def _columns(trees: Mapping[int, TreeLike], population: Range, where: str) -> dict[str, Any]:
    gids = sorted(trees)
    index = np.array(gids, np.int64)
    relative(index, population, where)
    found = {one.group: [_values(trees[gid], one, f"{where}, cell {gid}") for gid in gids] for one in MEMBERS}
    _check_lengths(found, gids, where)
    return {
        name: CellAttribute(
            index,
            np.cumsum([0, *(values.size for values in column)], dtype=np.int64),
            np.concatenate(column) if column else np.empty(0),
        )
        for name, column in found.items()
    }


def _values(tree: TreeLike, member: Member, where: str) -> AnyArray:
    given = np.asarray(getattr(tree, member.field))
    if given.ndim != 1 or not np.can_cast(given.dtype, member.dtype):
        raise InvalidArgumentError(
            f"{where}: {member.field} must be 1-D {np.dtype(member.dtype)}, not {given.dtype} of shape {given.shape}"
        )
    return given.astype(member.dtype, copy=False)


def _check_lengths(columns: Mapping[str, list[AnyArray]], gids: list[int], where: str) -> None:
    for member in MEMBERS:
        for gid, own, shared in zip(gids, columns[member.group], columns[member.owner], strict=True):
            if own.size != shared.size:
                raise InvalidArgumentError(
                    f"{where}, cell {gid}: {member.field} has {own.size} values, but {member.owner} has {shared.size}"
                )


def _put_pointer(root: h5py.Group, member: Member, column: Any, storage: Storage) -> None:
    group = root[member.group]
    if member.owner == member.group:
        storage.put(group, "Attribute Pointer", np.asarray(column.pointer, np.uint64))
    else:
        group["Attribute Pointer"] = root[member.owner]["Attribute Pointer"]
    if member.alias:
        group[member.alias] = group["Attribute Pointer"]
