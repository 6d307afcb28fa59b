"""What a viewer draws, as arrays in few and compact answers: cells, degrees, and the edges of one cell.

``arrays`` packs arrays into one answer, ``content`` takes them from a system, ``opened`` keeps systems open between
requests, ``endpoints`` are the answers themselves.
"""

from __future__ import annotations

from livn_ui.view.arrays import pack, unpack

__all__ = ["pack", "unpack"]
"""Both directions of the format, for clients in Python."""
