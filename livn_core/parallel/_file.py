"""A file that several ranks read together: each a part, and everybody gets the whole."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import attrs
import numpy as np

from livn_core.backends import BackendNames, Selection, default_backends
from livn_core.errors import ClosedFileError
from livn_core.h5file import AnyArray, H5File, IntArray, Ranges
from livn_core.parallel._snapshot import Node, Snapshot, take_snapshot
from livn_core.parallel.ranks import Ranks, fingerprint
from livn_core.parallel.shares import clipped, fair_cuts, is_small
from livn_core.ranges import element_index, join_adjacent, read_many


class SharedNode:
    """A group or a committed type of a shared file."""

    def __init__(self, node: Node) -> None:
        self._node = node


class SharedType(SharedNode):
    """A committed type."""

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The type.

        Raises
        ------
        Exception
            What the backend raised for it: it is not supported.
        """
        if self._node.error is not None:
            raise self._node.error.unpack()
        return self._node.dtype


class SharedGroup(SharedNode):
    """A group: the names of its members."""

    def keys(self) -> Iterable[str]:
        """Names of the members, ascending."""
        return self._node.keys


class SharedDataset(SharedType):
    """A dataset: shape and dtype; its values are read by the file, for all ranks."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent along each axis."""
        return self._node.shape


@attrs.frozen
class Opening:
    """What rank 0 tells the others about a file."""

    snapshot: dict[str, Node]
    selection: Selection


