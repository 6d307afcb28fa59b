"""A system as two Parquet files, the edges written a block at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from livn_core.analysis._frames import edge_schema, edge_table, to_arrow
from livn_core.analysis._tables import Names, edge_blocks
from livn_core.errors import missing_package
from livn_core.writing._atomic import check_free, publish, workspace

if TYPE_CHECKING:
    from livn_core.system._subset import Subset
    from livn_core.system._system import System

CELLS, EDGES = "cells.parquet", "edges.parquet"


def to_parquet(
    system: System | Subset,
    directory: str | os.PathLike[str],
    *,
    cell_attributes: Names = True,
    edge_attributes: Names = True,
    overwrite: bool = False,
) -> Path:
    """Write ``cells.parquet`` and ``edges.parquet``, with the columns of :func:`to_arrow`.

    Parameters
    ----------
    system
        A system, or a subset of one.
    directory
        The directory to make; it appears when both files are complete.
    cell_attributes, edge_attributes
        False: none. True: all. Else names, ``"Namespace/name"``.
    overwrite
        Whether the two files may be replaced where they are there already.

    Returns
    -------
    Path
        The directory.

    Raises
    ------
    InvalidArgumentError
        The directory exists.
    UnknownNameError
        There is no such attribute.
    ImportError
        pyarrow is not installed.
    """
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise missing_package("pyarrow", "to_parquet()") from error

    target = check_free(directory, overwrite)
    with workspace(target) as beside:
        pq.write_table(to_arrow(system, "cells", cell_attributes), beside / CELLS)
        schema = edge_schema(system, edge_attributes)
        with pq.ParquetWriter(beside / EDGES, schema) as file:
            for pair, columns in edge_blocks(system, edge_attributes):
                file.write_table(edge_table(schema, pair, columns))
        publish(beside, target)
    return target
