"""Plans and does the reading of 1-D datasets: which bytes, in how many reads, by how many threads.

Data that lie in the file as they are go straight into the result. Of filtered data, only touched chunks are read and
decoded. Each result is an array of its own, never a view of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import attrs
import numpy as np

from livn_core.errors import FormatError
from livn_core.h5file import AnyArray
from livn_core.scratch import borrowed
from livn_pyfive.chunkindex import ChunkIndex
from livn_pyfive.datatype import Dtype
from livn_pyfive.filters import SHUFFLE, DamagedChunk, Filter, decode_chunk, unshuffle_into
from livn_pyfive.inflate import Buffer
from livn_pyfive.pieces import Pieces, elements_of, group_by_place, scatter, split_at_chunks
from livn_pyfive.pool import run_all
from livn_pyfive.storage import Storage

# A run of this many bytes is read straight into the result; shorter ones are read together and picked apart.
_DIRECT = 1 << 16
# Work is cut into tasks of about this many bytes: small enough to share, large enough to be worth a thread.
_TASK = 1 << 20
# Less work than this, in bytes copied, is done at once by the thread that asked: a few milliseconds. Two threads that
# ask for fresh memory at the same time wait for each other.
_WORTH_THREADS = 1 << 24
# Decoding a byte of the file takes as long as copying so many.
_DECODING = 16
_REMOTE_BATCH = 1 << 26
# Unshuffling a piece of a chunk by itself takes as long as unshuffling so many bytes more of the whole.
_PIECE = 1 << 13


@attrs.frozen(eq=False)
class Target:
    """Where a request's elements go.

    Parameters
    ----------
    node
        Path of the dataset, for messages.
    stored
        dtype of the elements in the file, in the file's byte order.
    out
        The result, 1-D, possibly of a wider dtype.
    """

    node: str
    stored: Dtype
    out: AnyArray

    @property
    def is_same(self) -> bool:
        """Whether bytes of the file can be put into the result as they are."""
        return self.out.flags.c_contiguous and self.out.dtype == self.stored

    def bytes(self, start: int, count: int) -> memoryview:
        """The bytes of ``count`` elements of the result, writable."""
        return self.out[start : start + count].view(np.uint8).data


@attrs.frozen(eq=False)
class Task:
    """Bytes ``[begin, end)`` of the file, and what is done with them.

    Without ``use``, they go to ``into`` as they are.
    """

    begin: int
    end: int
    use: Callable[[Buffer], None] | None = None
    """Called with the bytes, which are gone when it returns."""
    into: memoryview | None = None
    effort: int = 1
    """How many times as long as copying its bytes the task takes."""

    def run(self, storage: Storage) -> None:
        """Read and use."""
        if self.into is not None:
            storage.read_into(self.begin, self.into)
        elif self.use is not None:
            with borrowed(self.end - self.begin) as room:
                storage.read_into(self.begin, room)
                self.use(room)

    def take(self, data: bytes) -> None:
        """Use bytes that were read elsewhere."""
        if self.into is not None:
            self.into[:] = data
        elif self.use is not None:
            self.use(data)


def raw_tasks(target: Target, pieces: Pieces, storage: Storage) -> Iterator[Task]:
    """Tasks for elements that lie in the file as they are; sources of ``pieces`` are byte addresses in the file."""
    width = target.stored.itemsize
    if len(pieces) == 1:
        yield from _run_tasks(target, int(pieces.sources[0]), int(pieces.targets[0]), int(pieces.lengths[0]))
        return
    pieces = pieces.merged(width).cut(max(1, _TASK // width), width)
    large = pieces.lengths * width >= _DIRECT
    if target.is_same:
        for begin, start, count in _rows(pieces[large]):
            yield Task(begin, begin + count * width, into=target.bytes(start, count))
        pieces = pieces[~large]
    if not len(pieces):
        return
    pieces = pieces[np.argsort(pieces.sources, kind="stable")]
    ends = pieces.sources + pieces.lengths * width
    for group in group_by_place(pieces.sources, ends, storage.gap, _TASK):
        begin, end = int(pieces.sources[group.start]), int(ends[group].max())
        yield Task(begin, end, use=partial(_pick, target, pieces[group], begin))


def _run_tasks(target: Target, begin: int, start: int, count: int) -> Iterator[Task]:
    """As :func:`raw_tasks` for a single run of elements: most requests are for a whole dataset."""
    width = target.stored.itemsize
    most = max(1, _TASK // width)
    for at in range(0, count, most):
        size = min(most, count - at)
        place, end = begin + at * width, begin + (at + size) * width
        if target.is_same:
            yield Task(place, end, into=target.bytes(start + at, size))
        else:
            yield Task(place, end, use=partial(_convert, target, start + at))


def _convert(target: Target, start: int, data: Buffer) -> None:
    elements = elements_of(data, target.stored)
    target.out[start : start + len(elements)] = elements


def _rows(pieces: Pieces) -> Iterator[tuple[int, int, int]]:
    return zip(pieces.sources.tolist(), pieces.targets.tolist(), pieces.lengths.tolist(), strict=True)


def _pick(target: Target, pieces: Pieces, begin: int, data: Buffer) -> None:
    width = target.stored.itemsize
    places = pieces.sources - begin
    if np.any(places % width != places[0] % width):
        for place, start, count in _rows(Pieces(places, pieces.targets, pieces.lengths)):
            target.out[start : start + count] = elements_of(data, target.stored, place, count)
        return
    shift = int(places[0] % width)
    elements = elements_of(data, target.stored, shift, (len(data) - shift) // width)
    scatter(elements, Pieces((places - shift) // width, pieces.targets, pieces.lengths), target.out)


@attrs.frozen(eq=False)
class Chunked:
    """How a chunked dataset is stored."""

    length: int
    """Elements in a chunk."""
    steps: tuple[Filter, ...]
    """Filters in the order of writing."""
    index: ChunkIndex
    """Its addresses count from the start of the file."""
    fill: AnyArray
    """What was never written, 0-d, in the stored dtype."""
    complete: bool
    """Whether every chunk was written."""


def chunked_tasks(target: Target, pieces: Pieces, chunked: Chunked, storage: Storage) -> Iterator[Task]:
    """Tasks for a chunked dataset; what was never written is filled at once."""
    chunks, pieces = split_at_chunks(pieces, chunked.length)
    index = chunked.index
    rows = chunks
    if not chunked.complete:
        rows = np.searchsorted(index.numbers, chunks)
        rows[rows == len(index.numbers)] = 0
        there = index.numbers[rows] == chunks if len(index.numbers) else np.zeros(len(chunks), np.bool_)
        for _, start, count in _rows(pieces[~there]):
            target.out[start : start + count] = chunked.fill
        rows, pieces = rows[there], pieces[there]
    if not chunked.steps:
        places = index.addresses[rows] + pieces.sources * target.stored.itemsize
        yield from raw_tasks(target, Pieces(places, pieces.targets, pieces.lengths), storage)
    elif len(pieces):
        yield from _filtered_tasks(target, rows, pieces, chunked, storage)


def _filtered_tasks(
    target: Target, rows: AnyArray, pieces: Pieces, chunked: Chunked, storage: Storage
) -> Iterator[Task]:
    index = chunked.index
    order = np.argsort(index.addresses[rows], kind="stable")
    rows, pieces = rows[order], pieces[order]
    first = np.flatnonzero(np.concatenate(([True], rows[1:] != rows[:-1])))
    edges = np.append(first, len(rows))
    touched = rows[first]
    begins = index.addresses[touched]
    ends = begins + index.sizes[touched]
    # Threads share the work by what comes out, not by what goes in.
    ratio = max(1, chunked.length * target.stored.itemsize * len(touched) // max(1, int(index.sizes[touched].sum())))
    for group in group_by_place(begins, ends, storage.gap, max(1, _TASK // ratio)):
        begin, end = int(begins[group.start]), int(ends[group].max())
        jobs = [
            _Job(place, size, mask, pieces[low:high])
            for place, size, mask, low, high in zip(
                (begins[group] - begin).tolist(),
                index.sizes[touched[group]].tolist(),
                index.masks[touched[group]].tolist(),
                edges[group.start : group.stop].tolist(),
                edges[group.start + 1 : group.stop + 1].tolist(),
                strict=True,
            )
        ]
        yield Task(begin, end, use=partial(_decode, target, chunked, storage.name, jobs), effort=_DECODING)


@attrs.frozen(eq=False)
class _Job:
    """One chunk within the bytes of a task, and the pieces that are wanted of it."""

    place: int
    size: int
    mask: int
    pieces: Pieces


def _decode(target: Target, chunked: Chunked, file: str, jobs: Sequence[_Job], data: Buffer) -> None:
    view = memoryview(data)
    for job in jobs:
        try:
            _decode_one(target, chunked, job, view[job.place : job.place + job.size])
        except DamagedChunk as error:
            raise FormatError(file, target.node, f"damaged: {error}") from error


def _decode_one(target: Target, chunked: Chunked, job: _Job, data: memoryview) -> None:
    width, steps, mask = target.stored.itemsize, chunked.steps, job.mask
    size = chunked.length * width
    if steps[0].number != SHUFFLE or steps[0].width != width or mask & 1:
        plain = decode_chunk(data, steps, mask, size)
        scatter(elements_of(plain, target.stored), job.pieces, target.out)
        return
    shuffled = decode_chunk(data, steps[1:], mask >> 1, size)
    if target.is_same and (len(job.pieces) == 1 or len(job.pieces) * _PIECE <= size):
        for source, start, count in _rows(job.pieces):
            rows = target.out[start : start + count].view(np.uint8).reshape(count, width)
            unshuffle_into(shuffled, width, chunked.length, source, rows)
        return
    with borrowed(size) as room:
        rows = np.frombuffer(room, np.uint8).reshape(chunked.length, width)
        unshuffle_into(shuffled, width, chunked.length, 0, rows)
        scatter(elements_of(room, target.stored), job.pieces, target.out)


def run(tasks: Sequence[Task], storage: Storage, threads: int | None) -> None:
    """Do all tasks, side by side where that is worth it."""
    if storage.remote:
        _run_remote(tasks, storage, threads)
        return
    work = sum((task.end - task.begin) * task.effort for task in tasks)
    allowed = threads if work >= _WORTH_THREADS else 1
    run_all([partial(task.run, storage) for task in tasks], allowed)


def _run_remote(tasks: Sequence[Task], storage: Storage, threads: int | None) -> None:
    """Ask for many pieces at once, but never for more memory than a batch."""
    for batch in _batches(tasks):
        buffers = storage.read_many([task.begin for task in batch], [task.end - task.begin for task in batch])
        run_all([partial(task.take, data) for task, data in zip(batch, buffers, strict=True)], threads)


def _batches(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    size = 0
    for task in tasks:
        if batch and size + task.end - task.begin > _REMOTE_BATCH:
            yield batch
            batch, size = [], 0
        batch.append(task)
        size += task.end - task.begin
    if batch:
        yield batch
