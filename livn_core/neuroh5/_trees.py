"""Morphologies: ``/Populations/<population>/Trees``, one attribute for each column of the points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from livn_core.errors import InvalidArgumentError, UnknownNameError
from livn_core.h5file import AnyArray, IntArray
from livn_core.lazy import Lazy
from livn_core.neuroh5._arguments import as_gid, is_among
from livn_core.neuroh5._cells import AttributeNode, plan_attributes
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Population, Tree, read_only

POINTS = {
    "x": "X Coordinate",
    "y": "Y Coordinate",
    "z": "Z Coordinate",
    "radius": "Radius",
    "layer": "Point Layer",
    "parent": "Parent Point",
    "swc_type": "SWC Type",
}
LINKS = {"src": "Source Section", "dst": "Destination Section"}
FLOATS = ("Coordinate", "Radius")
BATCH = 1024
"""How many trees are looked at in one go."""
COLUMNS = {**POINTS, "sections": "Section", **LINKS}


class Trees(Mapping[int, Tree]):
    """The morphologies of a population, by ascending gid; each is read when it is asked for.

    ``items()`` and ``values()`` read all of them in one go.
    """

    def __init__(self, store: Store, population: Population) -> None:
        self._store = store
        self._population = population
        self._top = f"/Populations/{population.name}/Trees"

    @Lazy
    def _plans(self) -> dict[str, Segments]:
        with self._store.together():  # kept where all ranks have them, or they would part ways
            return self._read_plans()

    def _read_plans(self) -> dict[str, Segments]:
        if not self._store.is_group(self._top):
            return dict.fromkeys(COLUMNS, Segments.empty())
        nodes = [self._node(column) for column in COLUMNS.values()]
        for node in nodes:
            if not self._store.is_dataset(node.values):
                raise self._store.error(node.path, "is missing, so the trees are incomplete")
            self._check_type(node)
        plans = plan_attributes(self._store, nodes)
        for plan, node in zip(plans, nodes, strict=True):
            if not np.array_equal(plan.gids, plans[0].gids):
                raise self._store.error(node.path, f"belongs to other cells than {nodes[0].path}")
        return dict(zip(COLUMNS, plans, strict=True))

    def _check_type(self, node: AttributeNode) -> None:
        if node.path.endswith(FLOATS):
            self._store.number_type(node.values)
        else:
            self._store.check_integers(node.values)

    def _node(self, column: str) -> AttributeNode:
        return AttributeNode(self._population, f"{self._top}/{column}")

    @property
    def gids(self) -> IntArray:
        """int64, ascending: the cells that have a tree."""
        with self._store.together():
            self._store.check_open()
            return read_only(self._plans["x"].gids)

    def __len__(self) -> int:
        return self.gids.size

    def __iter__(self) -> Iterator[int]:
        return iter(self.gids.tolist())

    def __contains__(self, gid: object) -> bool:
        return is_among(gid, self.gids)

    def __getitem__(self, gid: int) -> Tree:
        if as_gid(gid) not in self:
            raise UnknownNameError(
                f"{self._store.source}: {self._top}: no tree of cell {gid}; {len(self)} cells have one"
            )
        return next(iter(self._read(np.array([gid], np.int64))))

    def values(self) -> list[Tree]:  # type: ignore[override] # a list serves as a ValuesView here and reads once
        """All trees, ascending by gid."""
        return self._read(self.gids)

    def items(self) -> list[tuple[int, Tree]]:  # type: ignore[override] # as above
        """All trees with their gids, ascending."""
        return [(tree.gid, tree) for tree in self._read(self.gids)]

    def read(self, gids: IntArray) -> list[Tree]:
        """The trees of some cells in one go.

        Parameters
        ----------
        gids
            int64, ascending and unique, all of them among :attr:`gids`.
        """
        return self._read(gids)

    def _read(self, gids: IntArray) -> list[Tree]:
        with self._store.together():
            return list(self._trees(gids)) if gids.size else []

    def problems(self) -> Iterator[tuple[int, str, str]]:
        """What trees say that cannot be: gid, column and problem; where columns disagree, the first is raised.

        Raises
        ------
        FormatError
            The columns do not belong together.
        """
        for start in range(0, len(self), BATCH):
            for columns in self._columns(self.gids[start : start + BATCH]):
                tree = self._assembled(*columns)
                yield from ((tree.gid, *problem) for problem in problems_of(tree))

    def _trees(self, gids: IntArray) -> Iterator[Tree]:
        for gid, columns in self._columns(gids):
            tree = self._assembled(gid, columns)
            for column, problem in problems_of(tree):
                raise self._store.error(f"{self._top}/{column}", f"cell {gid} {problem}")
            yield tree

    def _columns(self, gids: IntArray) -> Iterator[tuple[int, dict[str, AnyArray]]]:
        plans = {field: plan.select(gids) for field, plan in self._plans.items()}
        requests = [plan.ranges(self._node(COLUMNS[field]).values) for field, plan in plans.items()]
        read = dict(zip(plans, self._store.read(requests), strict=True))
        pointers = {field: plan.pointer for field, plan in plans.items()}
        for row, gid in enumerate(gids.tolist()):
            yield gid, {name: read[name][at[row] : at[row + 1]].copy() for name, at in pointers.items()}

    def _assembled(self, gid: int, columns: dict[str, AnyArray]) -> Tree:
        points = columns["x"].size
        for field, column in COLUMNS.items():
            expected = columns["src"].size if field in LINKS else points
            if field != "sections" and columns[field].size != expected:
                problem = f"cell {gid} has {columns[field].size} values here and {expected} in other columns"
                raise self._store.error(f"{self._top}/{column}", problem)
        return Tree(gid, **columns)

    def __repr__(self) -> str:
        return f"Trees({self._population.name})"


def problems_of(tree: Tree) -> Iterator[tuple[str, str]]:
    """What a tree says that cannot be: the column, and the problem."""
    points = tree.x.size
    if points and (tree.parent.max() >= points or tree.parent.min() < -1):
        yield POINTS["parent"], f"has a parent outside its {points} points"
    try:
        sections = tree.section_points()
    except InvalidArgumentError:
        yield COLUMNS["sections"], "has sections that do not hold what they announce"
        return
    nodes = np.concatenate([np.empty(0, np.int64), *sections])
    if nodes.size and (nodes.min() < 0 or nodes.max() >= points):
        yield COLUMNS["sections"], f"has a section with a point outside its {points} points"
    for field, column in LINKS.items():
        ends = getattr(tree, field)
        if ends.size and (ends.min() < 0 or ends.max() >= len(sections)):
            yield column, f"links a section outside its {len(sections)} sections"
