"""Sphinx: the pages in this folder, the READMEs beside the code, and the reference from docstrings."""

from __future__ import annotations

import livn_core

project = "livn-core"
author = "The livn-core developers"
copyright = "2026, The livn-core developers"  # noqa: A001 - the name that Sphinx reads
release = version = livn_core.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = f"livn-core {release}"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# READMEs are included from where they lie; their links to files of the repository lead nowhere in here.
suppress_warnings = ["myst.xref_missing", "myst.header"]

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
numpydoc_show_class_members = False
numpydoc_validation_checks = {"GL08", "PR01", "PR02", "PR03", "SS04"}
numpydoc_validation_exclude = {r"\.__"}
