"""Out-edges without a pass over the projection: an index that is made once, and trusted only while it fits.

What an index says it is of is a SHA-256 of the edges as they are read, so it fits every file that holds these edges,
however it stores them. That hash is taken of the file once more where its size, its times or its inode are not
those that were noted with the index, and not where they are.
"""

from __future__ import annotations

import hashlib
import time
import warnings
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote

import numpy as np

from livn_core.errors import BackendError, InvalidArgumentError, LivnWarning, TooLargeError
from livn_core.forking import Lock
from livn_core.h5file import AnyArray, IntArray, LocalFile
from livn_core.locations import CACHE_VARIABLE, cache_root
from livn_core.neuroh5._edges import EdgeReader, Paths
from livn_core.neuroh5._indexfile import SUFFIX, Facts, IndexFile, ReplacedIndex, UnusableIndex, write_index
from livn_core.neuroh5._layout import EdgeLayout
from livn_core.neuroh5._segments import Segments
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Edges
from livn_core.ranges import pointer_of, repeat

Where: TypeAlias = Literal["beside", "cache"]
WHERE: tuple[Where, ...] = ("beside", "cache")
"""Where indexes are looked for, in this order, and made."""

_SETTLED_NS = 2 * 10**9
# Of more edges than this part of all, a pass over the projection costs no more than sorting them out.
_STREAM_FROM = 8
_KEY_BITS = 62
_MOST_CELLS = 2**31


