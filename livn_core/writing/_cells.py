"""Cell attributes: three datasets for each, under ``/Populations/<population>/<namespace>/<attribute>``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.h5file import AnyArray, IntArray
from livn_core.writing._checks import (
    Range,
    Stream,
    check_dtype,
    checked_name,
    checked_pointer,
    checked_values,
    relative,
)
from livn_core.writing._inputs import CellAttributeLike, CellValues
from livn_core.writing._storage import Growing, Storage
from livn_core.writing._trees import TREES

if TYPE_CHECKING:
    import h5py


@attrs.frozen(eq=False)
class Stored:
    """One attribute in the form in which the file holds it."""

    index: npt.NDArray[np.uint32]
    pointer: IntArray
    values: AnyArray | Stream

    def write(self, group: h5py.Group, storage: Storage) -> None:
        """Write the three datasets; without any cell, all are empty, as neuroh5 leaves them."""
        pointer = self.pointer if self.index.size else self.pointer[:0]
        storage.put(group, "Cell Index", self.index)
        storage.put(group, "Attribute Pointer", pointer.astype(np.uint64))
        storage.put(group, "Attribute Value", self.values)


def write_cells(
    file: h5py.File,
    population: Range,
    namespaces: Mapping[str, Mapping[str, CellValues]],
    storage: Storage,
) -> None:
    """Write all attributes of one population."""
    for namespace, attributes in namespaces.items():
        if checked_name(namespace, "a namespace") == TREES:
            raise InvalidArgumentError(
                f"population {population.name!r}: morphologies are given as trees=, not as cells="
            )
        for name, given in attributes.items():
            checked_name(name, "an attribute")
            where = f"population {population.name!r}, attribute {namespace!r}/{name!r}"
            path = f"Populations/{population.name}/{namespace}/{name}"
            if isinstance(given, Iterator):
                _write_pieces(file, path, given, population, where=where, storage=storage)
                continue
            found = stored(given, population, where, storage.any_dtype)
            # Beside attributes that have cells, neuroh5 would give one that has none the values of the next.
            if found.index.size or not population.count:
                found.write(file.require_group(path), storage)


def _write_pieces(
    file: h5py.File, path: str, pieces: Iterator[CellAttributeLike], population: Range, *, where: str, storage: Storage
) -> None:
    """Write one attribute piece by piece; one that no cell has is left out, as above."""
    growing: dict[str, Growing] = {}
    last, n_values = -1, 0
    for piece in pieces:
        if not hasattr(piece, "pointer"):
            raise InvalidTypeError(f"{where}: pieces must have gids, pointer and values, not {type(piece).__name__}")
        one = stored(piece, population, where, storage.any_dtype)
        if isinstance(one.values, Stream):
            raise InvalidTypeError(f"{where}: the values of a piece must be an array; they cannot come in pieces again")
        if not one.index.size:
            continue
        if one.index[0] <= last:
            raise InvalidArgumentError(f"{where}: the gids of a piece must be above those of the pieces before it")
        if growing and one.values.dtype != growing["Attribute Value"].dataset.dtype:
            raise InvalidArgumentError(f"{where}: every piece must have the same dtype")
        pointer = (one.pointer[1:] if growing else one.pointer) + n_values
        columns: dict[str, AnyArray] = {
            "Cell Index": one.index,
            "Attribute Pointer": pointer.astype(np.uint64),
            "Attribute Value": one.values,
        }
        for name, column in columns.items():
            if name not in growing:
                growing[name] = storage.grow(file.require_group(path), name, column.dtype, column.size)
            growing[name].append(column)
        last, n_values = int(one.index[-1]), n_values + one.values.size


def stored(given: Any, population: Range, where: str, any_dtype: bool = False) -> Stored:
    """Check one attribute, dense or ragged, and bring it into the form of the file."""
    if not hasattr(given, "pointer"):
        return _dense(np.asarray(given), population, where, any_dtype)
    if isinstance(given.values, Stream):
        return _streamed(given, given.values, population, where, any_dtype)
    values = checked_values(given.values, where, any_dtype)
    index = relative(given.gids, population, where)
    if np.unique(index).size != index.size:
        raise InvalidArgumentError(f"{where}: a gid occurs more than once")
    return _ascending(index, checked_pointer(given.pointer, index.size, values.size, where), values)


def _ascending(index: npt.NDArray[np.uint32], pointer: IntArray, values: AnyArray) -> Stored:
    """Put cells in order, so that those of all attributes of a namespace are in the same order.

    neuroh5 gives each rank a part of every attribute by position, and confuses the names of attributes where a rank
    does not get the same cells of all of them.
    """
    if np.all(index[1:] > index[:-1]):
        return Stored(index, pointer, values)
    order = np.argsort(index)
    lengths = np.diff(pointer)[order]
    ends = np.cumsum(lengths)
    picks = np.repeat(pointer[:-1][order] - (ends - lengths), lengths) + np.arange(values.size)
    return Stored(index[order], np.append(0, ends), values[picks])


def _streamed(given: Any, values: Stream, population: Range, where: str, any_dtype: bool) -> Stored:
    index = relative(given.gids, population, where)
    if np.any(index[1:] <= index[:-1]):
        raise InvalidArgumentError(f"{where}: the gids of values that come in pieces must be ascending and unique")
    check_dtype(values.dtype, where, any_dtype)
    return Stored(index, checked_pointer(given.pointer, index.size, values.size, where), values)


def _dense(values: AnyArray, population: Range, where: str, any_dtype: bool) -> Stored:
    if values.ndim not in {1, 2} or len(values) != population.count:
        raise InvalidArgumentError(
            f"{where}: an array must have one row for each of the {population.count} cells, but has shape "
            f"{values.shape}; for some cells only, or a different number of values for each, "
            "give an object with gids, pointer and values"
        )
    width = 1 if values.ndim == 1 else values.shape[1]
    pointer = np.arange(population.count + 1, dtype=np.int64) * width
    return Stored(
        np.arange(population.count, dtype=np.uint32), pointer, checked_values(values.ravel(), where, any_dtype)
    )
