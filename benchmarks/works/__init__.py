"""The works, in the order in which they are reported; one module each, with what it must show."""

from __future__ import annotations

from importlib import import_module

NAMES = (
    "projection",
    "network",
    "coordinates",
    "in_edges_of_one",
    "in_edges",
    "out_edges",
    "counts",
    "connectivity",
    "matrix",
    "blocks",
    "sizes",
    "served",
    "start_up",
)


def works(only=None):
    """All works, or those that were named."""
    return [import_module(f"works.{name}").WORK for name in NAMES if only is None or name in only]
