"""Edges as a Parquet file, written a block at a time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from livn_core.errors import missing_package
from livn_core.neuroh5._analysis import ProjectionLike, edge_columns
from livn_core.writing._atomic import new_file

if TYPE_CHECKING:
    from livn_core.neuroh5._projection import AttributeNames


def write_edges(path: str | os.PathLike[str], projection: ProjectionLike, attributes: AttributeNames) -> Path:
    """Write the edges of one projection; see :meth:`livn_core.Projection.to_parquet`."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise missing_package("pyarrow", "to_parquet()") from error

    target = Path(path)
    sample = pa.table(edge_columns(projection.read(np.empty(0, np.int64), attributes)))
    with new_file(target) as beside, pq.ParquetWriter(beside, sample.schema) as file:
        for block in projection.blocks(attributes=attributes):
            file.write_table(pa.table(edge_columns(block)))
    return target
