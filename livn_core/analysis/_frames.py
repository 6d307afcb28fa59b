"""Systems as tables of pandas and of Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from livn_core.analysis._tables import (
    Column,
    Names,
    cell_table,
    check_table,
    edge_blocks,
    edge_types,
)
from livn_core.errors import missing_package
from livn_core.h5file import AnyArray, IntArray

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from livn_core.system._subset import Subset
    from livn_core.system._system import System


def to_arrow(system: System | Subset, table: str = "cells", attributes: Names | None = None) -> pa.Table:
    """The cells or the edges of a system as an Arrow table.

    Parameters
    ----------
    system
        A system, or a subset of one.
    table
        ``"cells"`` or ``"edges"``.
    attributes
        False: none. True: all. Else names, ``"Namespace/name"``. By default none of the cells', and all of the edges'.

    Returns
    -------
    pyarrow.Table
        ``"cells"``: one row for each cell, ascending by gid: ``gid`` (int64), ``population`` (dictionary of str),
        ``x``, ``y``, ``z`` (float64, µm; null without coordinates), then the attributes under their full names: in
        the file's dtype where no cell has more than one value, else as lists; null where a cell has none.
        ``"edges"``: one row for each edge, by projection, in the order of ``read()``: ``pre``, ``post`` (int64 gids),
        ``pre_population``, ``post_population``, then the attributes; null where a projection lacks one.

    Raises
    ------
    UnknownNameError
        There is no such table or attribute.
    ImportError
        pyarrow is not installed.
    """
    pa = _pyarrow("to_arrow()")
    if check_table(table) == "cells":
        return _cells(pa, system, False if attributes is None else attributes)
    wanted = True if attributes is None else attributes
    schema = edge_schema(system, wanted)
    pieces = [edge_table(schema, pair, columns) for pair, columns in edge_blocks(system, wanted)]
    return pa.concat_tables(pieces) if pieces else schema.empty_table()


def to_pandas(system: System | Subset, table: str = "cells", attributes: Names | None = None) -> pd.DataFrame:
    """The cells or the edges of a system as a table of pandas; parameters as for :func:`to_arrow`.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`to_arrow`: populations are categories, integers with gaps are nullable ones, and several
        values are an array for each cell. ``"cells"`` has ``gid`` as its index.

    Raises
    ------
    UnknownNameError
        There is no such table or attribute.
    ImportError
        pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise missing_package("pandas", "to_pandas()") from error

    if check_table(table) == "cells":
        cells = cell_table(system, False if attributes is None else attributes)
        names = _labels(pd, cells.populations, system.populations)
        named = {name: _series(pd, one) for name, one in cells.attributes.items()}
        return pd.DataFrame({"gid": cells.gids, "population": names, **cells.xyz, **named}).set_index("gid")
    edges: pd.DataFrame = _edges(pd, system, True if attributes is None else attributes)
    return edges


def edge_schema(system: System | Subset, attributes: Names) -> pa.Schema:
    """The schema of the edges of all projections."""
    pa = _pyarrow("to_arrow()")
    types = {name: pa.from_numpy_dtype(dtype) for name, dtype in edge_types(system, attributes).items()}
    label = pa.dictionary(pa.int32(), pa.string())
    ends = {"pre": pa.int64(), "post": pa.int64(), "pre_population": label, "post_population": label}
    return pa.schema([*ends.items(), *((name, one) for name, one in types.items() if name not in ends)])


def edge_table(schema: pa.Schema, pair: tuple[str, str], columns: dict[str, AnyArray]) -> pa.Table:
    """One block of edges, with nulls for the attributes that its projection lacks."""
    pa = _pyarrow("to_arrow()")
    size = columns["pre"].size
    labels = dict(zip(("pre_population", "post_population"), pair, strict=True))

    def column(field: Any) -> Any:
        if field.name in labels:
            return pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), [labels[field.name]])
        if field.name in columns:
            return pa.array(columns[field.name]).cast(field.type)
        return pa.nulls(size, field.type)

    return pa.Table.from_arrays([column(field) for field in schema], schema=schema)


def _cells(pa: Any, system: System | Subset, attributes: Names) -> pa.Table:
    cells = cell_table(system, attributes)
    codes, names = cells.populations.astype(np.int32), pa.array(system.populations, pa.string())
    places = {axis: pa.array(values, from_pandas=True) for axis, values in cells.xyz.items()}
    named = {name: _arrow(pa, one) for name, one in cells.attributes.items()}
    return pa.table({"gid": cells.gids, "population": pa.DictionaryArray.from_arrays(codes, names), **places, **named})


def _arrow(pa: Any, column: Column) -> Any:
    missing = column.lengths == 0
    if column.is_plain:
        return pa.array(column.values).take(pa.array(column.pointer[:-1], mask=missing))
    return pa.LargeListArray.from_arrays(column.pointer, column.values, mask=pa.array(missing))


def _labels(pd: Any, codes: IntArray, names: list[str]) -> Any:
    return pd.Categorical.from_codes(codes, categories=names)


def _series(pd: Any, column: Column) -> Any:
    missing = column.lengths == 0
    if not column.is_plain:
        rows = np.empty(missing.size, object)
        rows[:] = np.split(column.values, column.pointer[1:-1])
        rows[missing] = None
        return rows
    if not missing.any():
        return column.values
    filled = np.zeros(missing.size, column.values.dtype)
    filled[~missing] = column.values
    if filled.dtype.kind == "f":
        filled[missing] = np.nan
        return filled
    return pd.arrays.IntegerArray(filled, missing)


def _edges(pd: Any, system: System | Subset, attributes: Names) -> Any:
    types = edge_types(system, attributes)
    pieces = list(edge_blocks(system, attributes))
    sizes = [columns["pre"].size for _, columns in pieces]
    codes = {name: index for index, name in enumerate(system.populations)}
    table = {
        f"{end}_population": _labels(
            pd, np.repeat(np.array([codes[pair[at]] for pair, _ in pieces], np.int64), sizes), system.populations
        )
        for at, end in enumerate(("pre", "post"))
    }
    columns = {
        name: _stacked(pd, [(one.get(name), one["pre"].size) for _, one in pieces], types[name]) for name in types
    }
    return pd.DataFrame({"pre": columns.pop("pre"), "post": columns.pop("post"), **table, **columns})


def _stacked(pd: Any, parts: list[tuple[AnyArray | None, int]], dtype: np.dtype[Any]) -> Any:
    """One column of all blocks; a block that lacks it has no values there."""
    values = [np.zeros(size, dtype) if part is None else part.astype(dtype) for part, size in parts]
    stacked = np.concatenate([np.empty(0, dtype), *values])
    missing = np.concatenate([np.empty(0, np.bool_), *(np.full(size, part is None) for part, size in parts)])
    if not missing.any():
        return stacked
    if dtype.kind == "f":
        stacked[missing] = np.nan
        return stacked
    return pd.arrays.IntegerArray(stacked, missing)


def _pyarrow(what: str) -> Any:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise missing_package("pyarrow", what) from error
    return pa
