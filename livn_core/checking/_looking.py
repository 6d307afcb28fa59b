"""Look at the arrays of a file one by one, and report what is wrong instead of raising at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import numpy as np

from livn_core.checking._findings import Findings
from livn_core.errors import FormatError
from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_core.neuroh5._store import Store

T = TypeVar("T")
PIECE = 2**22
"""Elements that are looked at in one go."""
NEUROH5_TYPES = frozenset({"float32", "uint8", "int8", "uint16", "int16", "uint32", "int32"})


class Look:
    """One open file, and where findings about it go."""

    def __init__(self, store: Store, findings: Findings) -> None:
        self.store = store
        self._findings = findings

    def found(self, code: str, node: str, problem: str) -> None:
        """Report something about a place in this file."""
        self._findings.add(code, self.store.source, node, problem)

    def is_group(self, node: str) -> bool:
        """Whether there is a group; what cannot be read is none, and reported."""
        return bool(self._try(node, lambda: self.store.is_group(node)))

    def is_dataset(self, node: str) -> bool:
        """Whether there is a dataset; what cannot be read is none, and reported."""
        return bool(self._try(node, lambda: self.store.is_dataset(node)))

    def keys(self, node: str) -> list[str]:
        """Names of a group's members; none where it cannot be read."""
        return self._try(node, lambda: self.store.keys(node)) or []

    def dtype(self, node: str) -> np.dtype[Any] | None:
        """A dtype; ``None`` where there is none, or it cannot be read."""
        return self._try(node, lambda: self.store.dtype(node))

    def length(self, node: str) -> int | None:
        """The length of a dataset that is there; ``None`` where it has not one dimension, which is reported."""
        try:
            return self.store.length(node)
        except FormatError as error:
            self.found("not-one-dimensional", node, error.problem)
            return None

    def integers(self, node: str, width: str) -> IntArray | None:
        """All of a dataset of integers that is there, as int64; ``None`` where it cannot be read, which is reported.

        Parameters
        ----------
        width
            The dtype that the format asks for.
        """
        if self.length(node) is None or not self.check_integers(node, width):
            return None
        return self._try(node, lambda: self.store.integers(node)[0])

    def check_integers(self, node: str, width: str) -> bool:
        """Whether a dataset holds integers; another width is reported and harms nobody."""
        dtype = self.dtype(node)
        if dtype is None or dtype.kind not in "iu":
            self.found("not-integers", node, f"is of dtype {dtype}")
            return False
        if dtype.name != width:
            self.found("index-width", node, f"is {dtype} instead of {width}")
        return True

    def check_values(self, node: str) -> np.dtype[Any] | None:
        """The dtype of values; ``None`` where they cannot be read, which is reported."""
        if self.length(node) is None:
            return None
        try:
            dtype = self.store.number_type(node)
        except FormatError as error:
            self.found("value-type-unsupported", node, error.problem)
            return None
        if dtype.name not in NEUROH5_TYPES:
            self.found("value-type-neuroh5", node, f"is of dtype {dtype}")
        return dtype

    def values(self, node: str) -> AnyArray | None:
        """All of a dataset that is there; ``None`` where it cannot be read, which is reported."""
        if self.length(node) is None:
            return None
        return self._try(node, lambda: self.store.whole(node)[0])

    def pieces(self, node: str) -> Iterator[tuple[int, AnyArray]]:
        """A dataset piece by piece, with the position of each; ends where it cannot be read, which is reported."""
        size = self.length(node) or 0
        for at in range(0, size, PIECE):
            piece = self._try(node, partial(self._piece, node, at, min(at + PIECE, size)))
            if piece is None:
                return
            yield at, piece

    def _piece(self, node: str, start: int, stop: int) -> AnyArray:
        return self.store.read([Ranges(node, np.array([start]), np.array([stop]))])[0]

    def check_pointer(self, node: str, pointer: IntArray, size: int, what: str) -> bool:
        """Whether a pointer covers ``size`` elements, called ``what``; codes begin with the pointer's own name."""
        kind = node.rsplit("/", 1)[-1].lower().replace(" ", "-")
        before = pointer[0] == 0 and pointer[-1] == size
        if pointer[0] != 0:
            self.found(f"{kind}-start", node, f"begins with {pointer[0]}, not 0")
        if pointer[-1] != size:
            self.found(f"{kind}-end", node, f"ends with {pointer[-1]}, but there are {size:,} {what}")
        falls = np.flatnonzero(np.diff(pointer) < 0)
        if falls.size:
            at = int(falls[0])
            self.found(f"{kind}-falls", node, f"falls from {pointer[at]} to {pointer[at + 1]} after element {at}")
        return bool(before and not falls.size)

    def _try(self, node: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except FormatError as error:
            self.found("node-unreadable", node, error.problem)
            return None
