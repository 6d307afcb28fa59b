"""Everything that a NeuroH5 file holds, as plain values that can be written down, read and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.h5file import AnyArray
from livn_core.neuroh5 import Edges, NeuroH5File, Tree

TREE_FIELDS = ("x", "y", "z", "radius", "layer", "parent", "swc_type", "sections", "src", "dst")
TREES = "Trees"


def _int64(values: npt.ArrayLike) -> AnyArray:
    return np.asarray(values, np.int64)


@attrs.frozen(eq=False)
class Attribute:
    """One attribute of cells, as :class:`livn_core.CellAttribute` has it."""

    gids: AnyArray = attrs.field(converter=_int64)
    pointer: AnyArray = attrs.field(converter=_int64)
    values: AnyArray


@attrs.frozen(eq=False)
class EdgeList:
    """The edges of one projection, as :class:`livn_core.Edges` has them; attributes are named "Namespace/name"."""

    post_gids: AnyArray = attrs.field(converter=_int64)
    indptr: AnyArray = attrs.field(converter=_int64)
    pre_gids: AnyArray
    attributes: Mapping[str, AnyArray] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls, edges: Mapping[int, Iterable[int]], attributes: Mapping[str, AnyArray] | None = None, wide: bool = False
    ) -> EdgeList:
        """Write edges down as ``{post gid: pre gids}``; cells in ascending order."""
        rows = {post: list(pre) for post, pre in edges.items()}
        pre = [gid for row in rows.values() for gid in row]
        indptr = np.cumsum([0, *map(len, rows.values())])
        return cls(list(rows), indptr, np.array(pre, np.int64 if wide else np.int32), attributes or {})

    @classmethod
    def from_edges(cls, edges: Edges) -> EdgeList:
        """Take over what the read routine gave."""
        named = {f"{ns}/{name}": values for ns, members in edges.attributes.items() for name, values in members.items()}
        return cls(edges.post_gids, edges.indptr, edges.pre_gids, named)


@attrs.frozen(eq=False)
class Content:
    """All that a file holds."""

    ranges: Mapping[str, tuple[int, int]]
    """``{population: (start, count)}`` in order of start."""
    cells: Mapping[tuple[str, str, str], Attribute] = attrs.field(factory=dict)
    """``{(population, namespace, attribute): …}``, without the trees' own namespace."""
    edges: Mapping[tuple[str, str], EdgeList] = attrs.field(factory=dict)
    """``{(pre, post): …}`` in order of (post start, pre start)."""
    trees: Mapping[str, Mapping[int, Mapping[str, AnyArray]]] = attrs.field(factory=dict)
    """``{population: {gid: {field: array}}}``, ascending by gid; populations without trees are left out."""


def read_content(file: NeuroH5File) -> Content:
    """Read a whole file through the read routine."""
    names = [one.name for one in file.populations]
    trees = {name: file.trees(name) for name in names}
    return Content(
        file.population_ranges,
        {key: one for name in names for key, one in _read_cells(file, name)},
        {pair: EdgeList.from_edges(file.projection(*pair).read(attributes=True)) for pair in file.projections},
        {name: {gid: _tree(tree) for gid, tree in found.items()} for name, found in trees.items() if len(found)},
    )


def _tree(tree: Tree) -> dict[str, AnyArray]:
    return {field: getattr(tree, field) for field in TREE_FIELDS}


def _read_cells(file: NeuroH5File, population: str) -> Iterable[tuple[tuple[str, str, str], Attribute]]:
    for namespace, names in file.namespaces(population).items():
        if namespace != TREES and names:
            for name, found in file.cell_attributes(population, namespace).items():
                yield (population, namespace, name), Attribute(found.gids, found.pointer, found.values)


def assert_same(actual: Content, expected: Content) -> None:
    """Compare two contents: names, order of names, dtypes, values, bit for bit.

    Raises
    ------
    AssertionError
        At the first difference, naming the place.
    """
    _same_names("populations", actual.ranges, expected.ranges)
    for name, given in expected.ranges.items():
        _same(f"range of {name}", tuple(actual.ranges[name]), tuple(given))
    _same_names("cell attributes", actual.cells, expected.cells)
    for key, attribute in expected.cells.items():
        _same_fields(f"cell attribute {'/'.join(key)}", actual.cells[key], attribute, ("gids", "pointer", "values"))
    _same_names("projections", actual.edges, expected.edges)
    for pair, edges in expected.edges.items():
        where = f"projection {pair[0]} -> {pair[1]}"
        _same_fields(where, actual.edges[pair], edges, ("post_gids", "indptr", "pre_gids"))
        _same_arrays(where, actual.edges[pair].attributes, edges.attributes)
    _same_names("populations with trees", actual.trees, expected.trees)
    for name, trees in expected.trees.items():
        _same_names(f"cells of {name} with a tree", actual.trees[name], trees)
        for gid, tree in trees.items():
            _same_arrays(f"tree of cell {gid}", actual.trees[name][gid], tree)


def same_array(where: str, actual: Any, expected: AnyArray) -> None:
    """Compare two arrays: type, dtype, shape, and every bit of every value."""
    _same(f"{where}, type", type(actual), np.ndarray)
    _same(f"{where}, dtype", actual.dtype, np.dtype(expected.dtype))
    _same(f"{where}, byte order is native", actual.dtype.isnative, True)
    _same(f"{where}, shape", actual.shape, expected.shape)
    if actual.tobytes() != expected.tobytes():
        raise AssertionError(f"{where}: {actual!r} is not {expected!r}")


def assert_raises(kind: type[Exception], says: str, do: Callable[[], object]) -> None:
    """Check that something fails with an error of this kind, whose text holds these words."""
    try:
        result = do()
    except kind as error:
        if says not in str(error):
            raise AssertionError(f"the {kind.__name__} does not say {says!r}: {error}") from error
    else:
        raise AssertionError(f"there must be a {kind.__name__}, not {result!r}")


def _same_fields(where: str, actual: object, expected: object, names: Iterable[str]) -> None:
    for name in names:
        same_array(f"{where}, {name}", getattr(actual, name), getattr(expected, name))


def _same_arrays(where: str, actual: Mapping[str, AnyArray], expected: Mapping[str, AnyArray]) -> None:
    _same_names(f"{where}, names", actual, expected)
    for name, values in expected.items():
        same_array(f"{where}, {name}", actual[name], values)


def _same_names(where: str, actual: Iterable[object], expected: Iterable[object]) -> None:
    _same(where, list(actual), list(expected))


def _same(where: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise AssertionError(f"{where}: {actual!r} is not {expected!r}")