class OutIndex:
    """The index of one projection: looked for when it is first needed, and kept.

    Safe to use from several threads.
    """

    def __init__(self, store: Store, layout: EdgeLayout, edges: EdgeReader) -> None:
        self._store = store
        self._layout = layout
        self._edges = edges
        self._lock = Lock()
        self._found: IndexFile | None = None
        self._begins: IntArray | None = None
        self._problem = ""
        self._looked_for = False

    def build(self, plan: Segments, where: Where | None) -> Path:
        """Make the index anew; see :meth:`livn_core.neuroh5.Projection.build_index`."""
        if where is not None and where not in WHERE:
            raise InvalidArgumentError(f"an index is kept {' or '.join(map(repr, WHERE))}, not {where!r}")
        file = self._store.local_file()
        if file is None:
            raise InvalidArgumentError(f"{self._store.source}: {self._no_file}")
        if self._layout.pre.count > _MOST_CELLS:
            raise TooLargeError(
                f"{self._store.source}: population {self._layout.pre.name} is too large for an index, which takes "
                f"{_MOST_CELLS:,} cells; out_edges() works without"
            )
        # A copy may have been given the old time of writing; when its inode was changed, it cannot be given.
        settled = time.time_ns() - max(file.mtime_ns, file.ctime_ns) > _SETTLED_NS
        digest, pointer = self._digest(plan)
        facts = self._facts(plan, digest, file.stamp if settled else None)
        positions = self._positions(plan, pointer, facts.width)
        if self._store.local_file() != file:
            raise BackendError(f"{self._store.source}: was changed while its index was made; make it again")
        path = self._write(file, where, facts, pointer, positions)
        with self._lock:
            self._found, self._problem, self._looked_for = IndexFile.open(path), "", True
        return path

    def read(self, plan: Segments, cells: IntArray, attributes: Paths, required: bool) -> Edges | None:
        """The edges from some cells; ``None`` where a pass over the projection does better, or nothing else will do.

        Parameters
        ----------
        cells
            int64, ascending and unique: counted from the first of the pre population.
        required
            Whether the caller insists on an index.

        Raises
        ------
        InvalidArgumentError
            An index is required, and there is none that fits.
        """
        index = self._index(plan)
        if index is None:
            if required:
                raise InvalidArgumentError(f"{self._store.source}: {self._layout.top}: {self._problem}")
            return None
        counts = index.pointer[cells + 1] - index.pointer[cells]
        if int(counts.sum()) * _STREAM_FROM > index.facts.n_edges and not required:
            return None
        try:
            positions = index.positions(cells)
        except (OSError, UnusableIndex) as error:
            self._give_up(index, error)
            return self.read(plan, cells, attributes, required)
        at, which = _merged(positions, counts, index.facts.n_edges)
        return self._edges.read_at(plan, self._pointer(plan), at, cells[which], attributes)

    def _pointer(self, plan: Segments) -> IntArray:
        """Where each cell's edges begin in the order of reading; kept, since it is as long as the plan."""
        if self._begins is None:
            self._begins = plan.pointer
        return self._begins

    def _index(self, plan: Segments) -> IndexFile | None:
        """The index, unless there is none that fits."""
        with self._lock:
            file = self._store.local_file()  # refuses one that was changed since the index was compared with it
            if not self._looked_for:
                self._found, self._looked_for = self._look_for(plan, file), True
            return self._found

    def _look_for(self, plan: Segments, file: LocalFile | None) -> IndexFile | None:
        self._problem = "there is no index of its out-edges; make one with build_index() or `livn systems index`"
        if file is None:
            self._problem = self._no_file
            return None
        for where in WHERE:
            path = self._path(file, where)
            try:
                found = IndexFile.open(path)
                self._compare(found, plan, file)
            except FileNotFoundError:
                continue
            except (OSError, UnusableIndex) as error:
                self._complain(path, error)
            else:
                return found
        return None

    def _compare(self, found: IndexFile, plan: Segments, file: LocalFile) -> None:
        """Raise :class:`UnusableIndex` where an index is of other edges."""
        facts = found.facts
        fits = facts == self._facts(plan, facts.digest, facts.stamp)
        if not fits or (facts.stamp != file.stamp and facts.digest != self._digest(plan)[0]):
            raise UnusableIndex("it is of other edges; the file was changed after it was made")

    def _give_up(self, index: IndexFile, error: Exception) -> None:
        with self._lock:
            if self._found is not index:  # another thread has made or found a new one meanwhile
                return
            self._found = None
            if isinstance(error, ReplacedIndex):
                self._looked_for = False  # the new one is looked at, and is what is complained about if it is no good
            else:
                self._complain(index.path, error)

    def _complain(self, path: Path, error: Exception) -> None:
        self._problem = f"the index {path} is not used: {error}. Make it anew with `livn systems index`"
        warnings.warn(self._problem, LivnWarning, stacklevel=7)

    def _facts(self, plan: Segments, digest: str, stamp: tuple[int, int, int, int] | None) -> Facts:
        pre, post = ((one.start, one.count) for one in (self._layout.pre, self._layout.post))
        return Facts(pre, post, plan.size, digest, stamp)

    def _digest(self, plan: Segments) -> tuple[str, IntArray]:
        """The hash of the edges, and in the same pass how many leave each cell: a pointer, int64, (pre.count + 1,)."""
        pre = self._layout.pre
        hashed, counts = hashlib.sha256(), np.zeros(pre.count, np.int64)
        for values in (plan.gids, plan.pointer):
            hashed.update(values.astype("<i8").data)
        for _, gids in self._edges.stream(plan):
            hashed.update(gids.astype(gids.dtype.newbyteorder("<"), copy=False).data)
            counts += np.bincount((gids - pre.start).astype(np.intp, copy=False), minlength=pre.count)
        return hashed.hexdigest(), pointer_of(counts)

    def _positions(self, plan: Segments, pointer: IntArray, width: int) -> AnyArray:
        """Where each cell's edges are in the order of reading: cell after cell, ascending within one."""
        pre, free = self._layout.pre, pointer[:-1].copy()
        positions = np.empty(plan.size, f"i{width}")
        first = 0
        for _, gids in self._edges.stream(plan):
            keys = (gids - pre.start).astype(np.int64) << 32 | np.arange(gids.size)
            keys.sort()
            cells, here = keys >> 32, keys & 0xFFFFFFFF
            counts = np.bincount(cells.astype(np.intp, copy=False), minlength=pre.count)
            places = (free - (np.cumsum(counts) - counts))[cells] + np.arange(gids.size)
            positions[places] = first + here
            free += counts
            first += gids.size
        return positions

    def _write(
        self, file: LocalFile, where: Where | None, facts: Facts, pointer: IntArray, positions: AnyArray
    ) -> Path:
        problems: list[str] = []
        for one in WHERE if where is None else (where,):
            path = self._path(file, one)
            try:
                write_index(path, facts, pointer, positions)
            except OSError as error:
                problems.append(f"{path} ({error.strerror or error})")
            else:
                return path
        way = (
            "" if where == "beside" or not CACHE_VARIABLE else f"; {CACHE_VARIABLE} may name another folder for caches"
        )
        raise BackendError(f"{file.path}: its index cannot be written at {' nor at '.join(problems)}{way}")

    def _path(self, file: LocalFile, where: Where) -> Path:
        pair = ",".join(quote(one.name, safe="") for one in (self._layout.pre, self._layout.post))
        beside = Path(file.path)
        name = f"{beside.name}.{pair}{SUFFIX}"
        if where == "beside":
            return beside.with_name(name)
        return cache_root() / "indexes" / hashlib.sha256(file.path.encode()).hexdigest()[:24] / name

    _no_file = "only edges that are read from a file on this machine, by one process, can have an index"


def _merged(positions: IntArray, counts: IntArray, n_edges: int) -> tuple[IntArray, IntArray]:
    """The positions of several cells in one ascending order, and the number of the cell that each belongs to."""
    which, bits = repeat(np.arange(counts.size), counts), int(counts.size).bit_length()
    if bits + n_edges.bit_length() > _KEY_BITS:
        order = positions.argsort()
        return positions[order], which[order]
    # One sort of numbers that hold both is several times faster than sorting one array by another.
    keys = positions << bits | which
    keys.sort()
    return keys >> bits, keys & (1 << bits) - 1
