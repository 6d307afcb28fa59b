"""Check systems: every rule of the format and of the directory, each finding with its place and what it leads to.

``_rules_*`` are the rules. ``_file`` checks one HDF5 file: ``_types`` who the cells are, ``_cells``, ``_coordinates``
and ``_trees`` what is known about them, ``_projections`` and ``_edges`` how they are connected. ``_directory`` checks
how files fit together: ``_graph``, ``_mea`` and ``_documents`` the JSON beside them. ``_fix`` repairs.
"""

from __future__ import annotations

from livn_core.checking._findings import Finding, Rule
from livn_core.checking._fix import Fixed, fix
from livn_core.checking._validate import RULES, Validation, report, validate

__all__ = ["RULES", "Finding", "Fixed", "Rule", "Validation", "fix", "report", "validate"]
