"""One table in a file, read through pyarrow: Parquet batch by batch, CSV as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from livn_core.converting._numbers import Extent, Form, extent_of, is_number
from livn_core.errors import FormatError, InvalidArgumentError, SourceNotFoundError, missing_package
from livn_core.h5file import AnyArray, IntArray
from livn_core.writing._checks import STORABLE

BATCH = 2**20
"""Rows that are read in one go."""

SUFFIXES = (".parquet", ".csv")
PRE, POST = "pre", "post"


def import_pyarrow(module: str = "") -> Any:
    """Import pyarrow or one of its modules, or say how to get it."""
    try:
        from importlib import import_module

        return import_module(f"pyarrow.{module}" if module else "pyarrow")
    except ImportError as error:
        raise missing_package("pyarrow", "a table", "convert") from error


def find(source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> list[Path]:
    """The tables in directories and among files."""
    given = [source] if isinstance(source, str | os.PathLike) else list(source)
    found: list[Path] = []
    for path in map(Path, given):
        if not path.exists():
            raise SourceNotFoundError(f"no such file or directory: {path}")
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        found += [one for one in inside if one.suffix in SUFFIXES and one.is_file()]
        if not path.is_dir() and path.suffix not in SUFFIXES:
            raise InvalidArgumentError(f"{path}: a table ends in {' or '.join(SUFFIXES)}")
    return found


@attrs.frozen(eq=False)
class Table:
    """A table in a file."""

    path: Path
    schema: Any
    """pyarrow's schema."""
    _whole: Any = None
    """All of a CSV file."""

    @classmethod
    def open(cls, path: Path) -> Table:
        """Read the names and types of the columns; of a CSV file, everything."""
        pa = import_pyarrow()
        try:
            if path.suffix == ".csv":
                whole = import_pyarrow("csv").read_csv(path)
                return cls(path, whole.schema, whole)
            return cls(path, import_pyarrow("parquet").read_schema(path))
        except (pa.ArrowException, OSError) as error:
            raise FormatError(str(path), "/", f"pyarrow cannot read it: {error}") from error

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        names = list(self.schema.names)
        twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
        if twice is not None:
            raise FormatError(str(self.path), f"/{twice}", "this column is there twice")
        return names

    @property
    def is_edges(self) -> bool:
        """Whether its rows are edges instead of cells."""
        return PRE in self.schema.names and POST in self.schema.names

    def batches(self, names: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Some columns, piece by piece: the number of the first row, and an Arrow array by name."""
        pa, row = import_pyarrow(), 0
        try:
            if self._whole is not None:
                batches = self._whole.select(names).combine_chunks().to_batches(max_chunksize=BATCH)
            else:
                file = import_pyarrow("parquet").ParquetFile(self.path)
                batches = file.iter_batches(BATCH, columns=list(names))
            for batch in batches:
                yield row, {name: batch.column(at) for at, name in enumerate(batch.schema.names)}
                row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise FormatError(str(self.path), f"/row {row}", f"pyarrow cannot read it: {error}") from error

    def column(self, name: str) -> Any:
        """One column as a whole."""
        pa = import_pyarrow()
        found = [batch[name] for _, batch in self.batches([name])]
        return pa.concat_arrays(found) if found else pa.array([], self.schema.field(name).type)

    def error(self, name: str, problem: str) -> FormatError:
        """The error for a column."""
        return FormatError(str(self.path), f"/{name}", problem)

    def ids(self, name: str, array: Any, row: int) -> IntArray:
        """A column of whole numbers: int64."""
        types = import_pyarrow("types")
        if not types.is_integer(array.type) and len(array):
            raise self.error(name, f"has to hold whole numbers, not {array.type}")
        self.check_filled(name, array, row)
        values: AnyArray = array.to_numpy(zero_copy_only=False)
        if values.dtype == np.uint64 and values.size and values.max() >= 2**63:
            raise self.error(name, f"row {row + int(values.argmax())}: {values.max()} is too large")
        return values.astype(np.int64)

    def check_filled(self, name: str, array: Any, row: int) -> None:
        """Refuse empty places."""
        if array.null_count:
            empty = np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))[0]
            raise self.error(name, f"row {row + int(empty)} is empty")

    def numbers(self, name: str, array: Any, row: int) -> AnyArray:
        """A column of numbers; an empty place is NaN, and an error among whole numbers."""
        if array.null_count and not import_pyarrow("types").is_floating(array.type):
            self.check_filled(name, array, row)
        return np.asarray(array.to_numpy(zero_copy_only=False))


def numpy_type(kind: Any) -> np.dtype[Any] | None:
    """The type of a column of numbers or bools; None of anything else."""
    types = import_pyarrow("types")
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        return None
    dtype = np.dtype(kind.to_pandas_dtype())
    return dtype if is_number(dtype) else None


def form_of(extent: Extent) -> Form | None:
    """The type in which a column is kept; None where whole numbers need more than 32 bits."""
    if len(extent.dtypes) == 1 and next(iter(extent.dtypes)) in STORABLE:
        return Form(np.dtype(next(iter(extent.dtypes))))
    form = Form.of(extent)
    if form.mode == "plain":
        return form
    return Form(np.dtype(np.float32)) if extent.floating else None


def needs_look(kind: Any) -> bool:
    """Whether values have to be looked at, to know how they can be kept."""
    dtype = numpy_type(kind)
    return dtype is not None and dtype.itemsize == 8


def empty_extent(kind: Any) -> Extent:
    """What is known of a column by its type alone."""
    return extent_of(np.empty(0, numpy_type(kind)))
