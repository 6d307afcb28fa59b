"""An open NeuroH5 file: the one read routine behind every backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self

import attrs

from livn_core.backends import Selection
from livn_core.errors import InvalidTypeError, unknown_name
from livn_core.forking import Lock
from livn_core.h5file import AnyArray, H5File, SupportsNotes
from livn_core.neuroh5._arguments import as_max_bytes, as_names
from livn_core.neuroh5._catalog import Catalog
from livn_core.neuroh5._cells import AttributeNode, AttributeReader, read_attributes
from livn_core.neuroh5._dealing import Local
from livn_core.neuroh5._edges import BLOCK_BYTES
from livn_core.neuroh5._finding import find_layouts
from livn_core.neuroh5._gids import Gids, as_gids
from livn_core.neuroh5._layout import EdgeLayout
from livn_core.neuroh5._populations import read_populations, read_valid_pairs
from livn_core.neuroh5._projection import Projection
from livn_core.neuroh5._store import Store
from livn_core.neuroh5._trees import Trees
from livn_core.neuroh5.values import CellAttribute, Population

if TYPE_CHECKING:
    from types import TracebackType

LARGEST_INT32 = 2**31 - 1


class NeuroH5File:
    """An open NeuroH5 file; got from :func:`livn_core.open_neuroh5`.

    Metadata are read when they are first asked for, and kept. Safe to use from several threads.

    Parameters
    ----------
    file
        What a backend opened; it is closed with this object.
    source
        Its path or address.
    selection
        Which backend opened it, and why.
    comm
        The communicator, kept for the caller.
    """

    def __init__(self, file: H5File, source: str, selection: Selection, comm: object = None) -> None:
        self.source = source
        self.comm = comm
        self._selection = selection
        self._file = file
        self._store = Store(file, source)
        self._lock = Lock()
        self._populations: Mapping[str, Population] | None = None
        self._layouts: Mapping[tuple[str, str], EdgeLayout] | None = None
        self._catalog = Catalog(self._store)
        self._opened: dict[tuple[str, str], Projection] = {}

    @property
    def selection(self) -> Selection:
        """Which backend opened the file, and why; with what it has read otherwise than its name promises so far."""
        notes = tuple(self._file.notes) if isinstance(self._file, SupportsNotes) else ()
        return attrs.evolve(self._selection, notes=notes) if notes else self._selection

    @property
    def populations(self) -> tuple[Population, ...]:
        """All populations, in order of their first gid."""
        return tuple(self._by_name.values())

    @property
    def population_ranges(self) -> dict[str, tuple[int, int]]:
        """``{name: (first gid, number of cells)}``, in order of the first gid."""
        return {one.name: (one.start, one.count) for one in self.populations}

    @property
    def valid_projections(self) -> tuple[tuple[str, str], ...]:
        """The (pre, post) pairs that the file's types allow, whether or not there are edges; in file order."""
        return read_valid_pairs(self._store)

    def namespaces(self, population: str) -> Mapping[str, tuple[str, ...]]:
        """Cell attributes of a population: ``{namespace: (attribute, ...)}``, both ordered by name.

        Raises
        ------
        KeyError
            There is no such population.
        """
        return self._catalog.namespaces(self._population(population))

    def cell_attributes(
        self,
        population: str,
        namespace: str,
        names: str | Iterable[str] | None = None,
        gids: Gids | None = None,
        *,
        local: bool = False,
        node_allocation: Iterable[int] | None = None,
    ) -> dict[str, CellAttribute]:
        """Read attributes of cells.

        Parameters
        ----------
        population, namespace
            Where the attributes are.
        names
            Which ones; ``None``: all of the namespace.
        gids
            Which cells, in any order, duplicates ignored; ``None``: all. A cell that lacks an attribute is absent
            from it.
        local, node_allocation
            Only this rank's cells, as for :meth:`Projection.read`.

        Returns
        -------
        dict
            ``{name: CellAttribute}``, in order of name.

        Raises
        ------
        KeyError
            There is no such population, namespace or attribute, or a gid lies outside the population.
        FormatError
            The file contradicts itself, or an attribute has an unsupported type.
        """
        with self._store.together():
            owner = self._population(population)
            wanted = None if gids is None else as_gids(gids, owner, self._store.source)
            wish = Local.wish(local, node_allocation)
            nodes = self._catalog.nodes(owner, namespace, names)
            return dict(zip(nodes, read_attributes(self._store, list(nodes.values()), wanted, wish), strict=True))

    def cell_attributes_of(
        self,
        populations: Iterable[str],
        namespace: str,
        names: str | Iterable[str] | None = None,
        *,
        out: Mapping[str, Sequence[AnyArray]] | None = None,
    ) -> dict[str, dict[str, CellAttribute]]:
        """Read the same attributes of all cells of several populations, in one go.

        Parameters
        ----------
        populations, namespace, names
            As for :meth:`cell_attributes`, which also names the errors.
        out
            ``{population: (array, ...)}``, one for each attribute in order of name: float64, shape (m,). Its values
            go there, instead of into an array of the file's dtype, if they are as many.

        Returns
        -------
        dict
            ``{population: {name: CellAttribute}}``, populations in the order given.
        """
        with self._store.together():
            nodes = self._nodes_of(populations, namespace, names)
            flat = [node for own in nodes.values() for node in own.values()]
            into = None if out is None else [array for population in nodes for array in out[population]]
            read = iter(read_attributes(self._store, flat, None, out=into))
            return {population: {name: next(read) for name in own} for population, own in nodes.items()}

    def _nodes_of(
        self, populations: Iterable[str], namespace: str, names: str | Iterable[str] | None
    ) -> dict[str, dict[str, AttributeNode]]:
        owners = [self._population(one) for one in as_names(populations, "populations")]
        return {owner.name: self._catalog.nodes(owner, namespace, names) for owner in owners}

    def cell_attribute_blocks(
        self, population: str, namespace: str, name: str, max_bytes: int = BLOCK_BYTES
    ) -> Iterator[CellAttribute]:
        """Read one attribute piece by piece, so that one of any size fits into memory.

        Parameters
        ----------
        population, namespace, name
            Which one; the errors are those of :meth:`cell_attributes`.
        max_bytes
            Largest size of a block's arrays, in bytes; a cell that is larger comes alone.

        Yields
        ------
        CellAttribute
            Each cell whole, in exactly one block, ascending; together they equal :meth:`cell_attributes`.
        """
        return self.attribute_reader(population, namespace, name).blocks(as_max_bytes(max_bytes))

    def attribute_reader(self, population: str, namespace: str, name: str) -> AttributeReader:
        """One attribute, its cells known and its values not yet read; the errors are those of cell_attributes()."""
        (node,) = self._catalog.nodes(self._population(population), namespace, name).values()
        return AttributeReader(self._store, node)

    @property
    def projections(self) -> tuple[tuple[str, str], ...]:
        """Every (pre, post) pair with a projection, ordered by where post begins, then pre."""
        return tuple(self._layouts_by_pair)

    def projection(self, pre: str, post: str) -> Projection:
        """One projection; nothing of its edges is read yet.

        Raises
        ------
        KeyError
            There is no such population or projection.
        """
        first, second = self._population(pre), self._population(post)
        layouts = self._layouts_by_pair
        if (pre, post) not in layouts:
            known = [f"{one} -> {other}" for one, other in layouts]
            raise unknown_name("projection", f"{first.name} -> {second.name}", known, self._store.source)
        with self._lock:
            if (pre, post) not in self._opened:
                wide = any(one.stop - 1 > LARGEST_INT32 for one in self.populations if one.count)
                self._opened[pre, post] = Projection(self._store, layouts[pre, post], wide)
            return self._opened[pre, post]

    def trees(self, population: str) -> Trees:
        """Morphologies of a population: a mapping from gid, ascending, to :class:`~livn_core.neuroh5.Tree`."""
        return Trees(self._store, self._population(population))

    @property
    def _by_name(self) -> Mapping[str, Population]:
        with self._lock:
            self._store.check_open()
            if self._populations is None:
                self._populations = {one.name: one for one in read_populations(self._store)}
            return self._populations

    @property
    def _layouts_by_pair(self) -> Mapping[tuple[str, str], EdgeLayout]:
        with self._lock:
            self._store.check_open()
            if self._layouts is None:
                found = find_layouts(self._store, self._by_name, lambda: self.valid_projections)
                self._layouts = {(one.pre.name, one.post.name): one for one in found}
            return self._layouts

    def _population(self, name: str) -> Population:
        populations = self._by_name
        if not isinstance(name, str):
            raise InvalidTypeError(f"a population is named by a str, not {name!r}")
        if name not in populations:
            raise unknown_name("population", name, populations, self._store.source)
        return populations[name]

    @property
    def closed(self) -> bool:
        """Whether the file was closed."""
        return self._store.closed

    def close(self) -> None:
        """Close the file. What was read stays; what was not, can no longer be."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"NeuroH5File({self._store.source!r}, {state}, backend {self._selection.name})"
