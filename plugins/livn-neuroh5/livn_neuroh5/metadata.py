"""The file as livn-pyfive sees it: names, shapes, types and indices, and whatever neuroh5 cannot read.

Every dataset that neuroh5 goes through by itself is read, or at least looked over, here first. What is damaged in a
way that can be found out is so found out by a reader that survives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from livn_pyfive.file import PyfiveFile

from livn_core.errors import ClosedFileError, LivnError
from livn_core.h5file import AnyArray, IntArray, Ranges
from livn_neuroh5.routes import Refused

NOTHING = np.empty(0, np.int64)


@contextmanager
def refusing(node: str) -> Iterator[None]:
    """What the metadata reader stumbles over is nothing to show to neuroh5."""
    try:
        yield
    except ClosedFileError:
        raise
    except (LivnError, KeyError) as error:
        raise Refused(node, f"there is something wrong with it: {error}") from error


class Metadata:
    """Questions about a file, each of which may be answered with :class:`Refused`.

    Parameters
    ----------
    file
        What livn-pyfive opened.
    """

    def __init__(self, file: PyfiveFile) -> None:
        self.file = file

    def get(self, path: str) -> Any:
        """The group, dataset or type at a path; ``None`` where there is nothing."""
        with refusing(path):
            try:
                return self.file[path]
            except KeyError:
                return None

    def keys(self, path: str) -> list[str]:
        """Names of the members of a group; empty where there is no such group."""
        group = self.get(path)
        return list(group.keys()) if hasattr(group, "keys") else []

    def is_dataset(self, path: str) -> bool:
        """Whether there is a dataset at a path."""
        return hasattr(self.get(path), "shape")

    def dtype(self, path: str) -> np.dtype[Any]:
        """The type of a dataset or a committed type; neither being there is refused."""
        found = self.get(path)
        with refusing(path):
            dtype: np.dtype[Any] | None = getattr(found, "dtype", None)
        if dtype is None:
            raise Refused(path, "it is missing, and neuroh5 needs it")
        return dtype

    def length(self, path: str) -> int:
        """Number of elements of a dataset, which must have one dimension."""
        shape = getattr(self.get(path), "shape", None)
        if shape is None:
            raise Refused(path, "it is missing, and neuroh5 needs it")
        if len(shape) != 1:
            raise Refused(path, f"its shape is {tuple(shape)}, and neuroh5 knows one dimension only")
        return int(shape[0])

    def table(self, path: str) -> AnyArray:
        """A whole dataset of any type."""
        size = self.length(path)
        with refusing(path):
            return self.file.read_many([Ranges.whole(path, size)])[0]

    def integers(self, paths: Sequence[str]) -> list[IntArray]:
        """Whole datasets of integers, as int64; larger ones are refused."""
        for path in paths:
            if self.dtype(path).kind not in "iu":
                raise Refused(path, "it does not hold integers")
        requests = [Ranges.whole(path, self.length(path)) for path in paths]
        with refusing(", ".join(paths)):
            read = self.file.read_many(requests)
        return [_as_int64(path, values) for path, values in zip(paths, read, strict=True)]

    def look_over(self, paths: Sequence[str]) -> None:
        """Refuse datasets whose storage cannot be right, without reading their values.

        One that claims more bytes than the file has is compressed, or was never written: then every chunk is looked at.
        """
        for path in paths:
            size = self.length(path)
            claimed = size * self.dtype(path).itemsize
            with refusing(path):
                self.file.read_many([Ranges(path, NOTHING, NOTHING)])
                if claimed > self.file.size:
                    self.file[path].plan(Ranges.whole(path, size))


def _as_int64(path: str, values: AnyArray) -> IntArray:
    signed = values.astype(np.int64)
    if values.dtype == np.uint64 and (signed < 0).any():
        raise Refused(path, "it holds an integer beyond 2**63")
    return signed


def labels_of(dtype: np.dtype[Any]) -> Mapping[str, int]:
    """The labels of an enum, and of a bool, which is one; empty for other types."""
    labels: Mapping[str, int] = dtype.metadata.get("enum", {}) if dtype.metadata is not None else {}
    return labels


def check_pointer(path: str, pointer: IntArray, size: int) -> None:
    """Refuse a pointer that does not lead from 0 to ``size`` without a step back."""
    if not pointer.size or pointer[0] != 0 or pointer[-1] != size or (np.diff(pointer) < 0).any():
        raise Refused(path, f"it does not lead from 0 to {size}, and neuroh5 follows it without a check")
