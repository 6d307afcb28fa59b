"""Checked access to an open file: every error names the file and the place."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np

from livn_core._showing import shown
from livn_core.errors import BackendError, ClosedFileError, FormatError, LivnError, TooLargeError
from livn_core.h5file import AnyArray, H5File, IntArray, LocalFile, Ranges, SupportsLocalFile
from livn_core.parallel import Ranks, SharedFile
from livn_core.parallel.ranks import fingerprint
from livn_core.parallel.shares import fair_cuts, is_small
from livn_core.ranges import read_many


class Store:
    """An open file and what is known about it.

    Parameters
    ----------
    file
        What a backend opened.
    source
        Its path or address; messages have it without secrets.
    """

    def __init__(self, file: H5File, source: str) -> None:
        self.source = shown(source)
        self._file: H5File | None = file
        self.ranks: Ranks | None = file.ranks if isinstance(file, SharedFile) else None
        # Whoever can still read from the file holds this object: a projection may outlive the file that it came from.
        self._release = weakref.finalize(self, file.close)
        self._shapes: dict[str, tuple[int, ...] | None] = {}
        self._dtypes: dict[str, np.dtype[Any] | None] = {}

    @property
    def file(self) -> H5File:
        """The open file.

        Raises
        ------
        ClosedFileError
            It was closed.
        """
        if self._file is None:
            raise ClosedFileError(f"{self.source} was closed; open it again to read from it")
        return self._file

    @property
    def shared(self) -> SharedFile:
        """The open file, where several ranks read it."""
        file = self.file
        assert isinstance(file, SharedFile)
        return file

    def together(self) -> AbstractContextManager[None]:
        """A piece of work that succeeds on all ranks that read this file, or fails on all."""
        return nullcontext() if self.ranks is None else self.ranks.together()

    def check_open(self) -> None:
        """Raise :class:`ClosedFileError` where the file was closed; what is cached must not outlive it."""
        _ = self.file

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._file is None

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._file = None
        self._release()

    def error(self, node: str, problem: str) -> FormatError:
        """A :class:`FormatError` for a place in this file."""
        return FormatError(self.source, node, problem)

    @contextmanager
    def _mapped(self, node: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if self._file is None:
                # Another thread closed the file meanwhile, which libraries report in their own odd ways.
                self.check_open()
            if isinstance(error, LivnError | KeyError):
                raise
            translated = self._translated(node, error)
            for note in getattr(error, "__notes__", ()):
                translated.add_note(note)
            raise translated from error

    def _translated(self, node: str, error: Exception) -> LivnError:
        if isinstance(error, OSError):
            return BackendError(f"{self.source}: {node}: reading failed: {error}")
        # Libraries meet damaged bytes with whatever their parser trips over: struct.error, IndexError, ...
        problem = f"cannot be read ({type(error).__name__}: {error}); the file is damaged, or of an unknown kind"
        return self.error(node, problem)

    def get(self, node: str) -> Any:
        """A group, dataset or committed type; ``None`` where there is nothing."""
        with self._mapped(node):
            return self._look(node)

    def _look(self, node: str) -> Any:
        try:
            return self.file[node]
        except KeyError:
            return None

    def keys(self, node: str) -> list[str]:
        """Names of a group's members, ordered by name; empty where there is no such group."""
        group = self.get(node)
        if not hasattr(group, "keys"):
            return []
        with self._mapped(node):
            return sorted(group.keys())

    def is_group(self, node: str) -> bool:
        """Whether there is a group of that path."""
        return hasattr(self.get(node), "keys")

    def is_dataset(self, node: str) -> bool:
        """Whether there is a dataset of that path."""
        return self._describe(node, "shape", self._shapes) is not None

    def dtype(self, node: str) -> np.dtype[Any] | None:
        """The dtype of a dataset or committed type; ``None`` where there is neither."""
        dtype: np.dtype[Any] | None = self._describe(node, "dtype", self._dtypes)
        return dtype

    def length(self, node: str) -> int:
        """Number of elements of a 1-D dataset.

        Raises
        ------
        FormatError
            There is no such dataset, or it is not 1-D.
        """
        shape = self._describe(node, "shape", self._shapes)
        if shape is None:
            raise self.error(node, "there is no such dataset")
        if len(shape) != 1:
            raise self.error(node, f"must have one dimension, but its shape is {tuple(shape)}")
        return int(shape[0])

    def _describe(self, node: str, what: str, known: dict[str, Any]) -> Any:
        """One property of a node, kept, since asking again may mean parsing or even a request."""
        self.check_open()
        if node not in known:
            with self._mapped(node):
                known[node] = getattr(self._look(node), what, None)
        return known[node]

    def number_type(self, node: str) -> np.dtype[Any]:
        """The dtype of a dataset of numbers.

        Raises
        ------
        FormatError
            It is none of the supported types: integers of 8 to 64 bits, floats of 16 to 64 bits.
        """
        dtype = self.dtype(node)
        if dtype is None or dtype.kind not in "iuf" or dtype.itemsize > 8:
            raise self.error(node, f"has the unsupported type {dtype}; numbers of up to 64 bits can be read")
        return dtype

    def check_integers(self, node: str) -> None:
        """Raise :class:`FormatError` where a dataset holds other things than integers."""
        if self.number_type(node).kind not in "iu":
            raise self.error(node, "must hold integers")

    def read(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read ranges of several datasets in one go.

        Raises
        ------
        TooLargeError
            There is not enough memory.
        FormatError
            They cannot be read. A backend refuses a dataset that claims more than its file can hold.
        """
        with self.reading([request.path for request in requests], sum(request.size for request in requests)):
            return read_many(self.file, requests)

    def local_file(self) -> LocalFile | None:
        """The file on this machine that is read, as it is now; ``None`` where others read along, or it lies elsewhere.

        Raises
        ------
        LivnError
            It was changed while it was open.
        """
        file = self.file
        return file.local_file if self.ranks is None and isinstance(file, SupportsLocalFile) else None

    def read_alone(self, request: Ranges) -> AnyArray:
        """Read ranges of one dataset for this rank alone, whatever other ranks do; raises as :meth:`read` does."""
        if self.ranks is None:
            return self.read([request])[0]
        with self.reading([request.path], request.size):
            return self.shared.read_alone([request])[0]

    def share(self, pointer: IntArray, width: int) -> tuple[int, int]:
        """The first and one past the last of the rows that this rank looks through.

        Parameters
        ----------
        pointer
            int64, shape (n + 1,), rising: where the elements of each row begin.
        width
            Bytes of an element.
        """
        if self.ranks is None:
            return 0, pointer.size - 1
        starts, stops = pointer[:-1], pointer[1:]
        cuts = fair_cuts(starts, stops, self.ranks.size, 0, is_small(int(pointer[-1]) * width))
        rows = np.searchsorted(pointer, cuts[self.ranks.rank : self.ranks.rank + 2])
        return int(rows[0]), int(rows[1])

    def put_together(self, parts: list[AnyArray], *doing: str | IntArray) -> list[AnyArray]:
        """Parts of several arrays from all ranks, in order of rank; ``doing`` has to be the same on all of them."""
        return parts if self.ranks is None else self.ranks.put_together(parts, fingerprint(*doing))

    @contextmanager
    def reading(self, paths: Sequence[str], elements: int) -> Iterator[None]:
        """Explain what goes wrong while values are read; raises as :meth:`read` does."""
        nodes = ", ".join(paths)
        with self._mapped(nodes):
            try:
                yield
            except LivnError:
                raise
            except KeyError as error:
                raise self.error(nodes, f"disappeared while it was read: {error}") from error
            except MemoryError as error:
                raise TooLargeError(
                    f"{self.source}: {nodes}: not enough memory for {elements:,} elements; read some cells with gids=, "
                    "or a projection piece by piece with blocks()"
                ) from error

    def whole(self, *nodes: str) -> list[AnyArray]:
        """Read whole 1-D datasets in one go."""
        return self.read([Ranges.whole(node, self.length(node)) for node in nodes])

    def integers(self, *nodes: str) -> list[IntArray]:
        """Read whole 1-D datasets of integers as int64.

        Raises
        ------
        FormatError
            A dataset holds other things than integers, or one that int64 cannot hold.
        """
        return self.integers_and(nodes, ())[0]

    def integers_and(self, nodes: Sequence[str], others: Sequence[str]) -> tuple[list[IntArray], list[AnyArray]]:
        """Read whole 1-D datasets in one go: some of integers, as :meth:`integers` does, and others as they are."""
        for node in nodes:
            self.check_integers(node)
        found = self.whole(*nodes, *others)
        integers = [self.as_int64(node, values) for node, values in zip(nodes, found[: len(nodes)], strict=True)]
        return integers, found[len(nodes) :]

    def as_int64(self, node: str, values: AnyArray) -> IntArray:
        """Integers that were read from a dataset as int64.

        Raises
        ------
        FormatError
            There is one that int64 cannot hold.
        """
        if values.dtype != np.uint64:
            return values.astype(np.int64, copy=False)
        signed = values.view(np.int64)
        if (signed < 0).any():
            raise self.error(node, "holds an integer beyond 2**63, which no position in a file can be")
        return signed
