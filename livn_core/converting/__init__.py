"""Systems from and to other formats: SONATA networks, and tables of cells and edges."""

from __future__ import annotations

from livn_core.converting._report import Conversion, Remark
from livn_core.converting.sonata import from_sonata, to_sonata

__all__ = ["Conversion", "Remark", "from_sonata", "to_sonata"]
