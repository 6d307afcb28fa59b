"""Bulk values of one file: judged first, then asked of neuroh5, else left to the metadata reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_neuroh5.cells import CellNamespace, same_cells
from livn_neuroh5.edges import ProjectionIndex
from livn_neuroh5.judge import Judge
from livn_neuroh5.library import Library
from livn_neuroh5.place import Place
from livn_neuroh5.reading import Caller, Failed, Values, read_cell_values, read_edge_values
from livn_neuroh5.routes import Record, Refused
from livn_neuroh5.rows import Rows
from livn_neuroh5.targets import EDGES, CellValues, EdgeValues, Target

K = TypeVar("K")


@attrs.frozen(eq=False)
class Asked:
    """A request, what it is about, and its place among the others."""

    at: int
    request: Ranges
    target: Target


class Bulk:
    """Reads bulk values of one file through neuroh5.

    Parameters
    ----------
    place
        Where neuroh5 finds the file.
    judge
        What is known about it.
    library
        neuroh5.
    """

    def __init__(self, place: Place, judge: Judge, library: Library) -> None:
        self.record = Record()
        self._place = place
        self._judge = judge
        self._library = library
        self._caller = Caller(library, place.path)
        self._failure = ""

    def read(self, asked: Sequence[Asked]) -> dict[int, AnyArray]:
        """Read what neuroh5 reads right.

        Returns
        -------
        dict
            Arrays by ``at``. What is not in it, the metadata reader has to read.
        """
        found: dict[int, AnyArray] = {}
        for group in _grouped(asked, lambda one: one.target.group).values():
            with self._or_pyfive(group):
                self._check_now()
                is_cells = isinstance(group[0].target, CellValues)
                found |= self._read_cells(group) if is_cells else self._read_edges(group)
        for one in asked:
            if one.at in found:
                self.record.read_by_neuroh5(one.request.path)
        return found

    def _check_now(self) -> None:
        """What is true of the whole file, and may change between two calls."""
        self._place.check()
        why = self._failure or self._library.why_not()
        if why:
            raise Refused("/", why)

    @contextmanager
    def _or_pyfive(self, asked: Iterable[Asked]) -> Iterator[None]:
        """Keep the reason why something has to be read otherwise."""
        refusal: Refused
        try:
            yield
        except Refused as error:
            refusal = error
        except Failed as error:
            # Of a file that made one call fail, others would too, and each failed call leaves something open.
            self._library.failed()
            self._failure = f"neuroh5 failed: {error}"
            refusal = Refused("/", self._failure)
        else:
            return
        for one in asked:
            self.record.refused(one.request.path, refusal)

    def _read_cells(self, asked: list[Asked]) -> dict[int, AnyArray]:
        target = asked[0].target
        assert isinstance(target, CellValues)
        namespace = self._judge.namespace(target.population, target.namespace)
        by_name = _grouped(asked, lambda one: one.target.name)
        rows: dict[str, Rows] = {}
        for name, ones in by_name.items():
            with self._or_pyfive(ones):
                rows[name] = self._judge.rows(namespace, name)
        found: dict[int, AnyArray] = {}
        for names in same_cells(rows):
            together = [one for name in names for one in by_name[name]]
            with self._or_pyfive(together):
                read = self._call_cells(namespace, {name: rows[name] for name in names}, together)
                found |= _picked([(one, read[one.target.name]) for one in together])
        return found

    def _call_cells(self, namespace: CellNamespace, rows: Mapping[str, Rows], asked: list[Asked]) -> dict[str, Values]:
        cells = _union([rows[one.target.name].owners(one.request.starts, one.request.stops) for one in asked])
        dtypes = {one.target.name: self._judge.metadata.dtype(one.target.path) for one in asked}
        read = read_cell_values(self._caller, namespace, rows, cells, dtypes)
        self._place.check()
        return read

    def _read_edges(self, asked: list[Asked]) -> dict[int, AnyArray]:
        target = asked[0].target
        assert isinstance(target, EdgeValues)
        index = self._judge.projection(target.pre, target.post)
        types: dict[str, dict[str, np.dtype[Any]]] = {}
        together: list[Asked] = []
        for space, ones in _grouped(asked, lambda one: one.target.namespace).items():
            with self._or_pyfive(ones):
                if space != EDGES:
                    types[space] = self._judge.edge_types(index, space)
                together += ones
        found: dict[int, AnyArray] = {}
        if together:
            with self._or_pyfive(together):
                found = self._call_edges(index, types, together)
        return found

    def _call_edges(
        self, index: ProjectionIndex, types: Mapping[str, Mapping[str, np.dtype[Any]]], asked: list[Asked]
    ) -> dict[int, AnyArray]:
        cells = _union([index.rows.owners(one.request.starts, one.request.stops) for one in asked])
        wanted = [(one.target.namespace, one.target.name) for one in asked if one.target.namespace != EDGES]
        sources, read = read_edge_values(self._caller, index, types, cells, wanted)
        self._place.check()
        return _picked([(one, read.get((one.target.namespace, one.target.name), sources)) for one in asked])


def _grouped(asked: Iterable[Asked], key: Callable[[Asked], K]) -> dict[K, list[Asked]]:
    found: dict[K, list[Asked]] = {}
    for one in asked:
        found.setdefault(key(one), []).append(one)
    return found


def _union(parts: list[IntArray]) -> IntArray:
    return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))


def _picked(read: Sequence[tuple[Asked, Values]]) -> dict[int, AnyArray]:
    """Each request's ranges out of what was read, as arrays of their own."""
    found: dict[int, AnyArray] = {}
    given: set[int] = set()
    for one, values in read:
        array = values.pool.pick(values.values, one.request.starts, one.request.stops)
        found[one.at] = array.copy() if array.base is not None or id(array) in given else array
        given.add(id(array))
    return found
