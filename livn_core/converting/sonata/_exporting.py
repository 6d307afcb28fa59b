"""Write any system as SONATA: a node population for each population, an edge population for each projection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.converting._report import Remarks
from livn_core.converting.sonata._datasets import put_column, put_ids
from livn_core.converting.sonata._names import AXES, DYNAMICS, HOMES, home_of
from livn_core.converting.sonata._nodes import START
from livn_core.converting.sonata._rows import HOME
from livn_core.converting.sonata._types import Types
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import h5py

    from livn_core.neuroh5 import CellAttribute, Edges, Projection
    from livn_core.system import System

TREES = "Trees"
TYPE = 0
"""The id of the only type of each population."""


def paths(kind: str, namespaces: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], str]:
    """What attributes are called in SONATA: by their name where that is free, else with their namespace."""
    known = {home_of("node", axis): axis for axis in AXES} if kind == "node" else {}
    found: dict[tuple[str, str], str] = {}
    everything = [(space, name) for space, names in namespaces.items() for name in names]
    for home in sorted(everything, key=lambda one: (one not in known, one[0] != HOMES[kind], one)):
        space, name = home
        path = known.get(home, f"{DYNAMICS}/{name}" if space == DYNAMICS else name)
        taken = {*found.values(), DYNAMICS, *(AXES if kind == "node" else ())} - {known.get(home)}
        if path in taken or path.startswith("@") or path.isdecimal():
            path = f"{space}.{name}"
        found[home] = path
    return found


def type_table(kind: str, name: str) -> Types:
    """The table of the only type."""
    if kind == "node":
        return Types("", ("node_type_id", "pop_name"), ((str(TYPE), name),))
    return Types("", ("edge_type_id", "target_query", "source_query"), ((str(TYPE), "*", "*"),))


def export_nodes(group: h5py.Group, system: System, name: str, remarks: Remarks) -> None:
    """Write the cells of one population, those with the same attributes in a group together."""
    start, count = system.population_ranges[name]
    group.attrs[START] = start
    namespaces = {space: names for space, names in system.namespaces(name).items() if space != TREES}
    if TREES in system.namespaces(name) and len(system.trees(name)):
        remarks.dropped(f"{name}/{TREES}", "SONATA keeps morphologies in files of their own, which are not written")
    attributes = _single(system, name, namespaces, remarks)
    group_ids, having = _grouped(attributes, start, count)
    order = np.argsort(group_ids, kind="stable")
    index = np.empty(count, np.int64)
    index[order] = np.arange(count) - np.searchsorted(group_ids[order], group_ids[order])
    put_ids(group, "node_type_id", np.full(count, TYPE), {})
    put_ids(group, "node_group_id", group_ids, {})
    put_ids(group, "node_group_index", index, {})
    names = paths("node", _by_namespace(attributes))
    for number, homes in enumerate(having):
        inside, cells = group.create_group(str(number)), np.flatnonzero(group_ids == number) + start
        for home in homes:
            put_column(inside, names[home], _of_cells(attributes[home], cells), "node", home)
    _remark_on_groups(name, len(having), remarks)


def _grouped(
    attributes: Mapping[tuple[str, str], CellAttribute], start: int, count: int
) -> tuple[IntArray, list[list[tuple[str, str]]]]:
    """The group of each cell, and the attributes that each group has."""
    homes = list(attributes)
    having = np.zeros((count, len(homes)), np.bool_)
    for at, attribute in enumerate(attributes.values()):
        having[attribute.gids - start, at] = True
    if having.all():
        return np.zeros(count, np.int64), [homes]
    kinds, group_ids = np.unique(having, axis=0, return_inverse=True)
    return group_ids.reshape(-1).astype(np.int64), [
        [home for home, has in zip(homes, kind, strict=True) if has] for kind in kinds.tolist()
    ]


def _remark_on_groups(name: str, number: int, remarks: Remarks) -> None:
    if number > 1:
        remarks.changed(
            f"population {name!r}",
            f"is in {number} node groups, because not all cells have the same attributes; libsonata reads populations "
            "of one group only",
        )


def _single(
    system: System, name: str, namespaces: Mapping[str, Iterable[str]], remarks: Remarks
) -> dict[tuple[str, str], CellAttribute]:
    """The attributes that have one value for a cell."""
    found = {}
    for space, names in namespaces.items():
        for short, attribute in system.cell_attributes(name, space, tuple(names)).items():
            if not attribute.is_single:
                remarks.dropped(f"{name}/{space}/{short}", "has several values for a cell; SONATA has one for a node")
            else:
                found[space, short] = attribute
    return found


def _by_namespace(homes: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for space, name in homes:
        found.setdefault(space, []).append(name)
    return found


def _of_cells(attribute: CellAttribute, gids: IntArray) -> AnyArray:
    return attribute.values[np.searchsorted(attribute.gids, gids)]


def edge_population(pre: str, post: str) -> str:
    """The name of the edge population of a projection, as bmtk forms it."""
    return f"{pre}_to_{post}"


def export_edges(group: h5py.Group, projection: Projection) -> None:
    """Write the edges of one projection, block by block."""
    writer = EdgeWriter(group, projection)
    for block in projection.blocks(attributes=True):
        writer.add(block)


@attrs.define(eq=False)
class EdgeWriter:
    """Fills the datasets of one edge population from its start to its end."""

    group: h5py.Group
    projection: Projection
    columns: dict[tuple[str, str], Any] = attrs.field(factory=dict)
    done: int = 0

    def __attrs_post_init__(self) -> None:
        size, inside = self.projection.n_edges, self.group.create_group("0")
        for end, cells in (("source", self.projection.pre), ("target", self.projection.post)):
            ids = self.group.create_dataset(f"{end}_node_id", (size,), "<u8")
            ids.attrs["node_population"] = cells.name
            self.columns["", end] = ids
        put_ids(self.group, "edge_type_id", np.full(size, TYPE), {})
        put_ids(self.group, "edge_group_id", np.zeros(size, np.int64), {})
        put_ids(self.group, "edge_group_index", np.arange(size), {})
        names = paths("edge", self.projection.namespaces)
        for home, dtype in self._dtypes(names).items():
            self.columns[home] = inside.create_dataset(names[home], (size,), dtype)
            if home != home_of("edge", names[home]):
                self.columns[home].attrs[HOME] = "/".join(home)

    def _dtypes(self, homes: Iterable[tuple[str, str]]) -> dict[tuple[str, str], np.dtype[Any]]:
        """The types of the attributes, from no edge at all."""
        empty = self.projection.read(gids=[], attributes=True).attributes
        return {(space, name): empty[space][name].dtype for space, name in homes}

    def add(self, block: Edges) -> None:
        """Write one block."""
        at = slice(self.done, self.done + len(block))
        self.columns["", "source"][at] = block.pre_gids - self.projection.pre.start
        self.columns["", "target"][at] = block.post_gid_per_edge - self.projection.post.start
        for space, named in block.attributes.items():
            for name, values in named.items():
                self.columns[space, name][at] = values
        self.done += len(block)
