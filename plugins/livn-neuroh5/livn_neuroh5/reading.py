"""Ask neuroh5 for cells, check its answer against the metadata, and put the values where the file has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_neuroh5.batches import batches
from livn_neuroh5.cells import CellNamespace
from livn_neuroh5.edges import ProjectionIndex, listed_order
from livn_neuroh5.library import Library
from livn_neuroh5.routes import Refused
from livn_neuroh5.rows import Pool, Rows

MOST_COMPARISONS = 10**10
"""neuroh5 finds each cell of a selection by going through all that are stored: about a second for this many."""

Types = Mapping[str, np.dtype[Any]]


class Failed(Exception):
    """A call of neuroh5 ended with an exception."""


class WrongAnswer(Failed):
    """neuroh5 returned something else than the metadata announce."""


@attrs.frozen(eq=False)
class Caller:
    """Asks neuroh5 for cells of one file, and returns what it has for each of them, in their order.

    Whatever goes wrong is :class:`Failed`: a RuntimeError for what its C++ threw, others for what Python did not pass.
    """

    library: Library
    path: str

    def cells(self, namespace: CellNamespace, names: set[str], cells: IntArray) -> list[Mapping[str, AnyArray]]:
        """``{attribute: values}`` of each cell."""
        gids = cells.tolist()
        try:
            answer = list(self.library.read_cells(self.path, namespace.population, namespace.name, names, gids))
        except Exception as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
        return _checked(answer, gids)

    def edges(
        self, index: ProjectionIndex, types: Mapping[str, Types], cells: IntArray
    ) -> list[tuple[AnyArray, dict[str, dict[str, AnyArray]]]]:
        """Sources, and ``{namespace: {attribute: values}}``, of each cell."""
        gids = cells.tolist()
        try:
            found, announced = self.library.read_edges(self.path, index.pre, index.post, gids, sorted(types))
            answer = list(found)
        except Exception as error:
            raise Failed(f"{type(error).__name__}: {error}") from error
        order = {space: _order(announced.get(space, {}), named) for space, named in types.items()}
        return [(sources, _named(listed, order)) for sources, listed in _checked(answer, gids)]


def _checked(answer: Iterable[tuple[int, Any]], gids: list[int]) -> list[Any]:
    items = list(answer)
    if [gid for gid, _ in items] != gids:
        raise WrongAnswer(f"asked for {len(gids)} cells, it returned {len(items)}, or others")
    return [item for _, item in items]


def _order(announced: Mapping[str, int], types: Types) -> list[str]:
    if set(announced) != set(types):
        raise WrongAnswer(f"it announced the attributes {sorted(announced)}, but there are {sorted(types)}")
    return listed_order(announced, types)


def _named(listed: Mapping[str, Sequence[AnyArray]], order: Mapping[str, list[str]]) -> dict[str, dict[str, AnyArray]]:
    try:
        return {space: dict(zip(names, listed[space], strict=True)) for space, names in order.items()}
    except (KeyError, ValueError) as error:
        raise WrongAnswer(f"a cell lacks attributes: {error}") from error


@attrs.frozen(eq=False)
class Values:
    """What neuroh5 read of one dataset."""

    pool: Pool
    values: AnyArray


class _Filling:
    """The values of one dataset, put together batch by batch."""

    def __init__(self, pool: Pool, dtype: np.dtype[Any]) -> None:
        self.pool = pool
        self.values = np.empty(pool.size, np.dtype(dtype.str))
        self._cells = 0
        self._at = 0

    def add(self, arrays: Sequence[AnyArray]) -> None:
        """Check and copy the values of the next cells."""
        expected = self.pool.sizes[self._cells : self._cells + len(arrays)]
        if [array.size for array in arrays] != expected.tolist():
            raise WrongAnswer("a cell has another number of values than in the file")
        if any(array.dtype != self.values.dtype for array in arrays):
            raise WrongAnswer(f"a cell has values of another type than {self.values.dtype}")
        end = self._at + int(expected.sum())
        np.concatenate(arrays, out=self.values[self._at : end])
        self._cells += len(arrays)
        self._at = end

    def done(self) -> Values:
        """What was put together."""
        return Values(self.pool, self.values)


def read_cell_values(
    caller: Caller, namespace: CellNamespace, rows: Mapping[str, Rows], cells: IntArray, types: Types
) -> dict[str, Values]:
    """Read attributes that the same cells have.

    Parameters
    ----------
    caller
        Who asks neuroh5.
    namespace
        Where they are.
    rows
        Which values belong to which cell, by attribute.
    cells
        int64, ascending and unique: whom to read.
    types
        Types of the attributes.

    Raises
    ------
    Refused
        neuroh5 would lose more memory than is allowed.
    Failed
        The call failed, or something else came back.
    """
    filling = {name: _Filling(one.pool(cells), types[name]) for name, one in rows.items()}
    size = sum(one.values.nbytes for one in filling.values())
    if not caller.library.lose(cells.size * len(filling), size):
        why = "neuroh5 never frees what it returns of cells, and there has been or would be too much of it"
        raise Refused(namespace.top, why)
    widths = [types[name].itemsize for name in filling]
    for batch in batches(cells, [one.pool for one in filling.values()], widths):
        found = caller.cells(namespace, set(filling), batch)
        for name, one in filling.items():
            if any(name not in values for values in found):
                raise WrongAnswer(f"a cell lacks the attribute {name}")
            one.add([values[name] for values in found])
    return {name: one.done() for name, one in filling.items()}


def read_edge_values(
    caller: Caller,
    index: ProjectionIndex,
    types: Mapping[str, Types],
    cells: IntArray,
    wanted: Iterable[tuple[str, str]],
) -> tuple[Values, dict[tuple[str, str], Values]]:
    """Read the sources of edges, and some attributes.

    Parameters
    ----------
    caller
        Who asks neuroh5.
    index
        The projection.
    types
        Types of all attributes of each namespace that is read.
    cells
        int64, ascending and unique: whose edges; each has some.
    wanted
        (namespace, attribute) of what is kept.

    Raises
    ------
    Refused
        It would take too long.
    Failed
        The call failed, or something else came back.
    """
    pool = index.rows.pool(cells)
    _check_comparisons(index, pool)
    sources = _Filling(pool, np.dtype(np.uint32))
    filling = {(space, name): _Filling(pool, types[space][name]) for space, name in wanted}
    width = 4 + sum(dtype.itemsize for named in types.values() for dtype in named.values())
    for batch in batches(cells, [pool], [width]):
        found = caller.edges(index, types, batch)
        sources.add([one for one, _ in found])
        for (space, name), one in filling.items():
            one.add([named[space][name] for _, named in found])
    # neuroh5 adds the first gid in 32 bits without a check; taking it away again gives what is in the file.
    sources.values -= np.uint32(index.pre_start)
    sources.values = sources.values.astype(index.dtype, copy=False)
    return sources.done(), {key: one.done() for key, one in filling.items()}


def _check_comparisons(index: ProjectionIndex, pool: Pool) -> None:
    if int((pool.order + 1).sum()) > MOST_COMPARISONS:
        cells, stored = pool.cells.size, index.rows.gids.size
        raise Refused(index.top, f"neuroh5 would look for each of {cells:,} cells by going through {stored:,}")
