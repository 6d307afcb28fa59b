"""What reading gives: frozen values over read-only arrays, none of them a view of a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError, UnknownNameError
from livn_core.h5file import AnyArray, IntArray
from livn_core.neuroh5._arguments import as_gid, is_among
from livn_core.ranges import repeat

K = TypeVar("K")
V = TypeVar("V")


def read_only(array: AnyArray) -> AnyArray:
    """The same array, no longer writeable."""
    array.flags.writeable = False
    return array


def taken(values: AnyArray) -> AnyArray:
    """An array of edges that nobody else has, to be given away or worked on in place instead of copied."""
    try:
        values.flags.writeable = True
    except ValueError:  # a backend gave a view of something that is read-only
        return values.copy()
    return values


class Immutable:
    """Pickles and copies as its fields, so that they pass the converters and come out read-only again."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[Immutable], tuple[Any, ...]]:
        fields = attrs.fields(type(self))  # type: ignore[arg-type] # each subclass is an attrs class
        return type(self), tuple(getattr(self, field.name) for field in fields)


class FrozenMapping(Mapping[K, V], Generic[K, V]):
    """A mapping that cannot be changed, and that pickles (``types.MappingProxyType`` does not)."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[K, V]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: K) -> V:
        return self._items[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


@attrs.frozen
class Population:
    """A contiguous range of gids with a name."""

    name: str
    start: int
    """gid of the first cell."""
    count: int
    """Number of cells."""

    @property
    def stop(self) -> int:
        """One more than the gid of the last cell."""
        return self.start + self.count

    @property
    def gids(self) -> IntArray:
        """int64 array, shape (count,): every gid of the population, ascending."""
        return np.arange(self.start, self.stop, dtype=np.int64)


@attrs.frozen(eq=False)
class CellAttribute(Immutable):
    """One attribute of the cells of a population: any number of values for each cell that has it."""

    gids: IntArray = attrs.field(converter=read_only)
    """int64, shape (n,): the cells that have the attribute, ascending and unique."""
    pointer: IntArray = attrs.field(converter=read_only)
    """int64, shape (n + 1,): cell *i* has ``values[pointer[i]:pointer[i + 1]]``."""
    values: AnyArray = attrs.field(converter=read_only)
    """The file's dtype, shape (m,)."""

    @property
    def is_single(self) -> bool:
        """Whether each of the cells that have the attribute has exactly one value."""
        return bool((np.diff(self.pointer) == 1).all())

    def to_numpy(self) -> AnyArray:
        """The values as an array aligned with ``gids``, shape (n,).

        Raises
        ------
        InvalidArgumentError
            Some cell has no value, or more than one.
        """
        lengths = np.diff(self.pointer)
        if (lengths != 1).any():
            row = int(np.flatnonzero(lengths != 1)[0])
            raise InvalidArgumentError(
                f"cell {self.gids[row]} has {lengths[row]} values, not one; use gids, pointer and values"
            )
        return self.values

    def __len__(self) -> int:
        return self.gids.size

    def __iter__(self) -> Iterator[int]:
        """The cells that have the attribute, as in a mapping from gid to values."""
        return iter(self.gids.tolist())

    def __contains__(self, gid: object) -> bool:
        return is_among(gid, self.gids)

    def __getitem__(self, gid: int) -> AnyArray:
        """The values of one cell; a ``KeyError`` where it has none."""
        row = int(np.searchsorted(self.gids, as_gid(gid)))
        if row >= self.gids.size or self.gids[row] != gid:
            raise UnknownNameError(f"cell {gid} has no value of this attribute; {self.gids.size} cells have one")
        return self.values[self.pointer[row] : self.pointer[row + 1]]


Attributes = Mapping[str, Mapping[str, AnyArray]]


def _frozen_attributes(attributes: Attributes) -> Attributes:
    return FrozenMapping(
        {
            namespace: FrozenMapping({name: read_only(values) for name, values in named.items()})
            for namespace, named in attributes.items()
        }
    )


