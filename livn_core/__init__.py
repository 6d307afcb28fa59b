"""Open the structure of neural networks wherever it lies, through pluggable backends."""

from __future__ import annotations
