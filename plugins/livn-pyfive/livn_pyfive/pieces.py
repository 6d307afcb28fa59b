"""Which part of the file goes to which part of the result: ranges cut into pieces, all at once in numpy.

A request may have a hundred thousand ranges, so nothing here loops over them.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from livn_core.h5file import AnyArray, IntArray
from livn_core.ranges import repeat
from livn_pyfive.datatype import Dtype


@attrs.frozen(eq=False)
class Pieces:
    """Runs of elements: where each is in its source, where it goes, how long it is.

    Parameters
    ----------
    sources
        int64 (k,): in the dataset or a chunk, in elements; or in the file, in bytes.
    targets
        int64 (k,): index in the result.
    lengths
        int64 (k,): in elements, none zero.
    """

    sources: IntArray
    targets: IntArray
    lengths: IntArray

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, key: slice | AnyArray) -> Pieces:
        return Pieces(self.sources[key], self.targets[key], self.lengths[key])

    def merged(self, width: int) -> Pieces:
        """Join neighbours that follow each other in both places; ``width`` is the size of an element in the source."""
        if len(self) < 2:
            return self
        follows = (self.sources[1:] == self.sources[:-1] + self.lengths[:-1] * width) & (
            self.targets[1:] == self.targets[:-1] + self.lengths[:-1]
        )
        first = np.flatnonzero(np.concatenate(([True], ~follows)))
        return Pieces(self.sources[first], self.targets[first], np.add.reduceat(self.lengths, first))

    def cut(self, most: int, width: int) -> Pieces:
        """Cut pieces of more than ``most`` elements."""
        if not len(self) or int(self.lengths.max()) <= most:
            return self
        counts = -(-self.lengths // most)
        steps = run_numbers(counts) * most
        lengths = np.minimum(repeat(self.lengths, counts) - steps, most)
        sources = repeat(self.sources, counts) + steps * width
        return Pieces(sources, repeat(self.targets, counts) + steps, lengths)


def run_numbers(counts: IntArray) -> IntArray:
    """0, 1 … count-1 for each count, one after the other: int64."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - repeat(ends - counts, counts)


_FIRST = np.zeros(1, np.int64)


def from_ranges(starts: IntArray, stops: IntArray) -> Pieces:
    """One piece per range that is not empty, neighbours joined."""
    lengths = stops - starts
    if len(starts) == 1 and lengths[0]:
        return Pieces(starts, _FIRST, lengths)
    targets = np.cumsum(lengths) - lengths
    if len(lengths) and int(lengths.min()) > 0:
        return Pieces(starts, targets, lengths).merged(1)
    there = lengths > 0
    return Pieces(starts[there], targets[there], lengths[there]).merged(1)


def split_at_chunks(pieces: Pieces, length: int) -> tuple[IntArray, Pieces]:
    """Cut pieces at chunk boundaries.

    Returns
    -------
    tuple
        int64 (k,) chunk numbers, and the pieces, whose sources count from the start of their chunk.
    """
    if len(pieces) == 1:
        return _split_one(int(pieces.sources[0]), int(pieces.targets[0]), int(pieces.lengths[0]), length)
    first = pieces.sources // length
    counts = (pieces.sources + pieces.lengths - 1) // length - first + 1
    steps = run_numbers(counts)
    chunks = repeat(first, counts) + steps
    begins = np.maximum(repeat(pieces.sources, counts), chunks * length)
    ends = np.minimum(repeat(pieces.sources + pieces.lengths, counts), (chunks + 1) * length)
    targets = repeat(pieces.targets - pieces.sources, counts) + begins
    return chunks, Pieces(begins - chunks * length, targets, ends - begins)


def _split_one(source: int, target: int, count: int, length: int) -> tuple[IntArray, Pieces]:
    """As :func:`split_at_chunks`, for a single piece."""
    chunks = np.arange(source // length, (source + count - 1) // length + 1, dtype=np.int64)
    edges = np.append(chunks * length, source + count)
    edges[0] = source
    begins = edges[:-1]
    return chunks, Pieces(begins - chunks * length, begins + (target - source), edges[1:] - begins)


def group_by_place(begins: IntArray, ends: IntArray, gap: int, most: int) -> Iterator[slice]:
    """Groups of places in the file that are read in one go.

    Parameters
    ----------
    begins, ends
        int64 (k,): first and one-past-last byte of each, ascending by ``begins``.
    gap
        Places at most so many bytes apart are read together.
    most
        A group gets no new member once it spans so many bytes.
    """
    reach = np.maximum.accumulate(ends)
    breaks = np.concatenate(([True], begins[1:] - reach[:-1] > gap))
    # Within a run, every `most` bytes begin another group.
    run = np.maximum.accumulate(np.where(breaks, begins, 0))
    bucket = (begins - run) // most
    breaks[1:] |= np.diff(bucket) != 0
    edges = np.append(np.flatnonzero(breaks), len(begins))
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield slice(low, high)


_LOOP_LIMIT = 32


def scatter(elements: AnyArray, pieces: Pieces, out: AnyArray) -> None:
    """Copy pieces of ``elements`` (sources count in elements) to their places in ``out``."""
    if len(pieces) <= _LOOP_LIMIT or int(pieces.lengths.sum()) > 256 * len(pieces):
        for source, target, length in zip(
            pieces.sources.tolist(), pieces.targets.tolist(), pieces.lengths.tolist(), strict=True
        ):
            out[target : target + length] = elements[source : source + length]
        return
    within = run_numbers(pieces.lengths)
    out[repeat(pieces.targets, pieces.lengths) + within] = elements[repeat(pieces.sources, pieces.lengths) + within]


def elements_of(data: bytes | memoryview, dtype: Dtype, offset: int = 0, count: int = -1) -> AnyArray:
    """A read-only view of bytes as elements."""
    return np.frombuffer(data, dtype, count, offset)
