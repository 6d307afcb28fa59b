"""Memory that a thread fills again and again: fresh pages cost about as much as what is copied into them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from livn_core.h5file import AnyArray

KEPT = 1 << 22
"""A thread keeps no buffer of more bytes: it is made and given back, and nothing is gained by borrowing it."""
_MOST = 2
"""Buffers that a thread keeps: one for what is in the file, and one for what comes of it."""
_ALIGNMENT = 16
"""Bytes; of no less than any element's."""

_own = threading.local()


@contextmanager
def borrowed(size: int) -> Iterator[memoryview]:
    """``size`` bytes with anything in them, for as long as a ``with`` block lasts; no view of them may outlive it."""
    kept: list[npt.NDArray[np.uint8]] = _own.__dict__.setdefault("kept", [])
    # Taken away while it is used, so whoever asks in the middle of this gets another one.
    buffer = kept.pop() if kept else np.empty(size, np.uint8)
    if len(buffer) < size:
        buffer = np.empty(size, np.uint8)
    try:
        yield buffer.data[:size]
    finally:
        if len(buffer) <= KEPT and len(kept) < _MOST:
            kept.append(buffer)


@contextmanager
def borrowed_arrays(wanted: Sequence[tuple[int, np.dtype[Any]]]) -> Iterator[list[AnyArray]]:
    """1-D arrays of so many elements of a dtype, with anything in them, for as long as a ``with`` block lasts."""
    sizes = [-(-count * dtype.itemsize // _ALIGNMENT) * _ALIGNMENT for count, dtype in wanted]
    with borrowed(sum(sizes)) as room:
        begins = accumulate(sizes, initial=0)
        yield [np.frombuffer(room, dtype, count, begin) for (count, dtype), begin in zip(wanted, begins, strict=False)]
