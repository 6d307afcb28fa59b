"""Taking systems further: tables, graphs and labelled arrays for other libraries, and statistics over distance.

``_tables`` makes the columns that ``_frames``, ``_parquet`` and ``_networkx`` hand on, ``_arrays`` makes the labelled
arrays, and ``_distances`` measures. The libraries are optional, and imported when they are used.
"""

from __future__ import annotations

from livn_core.analysis._arrays import to_xarray
from livn_core.analysis._distances import DistanceStatistics, distance_statistics
from livn_core.analysis._frames import to_arrow, to_pandas
from livn_core.analysis._networkx import to_networkx
from livn_core.analysis._parquet import to_parquet
from livn_core.analysis._reciprocity import reciprocity
from livn_core.analysis._summary import ProjectionStatistics, statistics

__all__ = [
    "DistanceStatistics",
    "ProjectionStatistics",
    "distance_statistics",
    "reciprocity",
    "statistics",
    "to_arrow",
    "to_networkx",
    "to_pandas",
    "to_parquet",
    "to_xarray",
]