class SharedFile:
    """An :class:`~livn_core.h5file.H5File` of several ranks.

    What is in it, they all know from the beginning. Reading values is collective: every rank reads a contiguous part
    through its own backend, and sends it to the others. A rank that never reads never opens the file.

    Parameters
    ----------
    ranks
        The ranks.
    known
        What rank 0 found out about the file.
    source, options
        How a rank opens it.
    opened
        The file, where this rank has it open already.
    """

    def __init__(
        self, ranks: Ranks, known: Opening, source: str, options: Mapping[str, object], opened: H5File | None
    ) -> None:
        self.ranks = ranks
        self._snapshot: Snapshot = known.snapshot
        self._backend = known.selection.name
        self._source = source
        self._options = options
        self._opened = opened
        self._closed = False
        self._notes: tuple[str, ...] = ()
        self._lock = threading.Lock()

    def __getitem__(self, path: str) -> SharedNode:
        node = self.node(path)
        if node.kind == "unreadable" and node.error is not None:
            raise node.error.unpack()
        kinds = {"group": SharedGroup, "type": SharedType, "dataset": SharedDataset}
        return kinds[node.kind](node)

    def node(self, path: str) -> Node:
        """What is known about a path; a missing one is a ``KeyError``."""
        return self._snapshot["/" + path.strip("/")]

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and "/" + path.strip("/") in self._snapshot

    def keys(self) -> Iterable[str]:
        """Names of the members of the root group that the format knows."""
        return self._snapshot["/"].keys

    @property
    def own(self) -> H5File:
        """The handle of this rank alone, opened when it is first needed."""
        with self._lock:
            if self._closed:
                raise ClosedFileError(f"{self._source} was closed; open it again to read from it")
            if self._opened is None:
                self._opened = default_backends().open(self._source, self._backend, self._options)[0]
            return self._opened

    def read_many(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read ranges of several datasets; every rank gets all of them.

        Collective, unless all values came with the file's types.
        """
        nodes = [self.node(request.path) for request in requests]
        known = [_already_known(node, request) for node, request in zip(nodes, requests, strict=True)]
        if all(one is not None for one in known):
            return [one for one in known if one is not None]
        error: Exception | None = None
        shares: list[_Share] = []
        try:
            shares = self._divide(requests, nodes)
            self.read_alone([share.part(self.ranks.rank) for share in shares])
        except Exception as problem:
            error = problem
        self.ranks.meet(error, _fingerprint(requests))
        for share in shares:
            for root in range(self.ranks.size):
                self.ranks.spread(share.slice(root), root)
        return [_delivered(request, share.out) for request, share in zip(requests, shares, strict=True)]

    def read_alone(self, requests: Sequence[Ranges]) -> list[AnyArray]:
        """Read with this rank's handle alone; a rank that wants nothing never opens the file."""
        if any(request.size for request in requests):
            return read_many(self.own, requests)
        return [_room(request, self.node(request.path)) for request in requests]

    def _divide(self, requests: Sequence[Ranges], nodes: Sequence[Node]) -> list[_Share]:
        try:
            outs = [_room(request, node) for request, node in zip(requests, nodes, strict=True)]
        except (MemoryError, ValueError) as error:  # numpy raises the latter for what no address reaches
            self.read_alone(requests)  # a backend knows whether the file can hold that much at all
            raise MemoryError(str(error)) from error
        small = is_small(sum(out.nbytes for out in outs))
        shares = []
        for request, node, out in zip(requests, nodes, outs, strict=True):
            starts, stops = join_adjacent(request.starts, request.stops)
            cuts = fair_cuts(starts, stops, self.ranks.size, node.chunk, small)
            shares.append(_Share(request.path, starts, stops, out, cuts))
        return shares

    @property
    def notes(self) -> tuple[str, ...]:
        """What this rank's backend has noted; see :class:`~livn_core.h5file.SupportsNotes`."""
        return tuple(getattr(self._opened, "notes", self._notes))

    def close(self) -> None:
        """Close this rank's handle; a second call does nothing."""
        self._notes = self.notes
        with self._lock:
            self._closed = True
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


@attrs.frozen(eq=False)
class _Share:
    """One request, and where it is cut."""

    path: str
    starts: IntArray
    stops: IntArray
    out: AnyArray
    cuts: IntArray

    def part(self, rank: int) -> Ranges:
        """What one rank reads, straight into its place in the whole."""
        ranges = clipped(self.starts, self.stops, int(self.cuts[rank]), int(self.cuts[rank + 1]))
        return Ranges(self.path, *ranges, out=self.slice(rank))

    def slice(self, rank: int) -> AnyArray:
        """Where one rank's part lies."""
        return self.out[self.cuts[rank] : self.cuts[rank + 1]]


def _already_known(node: Node, request: Ranges) -> AnyArray | None:
    return None if node.values is None else node.values[element_index(request.starts, request.stops)]


def _room(request: Ranges, node: Node) -> AnyArray:
    """Where the elements are put together: messages need memory in one piece."""
    if request.out is not None and request.out.flags.c_contiguous:
        return request.out
    return np.empty(request.size, node.dtype)


def _delivered(request: Ranges, found: AnyArray) -> AnyArray:
    if request.out is None:
        return found
    if request.out is not found:
        request.out[...] = found
    return request.out


def _fingerprint(requests: Sequence[Ranges]) -> int:
    return fingerprint(*(part for request in requests for part in (request.path, request.starts, request.stops)))


def open_shared(
    ranks: Ranks,
    source: str,
    backend: BackendNames | None,
    options: Mapping[str, object],
    fallback: bool,
) -> tuple[SharedFile, Selection]:
    """Open a file for several ranks: rank 0 chooses the backend and looks into the file, and tells the others.

    Raises
    ------
    Exception
        What rank 0 met, on all of them; see :meth:`livn_core.backends.Backends.open`.
    """
    opened: H5File | None = None

    def open_and_look() -> Opening:
        nonlocal opened
        opened, selection = default_backends().open(source, backend, options, fallback)
        return Opening(take_snapshot(opened), selection)

    try:
        found = ranks.from_first(open_and_look)
    except Exception:
        if opened is not None:
            opened.close()
        raise
    # What stands in for a backend that failed does not get the options that were meant for that one.
    kept = {} if found.selection.instead_of else options
    return SharedFile(ranks, found, source, kept, opened), found.selection
