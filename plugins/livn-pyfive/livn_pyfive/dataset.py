"""One dataset of an open file: what it is, and its elements.

Everything beyond the shape is found out when it is first asked for, so a dataset of a type that is not read disturbs
nobody who does not read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from livn_core.errors import BackendError, InvalidArgumentError
from livn_core.h5file import AnyArray, Ranges
from livn_core.lazy import Lazy
from livn_pyfive.chunkindex import ChunkIndex, read_index, without_filters
from livn_pyfive.datatype import Dtype, native, plain
from livn_pyfive.filters import DEFLATE, FLETCHER32, MAX_DEFLATE_RATIO, Filter, parse_pipeline
from livn_pyfive.header import PIPELINE, Chunking, Fill, Layout, Messages, read_fill, read_layout, read_shape
from livn_pyfive.pieces import Pieces, elements_of, from_ranges, scatter
from livn_pyfive.reading import Chunked, Target, Task, chunked_tasks, raw_tasks
from livn_pyfive.scattered import PAGE_BYTES, Pages, Reading, read_few

if TYPE_CHECKING:
    from livn_pyfive.file import PyfiveFile

# More than this is not made up from fill values, unless the file itself is larger.
_MAX_FILL = 1 << 26
_MAX_MISSING = 1 << 22
_MAX_CHUNK = 1 << 32


class Dataset:
    """A dataset that is sliced to numpy.

    Parameters
    ----------
    file
        The file that it is in.
    name
        Its absolute path.
    messages
        Its object header.
    """

    def __init__(self, file: PyfiveFile, name: str, messages: Messages) -> None:
        self.name = name
        self._file = file
        self._messages = messages
        with file.reading(name):
            self._shape = read_shape(messages)

    def __repr__(self) -> str:
        return f"<dataset {self.name} {self._shape} of {self._file.filename}>"

    @property
    def shape(self) -> tuple[int, ...]:
        """Extent in elements."""
        return self._shape

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self._shape)

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Extent of a chunk in elements; ``None`` where the dataset has none."""
        chunking = self._layout.chunked
        return None if chunking is None else chunking.shape

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError(f"{self.name} is a scalar and has no length")
        return self._shape[0]

    @Lazy
    def dtype(self) -> Dtype:
        """Element type in this machine's byte order; an enum's labels are ``dtype.metadata["enum"]``.

        Raises
        ------
        FormatError
            The elements are none of integers, floats, bools, enums and compounds of these.
        """
        return native(self._stored)

    @Lazy
    def _stored(self) -> Dtype:
        return self._file.dtype_of(self.name, self._messages)

    @Lazy
    def _plain(self) -> Dtype:
        return plain(self.dtype)

    @Lazy
    def _element(self) -> Dtype:
        """The stored type without labels."""
        return self._plain if self._stored == self.dtype else self._stored

    @Lazy
    def _layout(self) -> Layout:
        with self._file.reading(self.name):
            return read_layout(self._messages)

    @Lazy
    def _fill(self) -> Fill:
        with self._file.reading(self.name):
            return read_fill(self._messages)

    def __getitem__(self, key: Any) -> AnyArray:
        """Read a part: a slice, an index, ``...``, ``()``, or anything else that numpy understands."""
        self._file.check_open()
        if isinstance(key, tuple) and len(key) == 1 and self.ndim == 1:
            key = key[0]
        if isinstance(key, slice) and self.ndim == 1 and (key.step is None or key.step > 0):
            start, stop, step = key.indices(self._shape[0])
            whole = self._read(start, max(start, stop))
            return whole if step == 1 else whole[::step].copy()
        if isinstance(key, int | np.integer) and self.ndim == 1:
            place = range(self._shape[0])[int(key)]
            return self._read(place, place + 1)[0]  # type: ignore[no-any-return]
        everything = self._read(0, self.size).reshape(self._shape)
        all_of_it = key is Ellipsis or (isinstance(key, tuple) and not key)
        return everything[key] if all_of_it else np.array(everything[key])

    def _read(self, start: int, stop: int) -> AnyArray:
        request = Ranges(self.name, np.array([start], np.int64), np.array([stop], np.int64))
        return self._file.read_many([request])[0]

    def plan(self, request: Ranges) -> Reading:
        """The result of a request, and what has to be done before it is right. The file is in use meanwhile.

        Raises
        ------
        FormatError
            The dataset is of a type that is not read, is damaged, or claims more than the file can hold.
        InvalidArgumentError
            A range is outside the dataset, or ``out`` cannot take its type.
        """
        self._check_ranges(request)
        with self._file.reading(self.name):
            pieces = from_ranges(request.starts, request.stops)
            how = self._prepare(pieces)
            target = Target(self.name, self._element, self._result(request))
            part = None
            if request.size < self.size and self._pages is not None:
                part = self._pages.plan(target, pieces, self._load)
            return part or Reading(target.out, list(self._tasks(target, pieces, how)) if len(pieces) else [])

    @Lazy
    def _pages(self) -> Pages | None:
        """What is kept of this dataset once it was touched; ``None`` where nothing is."""
        chunked, cache = self._layout.chunked, self._file.cache
        encoded = chunked is not None and bool(self._chunked.steps)
        # Data that lie in the file as they are are kept for speed of access alone, and not where they come and go.
        if not encoded and (self._file.storage.remote or self.size * self._element.itemsize > cache.max_bytes // 2):
            return None
        if chunked is None and self._layout.contiguous is None:
            return None
        if chunked is not None:
            length = chunked.shape[0]
            size = -(-self.size // length) * length
        else:
            # Where all of it would be one page, reading the whole goes straight into the result.
            length = max(1, min(self.size, PAGE_BYTES // self._element.itemsize))
            size = self.size
        return Pages(self.name, self._element, length, size, cache)

    def _load(self, target: Target, pieces: Pieces) -> list[Task]:
        return list(self._tasks(target, pieces, self._prepare(pieces)))

    def _result(self, request: Ranges) -> AnyArray:
        dtype, out = self._plain, request.out
        if out is None:
            try:
                return np.empty(request.size, dtype)
            except MemoryError as error:
                size = request.size * dtype.itemsize
                problem = f"{size} bytes of memory are needed at once, and are not there; read it in parts"
                raise BackendError(f"{self._file.filename}: {self.name}: {problem}") from error
        if not np.can_cast(dtype, out.dtype, "same_kind"):
            raise InvalidArgumentError(f"{self.name}: {dtype} does not go into an array of {out.dtype}")
        return out

    def _check_ranges(self, request: Ranges) -> None:
        # That no range is backwards, the request has seen to.
        stops = request.stops
        if len(stops) and int(stops[0] if len(stops) == 1 else stops.max()) > self.size:
            raise InvalidArgumentError(
                f"{self._file.filename}: {self.name}: a range is outside the {self.size} elements"
            )

    def _prepare(self, pieces: Pieces) -> Chunked | Layout:
        """Whatever is needed to read; every claim about sizes is checked here, before memory is asked for."""
        layout, width = self._layout, self._stored.itemsize
        if layout.chunked is not None:
            chunked = self._chunked
            _check_fill(pieces, chunked, width, self._file.size)
            return chunked
        needed = self.size * width
        if layout.contiguous is not None:
            address, length = layout.contiguous
            if (length >= 0 and length != needed) or address + needed > self._file.size:
                raise ValueError(f"its {self.size} elements need {needed} bytes, which the file does not hold for it")
        elif layout.compact is not None:
            if len(layout.compact) < needed:
                raise ValueError(f"its {self.size} elements need {needed} bytes, and {len(layout.compact)} are there")
        elif needed and (self._fill.early or needed > max(_MAX_FILL, self._file.size)):
            raise ValueError(f"its {self.size} elements were never written")
        return layout

    def _tasks(self, target: Target, pieces: Pieces, how: Chunked | Layout) -> Iterator[Task]:
        storage, base = self._file.storage, self._file.base
        if isinstance(how, Chunked):
            yield from chunked_tasks(target, pieces, how, storage)
        elif how.contiguous is not None:
            places = base + how.contiguous[0] + pieces.sources * target.stored.itemsize
            if not read_few(target, pieces, places, storage):
                yield from raw_tasks(target, Pieces(places, pieces.targets, pieces.lengths), storage)
        elif how.compact is not None:
            scatter(elements_of(how.compact, target.stored, 0, self.size), pieces, target.out)
        else:
            target.out[...] = self._fill_value

    @property
    def _fill_value(self) -> AnyArray:
        value = self._fill.value
        if not value:
            return np.zeros((), self._stored)
        if len(value) != self._stored.itemsize:
            raise ValueError("its fill value is not of its type")
        return elements_of(value, self._stored).reshape(()).copy()

    @Lazy
    def _chunked(self) -> Chunked:
        chunking = self._layout.chunked
        if chunking is None:
            raise ValueError("it is not chunked")
        if len(chunking.shape) != 1 or self.ndim != 1:
            raise NotImplementedError(f"it is chunked in {self.ndim} dimensions; NeuroH5 has one")
        width = self._stored.itemsize
        if chunking.itemsize != width or not 0 < chunking.shape[0] * width <= _MAX_CHUNK:
            raise ValueError(f"its chunks of {chunking.shape[0]} times {chunking.itemsize} bytes make no sense")
        steps = parse_pipeline(self._messages.own(PIPELINE, "list of filters"), width)
        count = -(-self.size // chunking.shape[0])
        index = read_index(self._file.reader(), chunking, count)
        if chunking.edge_unfiltered and self.size % chunking.shape[0]:
            index = without_filters(index, count - 1)
        _check_sizes(index, chunking, steps)
        if self._fill.early and len(index.numbers) != count:
            raise ValueError(f"{count - len(index.numbers)} of its {count} chunks are missing")
        index = attrs.evolve(index, addresses=index.addresses + self._file.base)
        return Chunked(chunking.shape[0], steps, index, self._fill_value, len(index.numbers) == count)


def _check_sizes(index: ChunkIndex, chunking: Chunking, steps: tuple[Filter, ...]) -> None:
    """What the chunks take in the file must be what they hold, or could be deflated to it."""
    whole = chunking.shape[0] * chunking.itemsize
    if not steps and (index.sizes == whole).all():
        return
    deflated = np.zeros(len(index.numbers), np.bool_)
    added = np.zeros(len(index.numbers), np.int64)
    for number, step in enumerate(steps):
        active = (index.masks >> np.uint32(number) & 1) == 0
        if step.number == DEFLATE:
            deflated |= active
        elif step.number == FLETCHER32:
            added += 4 * active
    if np.any(deflated & (index.sizes * MAX_DEFLATE_RATIO < whole)):
        raise ValueError(f"a chunk is too short in the file to hold {whole} bytes")
    if np.any(~deflated & (index.sizes != whole + added)):
        raise ValueError(f"a chunk does not take {whole} bytes in the file")


def _check_fill(pieces: Pieces, chunked: Chunked, width: int, file_size: int) -> None:
    """A damaged extent makes a dataset of petabytes, of which no chunk exists."""
    if not len(pieces) or chunked.complete:
        return
    first = pieces.sources // chunked.length
    last = (pieces.sources + pieces.lengths - 1) // chunked.length
    present = np.searchsorted(chunked.index.numbers, last, "right") - np.searchsorted(chunked.index.numbers, first)
    missing = int((last - first + 1 - present).max())
    if missing > _MAX_MISSING or missing * chunked.length * width > max(_MAX_FILL, file_size):
        raise ValueError(f"{missing} of its chunks are missing: its extent is damaged")
