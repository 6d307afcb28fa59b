"""Tables of cells and of edges, as Parquet or CSV, to NeuroH5 and back."""

from __future__ import annotations

from livn_core.converting.tables._reading import from_tables
from livn_core.converting.tables._writing import to_tables

__all__ = ["from_tables", "to_tables"]
