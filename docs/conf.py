"""Sphinx: the pages in this folder, the READMEs beside the code, and the reference from docstrings."""

from __future__ import annotations

import sys
from pathlib import Path

import livn_core

sys.path.insert(0, str(Path(__file__).parent))

project = "livn-core"
author = "The livn-core developers"
copyright = "2026, The livn-core developers"  # noqa: A001 - the name that Sphinx reads
release = version = livn_core.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "repository_links"]
source_suffix = {".md": "markdown"}
smartquotes_action = "qe"  # not dashes: --fix is an option
html_theme = "furo"
html_title = f"livn-core {release}"

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
autosummary_generate = False
numpydoc_show_class_members = False
# Not PR01: one sentence may say all there is to say about a parameter.
numpydoc_validation_checks = {"GL08", "PR02", "PR03", "SS04"}
numpydoc_validation_exclude = {r"\.__"}
