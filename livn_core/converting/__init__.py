"""Systems from and to other formats: SONATA networks, and tables of cells and edges."""

from __future__ import annotations

from livn_core.converting._report import Conversion, Remark
from livn_core.converting.sonata import from_sonata, to_sonata
from livn_core.converting.tables import from_tables, to_tables

__all__ = ["Conversion", "Remark", "from_sonata", "from_tables", "to_sonata", "to_tables"]
