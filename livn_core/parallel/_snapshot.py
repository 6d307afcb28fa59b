"""What is in a file, without the values: read by rank 0, known to all.

With it every question about names, shapes and types is answered without a word between the ranks, so that one rank
may ask what others do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias

import attrs
import numpy as np

from livn_core.h5file import AnyArray, H5File
from livn_core.parallel._errors import Packed

Kind: TypeAlias = Literal["group", "dataset", "type", "unreadable"]

_PARTS = ("/H5Types", "/Populations", "/Projections")
_DEEPEST = 5
"""``/Populations/<population>/<namespace>/<attribute>/<dataset>``: nothing of the format lies deeper."""

_TABLES = "/H5Types/"
_SMALL_BYTES = 2**20


@attrs.frozen(eq=False)
class Node:
    """One object of the file."""

    kind: Kind
    keys: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] | None = None
    chunk: int = 0
    """Rows in a chunk; 0 where the dataset has none, or its backend does not say."""
    values: AnyArray | None = None
    """Those of the tables of types, which everybody needs."""
    error: Packed | None = None
    """What the backend raised when it was asked for this object, or for its type."""


Snapshot: TypeAlias = Mapping[str, Node]
"""Nodes by absolute path; a path that is not there does not exist in the file."""


def take_snapshot(file: H5File) -> dict[str, Node]:
    """Look at everything in a file that the format knows; values are left alone."""
    found = {"/": Node("group", tuple(part.strip("/") for part in _PARTS if part in file))}
    for part in _PARTS:
        found.update(_walk(file, part, 1))
    return found


def _walk(file: H5File, path: str, depth: int) -> Iterator[tuple[str, Node]]:
    node = _look(file, path)
    if node is None:
        return
    yield path, node
    if depth < _DEEPEST:
        for name in node.keys:
            yield from _walk(file, f"{path}/{name}", depth + 1)


def _look(file: H5File, path: str) -> Node | None:
    try:
        found = file[path]
    except KeyError:
        return None
    except Exception as error:
        return Node("unreadable", error=Packed.of(error))
    try:
        return _describe(found, path)
    except Exception as error:
        # A damaged object is an error for whoever needs it, and for nobody else.
        return Node("unreadable", error=Packed.of(error))


def _describe(found: Any, path: str) -> Node:
    if hasattr(found, "keys"):
        return Node("group", tuple(sorted(found.keys())))
    if not hasattr(found, "shape"):
        return Node("type", dtype=found.dtype)
    node = Node("dataset", shape=tuple(int(extent) for extent in found.shape))
    try:
        dtype = found.dtype
    except Exception as error:
        return attrs.evolve(node, error=Packed.of(error))  # there is a dataset, but one of an unsupported type
    return attrs.evolve(node, dtype=dtype, chunk=_rows_per_chunk(found), values=_small_table(found, path))


def _rows_per_chunk(dataset: Any) -> int:
    try:
        chunks = getattr(dataset, "chunks", None)
        return int(chunks[0]) if chunks else 0
    except Exception:  # it only says where cutting is cheap
        return 0


def _small_table(dataset: Any, path: str) -> AnyArray | None:
    small = len(dataset.shape) == 1 and dataset.shape[0] * dataset.dtype.itemsize <= _SMALL_BYTES
    return np.array(dataset[:]) if small and path.startswith(_TABLES) else None
