"""The ranks that read together: one answer for all of them, or one error.

Any communicator with mpi4py's interface will do; mpi4py itself is never imported.

Between two meetings every rank works for itself. At a meeting each says whether it failed and what it is about to do;
if one failed, its error is raised on all of them, and if they do different things, all are told so. So a rank that
fails never leaves the others waiting, as long as all of them make the same calls. Between a meeting and the exchange
that it announces, nothing is done that can fail.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, Self, TypeVar

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.h5file import AnyArray, IntArray
from livn_core.parallel._errors import Packed, agreed, is_agreed, now

MOST_AT_ONCE = 2**31 - 1
"""Elements in one message, and the last place in one: MPI before version 4 counts them with 32 bits."""

_UNSIGNED = {size: np.dtype(f"u{size}") for size in (1, 2, 4, 8)}

T = TypeVar("T")


def rank_and_size(comm: Any) -> tuple[int, int]:
    """Rank and number of ranks; ``None`` and ``False`` (as the original passes it) are one rank alone."""
    if comm is None or comm is False:
        return 0, 1
    return int(comm.Get_rank()), int(comm.Get_size())


def local_gids(gids: IntArray, comm: Any, node_allocation: Iterable[int] | None = None) -> IntArray:
    """The gids that this rank handles.

    Parameters
    ----------
    gids
        int64, shape (n,).
    comm
        The communicator, or None.
    node_allocation
        The gids of this rank; without it they are dealt out by gid modulo size.

    Returns
    -------
    ndarray
        int64, in the order of ``gids``.
    """
    if node_allocation is not None:
        return gids[np.isin(gids, np.fromiter(node_allocation, np.int64))]
    rank, size = rank_and_size(comm)
    return gids if size == 1 else gids[gids % size == rank]


@attrs.frozen
class Ranks:
    """Several ranks, seen from one of them."""

    comm: Any = attrs.field(repr=False)
    rank: int
    size: int

    @classmethod
    def of(cls, comm: Any) -> Self | None:
        """The ranks of a communicator; ``None`` where there is only one.

        Raises
        ------
        InvalidTypeError
            It is no communicator.
        InvalidArgumentError
            It is none that this process belongs to, as ``MPI.COMM_NULL``.
        """
        if comm is None or comm is False:
            return None
        if not hasattr(comm, "Get_rank") or not hasattr(comm, "Get_size"):
            raise InvalidTypeError(f"comm must be a communicator with mpi4py's interface, not {comm!r}")
        try:
            rank, size = rank_and_size(comm)
        except Exception as error:
            raise InvalidArgumentError("comm is no communicator that this process belongs to") from error
        return cls(comm, rank, size) if size > 1 else None

    def meet(self, error: Exception | None = None, doing: int = 0) -> None:
        """Wait for all ranks, and raise on all of them what any of them brings.

        Parameters
        ----------
        error
            What went wrong here since the last meeting.
        doing
            A number that says what this rank does next, and must be the same on all.

        Raises
        ------
        Exception
            The error of the lowest rank that has one, with a note that names the rank.
        InvalidArgumentError
            The ranks are not doing the same.
        """
        answers = np.empty((self.size, 2), np.int64)
        self.comm.Allgather(np.array([error is not None, doing], np.int64), answers)
        failed = np.flatnonzero(answers[:, 0])
        if failed.size:
            self._raise_on_all(error, failed.tolist())
        if (answers[:, 1] != answers[0, 1]).any():
            raise agreed(
                InvalidArgumentError(
                    f"the {self.size} ranks made different calls, or with different arguments; with comm=, every rank "
                    "reads the same thing, and local=True gives each its own cells"
                )
            )

    def _raise_on_all(self, error: Exception | None, failed: list[int]) -> None:
        first = failed[0]
        mine = Packed.of(error) if error is not None and self.rank == first else None
        packed: Packed = self.comm.bcast(mine, root=first)
        # What cannot be sent is, on the rank where it was met, the cause of what is raised instead.
        kept = error if mine is not None and mine.pickled else None
        raised = kept or packed.unpack()
        others = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        raised.add_note(f"livn: raised on rank {first} of {self.size}{others}")
        raise agreed(raised) from (error if kept is None else kept.__cause__)

    @contextmanager
    def together(self) -> Iterator[None]:
        """A piece of work that succeeds on all ranks or fails on all."""
        begun = now()
        try:
            yield
        except Exception as error:
            if not is_agreed(error, begun):
                self.meet(error)
            raise
        self.meet()

    def from_first(self, work: Callable[[], T]) -> T:
        """Let rank 0 do something, and give its result, or its error, to all.

        Parameters
        ----------
        work
            Called on rank 0 alone; what it returns must be picklable and small.
        """
        packed: bytes | None = None
        error: Exception | None = None
        if self.rank == 0:
            try:
                packed = pickle.dumps(work())
            except Exception as problem:
                error = problem
        self.meet(error, fingerprint("from rank 0"))
        packed = self.comm.bcast(packed, root=0)
        with self.together():  # a rank may lack what the answer is made of, such as rank 0's backend
            answer: T = pickle.loads(packed)
        return answer

    def spread(self, array: AnyArray, root: int) -> None:
        """Copy a contiguous array from one rank into the same array on all others."""
        plain = as_plain(array)
        for at in range(0, plain.size, MOST_AT_ONCE):
            self.comm.Bcast(plain[at : at + MOST_AT_ONCE], root=root)

    def gather(self, row: AnyArray, doing: int) -> AnyArray:
        """An array of equal shape from each rank: all of them, shape (size, *shape), on every rank.

        ``doing`` is for the meeting before it.
        """
        row = np.ascontiguousarray(row)
        found = np.empty((self.size, *row.shape), row.dtype)
        self.meet(doing=doing)
        self.comm.Allgather(row, found)
        return found

    def put_together(self, parts: Sequence[AnyArray], doing: int) -> list[AnyArray]:
        """One part of several arrays from each rank: the whole arrays, in order of rank, on every rank.

        Parameters
        ----------
        parts
            1-D, of the same dtypes on every rank and of any length.
        doing
            For the meetings before it.
        """
        ends = np.cumsum(self.gather(np.array([part.size for part in parts], np.int64), doing), axis=0)
        whole = [np.empty(int(end), part.dtype) for end, part in zip(ends[-1], parts, strict=True)]
        for array, part, end in zip(whole, parts, ends[self.rank].tolist(), strict=True):
            array[end - part.size : end] = part
        self.meet(doing=doing)
        for array, borders in zip(whole, ends.T.tolist(), strict=True):
            for root, (start, stop) in enumerate(pairwise([0, *borders])):
                self.spread(array[start:stop], root)
        return whole

    def exchange(self, send: AnyArray, sent: IntArray, into: AnyArray, received: IntArray, begins: IntArray) -> None:
        """Give each rank its part of ``send``, and take what the others give.

        Parameters
        ----------
        send
            1-D, contiguous: the elements for rank 0, then for rank 1, …
        sent, received
            int64, shape (size,): how many elements go to and come from each rank.
        into
            1-D, contiguous, of the same dtype: filled.
        begins
            int64, shape (size,): where in it the elements of each rank go.
        """
        self.comm.Alltoallv([as_plain(send), sent.tolist()], [as_plain(into), (received.tolist(), begins.tolist())])

    def total(self, counts: IntArray) -> IntArray:
        """The sum of an array over all ranks, on every rank."""
        counts = np.ascontiguousarray(counts)
        found = np.empty_like(counts)
        self.meet(doing=fingerprint("total", counts.size))
        self.comm.Allreduce(counts, found)
        return found


def fingerprint(*parts: str | int | IntArray) -> int:
    """A number that ranks have in common when they are about to do the same; never 0, which says nothing."""
    found = 0
    for part in parts:
        plain = np.ascontiguousarray(part).data if isinstance(part, np.ndarray) else str(part).encode()
        found = zlib.crc32(plain, zlib.crc32(b"|", found))
    return found + 1


def as_plain(array: AnyArray) -> AnyArray:
    """The same bytes as unsigned integers: MPI knows no float16, and no records."""
    return array.view(_UNSIGNED.get(array.dtype.itemsize, np.dtype(np.uint8)))
