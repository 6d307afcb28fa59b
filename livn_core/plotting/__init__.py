"""Pictures of systems, drawn by matplotlib without pyplot: nothing global changes, and no window opens.

``_figure`` has the looks; ``_cells``, ``_degrees``, ``_distance``, ``_matrix`` and ``_populations`` draw one kind each.
"""

from __future__ import annotations

from livn_core.plotting._plot import KINDS, Plot

__all__ = ["KINDS", "Plot"]
