"""Serve systems over HTTP: start an HSDS server (:mod:`livn_ui.hsds`), import systems (:mod:`livn_ui.importing`)."""

from __future__ import annotations
