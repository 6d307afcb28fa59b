"""Attributes of cells: ``/Populations/<population>/<namespace>/<attribute>``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise

import attrs
import numpy as np

from livn_core.errors import TooLargeError
from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.neuroh5._checks import check_cells, check_pointer
from livn_core.neuroh5._dealing import Local, read_own
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import CellAttribute, Population
from livn_core.scratch import KEPT, borrowed_arrays

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


def plan_attributes(store: Store, nodes: list[AttributeNode]) -> list[Segments]:
    """Read which values belong to which cell, for several attributes in one go.

    Raises
    ------
    FormatError
        An index or pointer is missing or points outside, or a cell lies outside its population.
    """
    return _read_plans(store, nodes, ())[0]


def _read_plans(
    store: Store, nodes: list[AttributeNode], others: Sequence[Ranges]
) -> tuple[list[Segments], list[AnyArray]]:
    """Read the plans of attributes, and other things, in one go."""
    paths = [list(_plan_paths(store, node)) for node in nodes]
    sizes = {path: store.length(path) for path in chain.from_iterable(paths)}
    for path in sizes:
        store.check_integers(path)
    again = _looked_at_only(store, nodes, paths)
    with borrowed_arrays([(sizes[path], store.number_type(path)) for path in again]) as rooms:
        lent = dict(zip(again, rooms, strict=True))
        requests = [Ranges.whole(path, size, lent.get(path)) for path, size in sizes.items()]
        found = store.read([*requests, *others])
        return _plans(store, nodes, dict(zip(sizes, found, strict=False)), lent), found[len(requests) :]


def _looked_at_only(store: Store, nodes: list[AttributeNode], paths: list[list[str]]) -> list[str]:
    """What probably says the same again, since attributes of a namespace nearly always belong to the same cells."""
    again = [
        path
        for (before, node), own in zip(pairwise(nodes), paths[1:], strict=True)
        if node.population is before.population
        for path in own
    ]
    size = sum(store.length(path) * store.number_type(path).itemsize for path in again)
    return again if size <= KEPT else []


def _plans(
    store: Store, nodes: list[AttributeNode], read: Mapping[str, AnyArray], lent: Mapping[str, AnyArray]
) -> list[Segments]:
    plans: list[Segments] = []
    before: _Index | None = None
    for node in nodes:
        index, pointer = f"{node.path}/{INDEX}", f"{node.path}/{POINTER}"
        own = _Index(node, store.length(node.values), read[index], read.get(pointer))
        if before is not None and own.is_like(before):
            plans.append(plans[-1])
        else:
            plans.append(_plan(store, own.copy() if index in lent else own))
        before = own
    return plans


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

    def copy(self) -> _Index:
        """The same in memory of its own."""
        return attrs.evolve(
            self, cells=self.cells.copy(), pointer=None if self.pointer is None else self.pointer.copy()
        )


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
    store: Store,
    nodes: list[AttributeNode],
    gids: IntArray | None,
    local: Local | None = None,
    out: Sequence[AnyArray | None] | None = None,
) -> list[CellAttribute]:
    """Read attributes: whole, everything in one go; or for some cells, first every plan, then their values.

    Parameters
    ----------
    gids
        int64, ascending and unique; cells that lack an attribute are left out of it. None: all cells.
    local
        Only this rank's cells.
    out
        Where the values of each attribute go if they are as many; only where those of all cells are read.
    """
    for node in nodes:
        store.number_type(node.values)
    everything = gids is None and local is None
    outs = out or [None] * len(nodes)
    requests = [_values(store, node, one) for node, one in zip(nodes, outs, strict=True)] if everything else []
    plans, whole = _read_plans(store, nodes, requests)
    if gids is not None:
        plans = [plan.select(gids) for plan in plans]
    for node, plan in zip(nodes, plans, strict=True):
        _check_repetition(store, node, plan)
    if local is not None:
        return [_read_own(store, node, plan, local) for node, plan in zip(nodes, plans, strict=True)]
    if everything:
        values = [_put(plan.take(read), one) for plan, read, one in zip(plans, whole, outs, strict=True)]
    else:
        values = store.read([plan.ranges(node.values) for plan, node in zip(plans, nodes, strict=True)])
    # Attributes of the same cells share what says so, which is read-only; the plans are given up, so it is no copy.
    pointers = {id(plan): plan.pointer if plan.seamless is None else plan.seamless for plan in plans}
    return [CellAttribute(plan.gids, pointers[id(plan)], read) for plan, read in zip(plans, values, strict=True)]


def _values(store: Store, node: AttributeNode, out: AnyArray | None) -> Ranges:
    size = store.length(node.values)
    return Ranges.whole(node.values, size, out if out is not None and out.size == size else None)


def _put(values: AnyArray, out: AnyArray | None) -> AnyArray:
    """The values where they shall be, though the file has its cells in another order, or shares values among them."""
    if out is None or values is out or values.size != out.size:
        return values
    out[...] = values
    return out


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
