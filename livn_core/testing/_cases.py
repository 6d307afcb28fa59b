"""All cases of the kit."""

from __future__ import annotations

from livn_core.testing import _cases_cells, _cases_edges, _cases_populations, _cases_refused
from livn_core.testing._case import Case, registered

__all__ = ["CASES", "Case"]

MODULES = (_cases_populations, _cases_cells, _cases_edges, _cases_refused)

CASES: tuple[Case, ...] = registered()
"""Every awkward file of the kit."""