@attrs.frozen(eq=False, repr=False)
class Edges(Immutable):
    """Edges of one projection, grouped by the cell that receives them (CSR by post cell)."""

    post_gids: IntArray = attrs.field(converter=read_only)
    """int64, shape (n,): cells with at least one edge, ascending and unique."""
    indptr: IntArray = attrs.field(converter=read_only)
    """int64, shape (n + 1,): the edges of ``post_gids[i]`` are ``indptr[i]`` to ``indptr[i + 1]``."""
    pre_gids: AnyArray = attrs.field(converter=read_only)
    """int32, or int64 where some gid of the file needs it, shape (m,): where each edge comes from; in file order
    within one post cell."""
    attributes: Attributes = attrs.field(converter=_frozen_attributes)
    """``{"Namespace": {"name": array}}``, each in the file's dtype, shape (m,), aligned with ``pre_gids``."""

    def __len__(self) -> int:
        return self.pre_gids.size

    def __repr__(self) -> str:
        return f"Edges({len(self)} edges onto {self.post_gids.size} cells)"

    @property
    def post_gid_per_edge(self) -> IntArray:
        """int64, shape (m,): the cell that each edge arrives at."""
        return repeat(self.post_gids, np.diff(self.indptr))


@attrs.frozen(eq=False)
class Tree(Immutable):
    """The morphology of one cell: points in sections."""

    gid: int
    x: AnyArray = attrs.field(converter=read_only)
    """float32, shape (n,), µm."""
    y: AnyArray = attrs.field(converter=read_only)
    """float32, shape (n,), µm."""
    z: AnyArray = attrs.field(converter=read_only)
    """float32, shape (n,), µm."""
    radius: AnyArray = attrs.field(converter=read_only)
    """float32, shape (n,), µm."""
    layer: AnyArray = attrs.field(converter=read_only)
    """int8, shape (n,)."""
    parent: AnyArray = attrs.field(converter=read_only)
    """int32, shape (n,): index of the point before, -1 at the root."""
    swc_type: AnyArray = attrs.field(converter=read_only)
    """int8, shape (n,)."""
    sections: AnyArray = attrs.field(converter=read_only)
    """uint16: the number of sections, then for each one its number of points and their 1-based indices."""
    src: AnyArray = attrs.field(converter=read_only)
    """uint16, shape (s,): sections that others begin at."""
    dst: AnyArray = attrs.field(converter=read_only)
    """uint16, shape (s,): the section that begins at ``src[i]``."""

    def __repr__(self) -> str:
        return f"Tree(gid={self.gid}, {self.x.size} points)"

    def section_points(self) -> tuple[Any, ...]:
        """0-based indices of each section's points, as a tuple of int64 arrays.

        Raises
        ------
        InvalidArgumentError
            ``sections`` does not hold what it announces.
        """
        flat, found, at = self.sections.astype(np.int64), [], 1
        announced = int(flat[0]) if flat.size else 0
        # Each takes an element for its length at least; what is announced must not decide how long this takes.
        if not 0 <= announced < max(flat.size, 1):
            problem = f"announce {announced} sections in {flat.size} values"
            raise InvalidArgumentError(f"the sections of cell {self.gid} {problem}")
        for _ in range(announced):
            end = at + 1 + (int(flat[at]) if at < flat.size else flat.size)
            if end > flat.size:
                raise InvalidArgumentError(f"the sections of cell {self.gid} end before the last one is complete")
            if end <= at:
                raise InvalidArgumentError(f"the sections of cell {self.gid} have one of {flat[at]} points")
            found.append(flat[at + 1 : end] - 1)
            at = end
        if at != max(flat.size, 1):
            raise InvalidArgumentError(f"the sections of cell {self.gid} go on after the last one")
        return tuple(found)
