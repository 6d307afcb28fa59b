"""Attributes of cells: ``/Populations/<population>/<namespace>/<attribute>``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from livn_core.errors import TooLargeError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._checks import check_cells, check_pointer
from livn_core.neuroh5._dealing import Local, read_own
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import CellAttribute, Population

INDEX = "Cell Index"
POINTER = "Attribute Pointer"
VALUE = "Attribute Value"
MOST_REPEATED = 2**28
"""Elements to which values that all cells share are spread out at most: 1 GiB of float32."""


@attrs.frozen
class AttributeNode:
    """Where one attribute lies, and whose it is."""

    population: Population
    path: str

    @property
    def values(self) -> str:
        """Path of the dataset that holds the values."""
        return f"{self.path}/{VALUE}"


def list_namespaces(store: Store, population: str) -> dict[str, tuple[str, ...]]:
    """Namespaces of a population, with the names of their attributes, both ordered by name.

    A namespace may hold other things too: an attribute is a group that has values.
    """
    top = f"/Populations/{population}"
    return {
        namespace: tuple(
            name for name in store.keys(f"{top}/{namespace}") if store.is_dataset(f"{top}/{namespace}/{name}/{VALUE}")
        )
        for namespace in store.keys(top)
        if store.is_group(f"{top}/{namespace}")
    }


def plan_attributes(store: Store, nodes: list[AttributeNode]) -> list[Segments]:
    """Read which values belong to which cell, for several attributes in one go.

    Raises
    ------
    FormatError
        An index or pointer is missing or points outside, or a cell lies outside its population.
    """
    return _read_plans(store, nodes, ())[0]


def _read_plans(
    store: Store, nodes: list[AttributeNode], others: Sequence[str]
) -> tuple[list[Segments], list[AnyArray]]:
    """Read the plans of attributes, and other datasets whole, in one go."""
    paths = [path for node in nodes for path in _plan_paths(store, node)]
    for path in paths:
        store.check_integers(path)
    found = store.whole(*paths, *others)
    read = dict(zip(paths, found, strict=False))
    plans: list[Segments] = []
    before: _Index | None = None
    for node in nodes:
        own = _Index(node, store.length(node.values), read[f"{node.path}/{INDEX}"], read.get(f"{node.path}/{POINTER}"))
        # Attributes of a namespace nearly always belong to the same cells.
        plans.append(plans[-1] if before is not None and own.is_like(before) else _plan(store, own))
        before = own
    return plans, found[len(paths) :]


def _plan_paths(store: Store, node: AttributeNode) -> Iterator[str]:
    if not store.is_dataset(f"{node.path}/{INDEX}"):
        raise store.error(node.path, f"has no dataset {INDEX!r}")
    yield f"{node.path}/{INDEX}"
    if store.is_dataset(f"{node.path}/{POINTER}"):
        yield f"{node.path}/{POINTER}"


@attrs.frozen(eq=False)
class _Index:
    """What a file says about the cells of an attribute, as it was read."""

    node: AttributeNode
    size: int
    """Number of values."""
    cells: AnyArray
    pointer: AnyArray | None

    def is_like(self, other: _Index) -> bool:
        """Whether the same cells have values at the same places."""
        if self.node.population is not other.node.population or self.size != other.size:
            return False
        if (self.pointer is None) is not (other.pointer is None):
            return False
        same_pointer = self.pointer is None or np.array_equal(self.pointer, other.pointer)  # type: ignore[arg-type]
        return same_pointer and np.array_equal(self.cells, other.cells)


def _plan(store: Store, index: _Index) -> Segments:
    node = index.node
    check_cells(store, f"{node.path}/{INDEX}", index.cells, node.population)
    gids: IntArray = np.add(index.cells, node.population.start, dtype=np.int64, casting="same_kind")
    if index.pointer is None:
        # Without a pointer every cell has the whole of the values, as neuroh5 reads it.
        return Segments.group(gids, np.zeros(gids.size, np.int64), np.full(gids.size, index.size, np.int64))
    pointer = store.as_int64(f"{node.path}/{POINTER}", index.pointer)
    _check_pointer(store, node, pointer, gids.size, index.size)
    if not gids.size:
        return Segments.empty()
    return Segments.along(gids, pointer)


def _check_pointer(store: Store, node: AttributeNode, pointer: IntArray, cells: int, size: int) -> None:
    where = f"{node.path}/{POINTER}"
    if cells == 0 and size == 0 and pointer.size <= 1:
        return
    if pointer.size != cells + 1:
        raise store.error(where, f"must have {cells + 1} elements for {cells} cells, but has {pointer.size}")
    check_pointer(store, where, pointer, size, "values")


def read_attributes(
    store: Store, nodes: list[AttributeNode], gids: IntArray | None, local: Local | None = None
) -> list[CellAttribute]:
    """Read attributes: whole, everything in one go; or for some cells, first every plan, then their values.

    Parameters
    ----------
    gids
        int64, ascending and unique; cells that lack an attribute are left out of it. None: all cells.
    local
        Only this rank's cells.
    """
    for node in nodes:
        store.number_type(node.values)
    plans, whole = _read_plans(store, nodes, [node.values for node in nodes] if gids is None and local is None else ())
    if gids is not None:
        plans = [plan.select(gids) for plan in plans]
    for node, plan in zip(nodes, plans, strict=True):
        _check_repetition(store, node, plan)
    if local is not None:
        return [_read_own(store, node, plan, local) for node, plan in zip(nodes, plans, strict=True)]
    if whole:
        values = [plan.take(read) for plan, read in zip(plans, whole, strict=True)]
    else:
        values = store.read([plan.ranges(node.values) for plan, node in zip(plans, nodes, strict=True)])
    # Attributes of the same cells share what says so, which is read-only; the plans are given up, so it is no copy.
    pointers = {id(plan): plan.pointer if plan.seamless is None else plan.seamless for plan in plans}
    return [CellAttribute(plan.gids, pointers[id(plan)], read) for plan, read in zip(plans, values, strict=True)]


class AttributeReader:
    """One attribute whose cells are known and whose values are read piece by piece."""

    def __init__(self, store: Store, node: AttributeNode) -> None:
        self._store, self._node = store, node
        self.dtype = store.number_type(node.values)
        (self.plan,) = plan_attributes(store, [node])

    def blocks(self, max_bytes: int) -> Iterator[CellAttribute]:
        """Whole cells, ascending; one that is larger than ``max_bytes`` comes alone."""
        ends = np.cumsum(np.diff(self.plan.pointer) * self.dtype.itemsize + 2 * np.dtype(np.int64).itemsize)
        row = 0
        while row < ends.size:
            before = int(ends[row - 1]) if row else 0
            stop = max(int(np.searchsorted(ends, before + max_bytes, side="right")), row + 1)
            piece = self.plan.rows(row, stop)
            (values,) = self._store.read([piece.ranges(self._node.values)])
            yield CellAttribute(piece.gids.copy(), piece.pointer, values)
            row = stop


def _read_own(store: Store, node: AttributeNode, plan: Segments, local: Local) -> CellAttribute:
    own, (values,) = read_own(store, plan, local, [node.values])
    return CellAttribute(own.gids, own.pointer, values)


def _check_repetition(store: Store, node: AttributeNode, plan: Segments) -> None:
    if plan.size > max(MOST_REPEATED, store.length(node.values)):
        raise TooLargeError(
            f"{store.source}: {node.path}: has no {POINTER!r}, so each of {plan.gids.size:,} cells has all its values, "
            f"{plan.size:,} in all; read some cells with gids="
        )
