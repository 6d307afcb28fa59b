"""Lay out NeuroH5 by hand, dataset by dataset, with plain h5py: what the writer would never write can be made too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

TYPES = "H5Types"


def types(
    file: h5py.File,
    rows: Iterable[tuple[str, int, int]],
    labels: Mapping[str, int],
    *,
    in_rows: bool = True,
    committed: bool = True,
) -> None:
    """Write who the cells are.

    Parameters
    ----------
    rows
        (name, start, count) in the order of the rows.
    labels
        ``{name: index}``.
    in_rows, committed
        Whether the field of the rows, and whether a committed type, carry the labels.
    """
    enum = h5py.enum_dtype(dict(labels), basetype=np.dtype("<u2"))
    field: Any = enum if in_rows else np.dtype("<u2")
    row = np.dtype([("Start", "<u8"), ("Count", "<u4"), ("Population", field)])
    group = file.create_group(TYPES)
    if committed:
        group["Population labels"] = enum
    values = np.array([(start, count, labels[name]) for name, start, count in rows], row)
    group.create_dataset("Populations", data=values, dtype=row)


def simple_types(file: h5py.File, **counts: int) -> dict[str, tuple[int, int]]:
    """Write populations one after the other, in the order given, and return their ranges."""
    starts = np.cumsum([0, *counts.values()]).tolist()
    rows = [(name, start, count) for (name, count), start in zip(counts.items(), starts, strict=False)]
    types(file, rows, {name: index for index, name in enumerate(counts)})
    return {name: (start, count) for name, start, count in rows}


def attribute(
    file: h5py.File,
    path: str,
    index: npt.ArrayLike,
    pointer: npt.ArrayLike | None,
    values: npt.ArrayLike,
    **storage: Any,
) -> h5py.Group:
    """Write one cell attribute under ``/Populations``; without a pointer, none."""
    group = file.create_group(f"Populations/{path}")
    _put(group, "Cell Index", np.asarray(index, "<u4"), storage)
    if pointer is not None:
        _put(group, "Attribute Pointer", np.asarray(pointer, "<u8"), storage)
    _put(group, "Attribute Value", values, storage)
    return group


def edges(
    file: h5py.File,
    path: str,
    layout: Sequence[npt.ArrayLike],
    attributes: Mapping[str, npt.ArrayLike] | None = None,
    below: str = "/Edges",
    **storage: Any,
) -> None:
    """Write one projection under ``/Projections``.

    Parameters
    ----------
    path
        ``"post/pre"``.
    layout
        Block index, block pointer, destination pointer, source index.
    attributes
        ``{"Namespace/name": values}``.
    below
        The group of the four datasets, below ``path``.
    """
    group = file.create_group(f"Projections/{path}{below}")
    names = ("Destination Block Index", "Destination Block Pointer", "Destination Pointer", "Source Index")
    for name, dtype, values in zip(names, ("<u4", "<u8", "<u8", "<u4"), layout, strict=True):
        _put(group, name, np.asarray(values, dtype), storage)
    for name, given in (attributes or {}).items():
        _put(file[f"Projections/{path}"], name, given, storage)


def _put(group: h5py.Group, name: str, values: npt.ArrayLike, storage: Mapping[str, Any]) -> None:
    array = np.asarray(values)
    options = dict(storage)
    if "chunks" in options:
        # Only a dataset without a fixed extent may have chunks that are larger than itself.
        options["maxshape"] = (None,)
    group.create_dataset(name, data=array, dtype=array.dtype, **options)
