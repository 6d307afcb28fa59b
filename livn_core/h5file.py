"""What a backend opens: the part of h5py's interface that the read routine uses.

These are Protocols: what a library opens fits with a thin wrapper, as the example over h5py shows.
What differs between the libraries is levelled in the plugin, never here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeAlias, runtime_checkable

import attrs
import numpy as np
import numpy.typing as npt

from livn_core.errors import InvalidArgumentError

IntArray: TypeAlias = npt.NDArray[np.int64]
AnyArray: TypeAlias = npt.NDArray[Any]


class H5Dataset(Protocol):
    """A dataset: anything with a shape and a dtype that is sliced to numpy.

    The dtype is native, bools and enums are their base integer, and an enum's labels are
    ``dtype.metadata["enum"]``, ``{str: int}``, on the dtype itself or on a field of it.

    It may have ``chunks``, the extent of a chunk or ``None``, as h5py's datasets do: ranks then share out whole chunks.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent along each axis."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Native dtype of what slicing returns."""
        ...

    def __getitem__(self, key: slice, /) -> AnyArray: ...


class H5Type(Protocol):
    """A committed datatype: an object with a dtype and nothing else."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type itself, an enum's labels in ``metadata["enum"]``."""
        ...


class H5Group(Protocol):
    """A group: mapping access by path, absolute or relative; a missing path is a ``KeyError``."""

    def __getitem__(self, path: str, /) -> Any: ...
    def __contains__(self, path: object, /) -> bool: ...
    def keys(self) -> Iterable[str]:
        """Names of the members, in any order."""
        ...


class H5File(H5Group, Protocol):
    """An open file: its root group, which can be closed."""

    def close(self) -> None:
        """Release whatever is held; a second call does nothing."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


@attrs.frozen(eq=False)
class Ranges:
    """Element ranges of one 1-D dataset, to be read in one go.

    Parameters
    ----------
    path
        Absolute path of the dataset.
    starts, stops
        int64 arrays of equal length: range *i* is ``[starts[i], stops[i])``, in elements.
        Ranges come in any order and may repeat or overlap.
    out
        A 1-D array to fill, as long as all ranges together; its dtype may be wider than the dataset's, and it may be a
        column of a table, whose elements do not lie next to each other.
    """

    path: str
    starts: IntArray
    stops: IntArray
    out: AnyArray | None = None
    size: int = attrs.field(init=False)
    """Number of elements in all ranges together."""

    def __attrs_post_init__(self) -> None:
        if self.starts.shape != self.stops.shape or self.starts.ndim != 1:
            raise InvalidArgumentError(
                f"{self.path}: starts and stops must be 1-D and of equal length, "
                f"not {self.starts.shape} and {self.stops.shape}"
            )
        lengths = self.stops - self.starts
        if lengths.size == 1:  # nearly every request, and numpy takes microseconds to look at one number
            lowest, shortest, size = int(self.starts[0]), int(lengths[0]), int(lengths[0])
        else:
            lowest, shortest, size = self.starts.min(initial=0), lengths.min(initial=0), int(lengths.sum())
        if lowest < 0 or shortest < 0:
            raise InvalidArgumentError(f"{self.path}: a range must not begin below 0 or end before it begins")
        object.__setattr__(self, "size", size)
        if self.out is not None and self.out.shape != (self.size,):
            raise InvalidArgumentError(
                f"{self.path}: out has shape {self.out.shape}, but the ranges hold {self.size} elements"
            )

    @classmethod
    def whole(cls, path: str, size: int, out: AnyArray | None = None) -> Ranges:
        """All ``size`` elements of a dataset."""
        return cls(path, np.array([0], np.int64), np.array([size], np.int64), out)


@runtime_checkable
class SupportsReadMany(Protocol):
    """An :class:`H5File` that reads ranges of several datasets at once, in its own best way.

    Each result is a new array (or the request's ``out``): the concatenation of the request's ranges in request
    order. It must be safe to call from several threads; an empty list is legal.
    """

    def read_many(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read every request, in the order of the requests."""
        ...


@attrs.frozen
class LocalFile:
    """A file of this machine, as it is now."""

    path: str
    """Absolute."""
    size: int
    """In bytes."""
    mtime_ns: int
    """When it was last written to, in ns since 1970."""
    ctime_ns: int
    """When its inode was last changed: nobody can put that back, and a new file may get an old one's inode."""
    inode: int

    @property
    def stamp(self) -> tuple[int, int, int, int]:
        """Size, both times and inode: where one of them differs, it is another file, or was written to."""
        return self.size, self.mtime_ns, self.ctime_ns, self.inode


@runtime_checkable
class SupportsLocalFile(Protocol):
    """An :class:`H5File` that reads the bytes of one file on this machine, and nothing else.

    Beside it, or in the user's cache, an index of its edges may then be kept.
    """

    @property
    def local_file(self) -> LocalFile | None:
        """The file that is open, asked anew each time; ``None`` where the bytes come from elsewhere.

        Raises
        ------
        LivnError
            It was closed, or changed while it was open.
        """
        ...


@runtime_checkable
class SupportsNotes(Protocol):
    """An :class:`H5File` that reads some things otherwise than its backend's name promises, and says so.

    The arrays are the same all the same; the notes are shown with the :class:`~livn_core.Selection`.
    """

    @property
    def notes(self) -> Sequence[str]:
        """One line for each thing so far, most general place first; grows while the file is read."""
        ...
