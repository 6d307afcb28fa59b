"""SONATA networks (github.com/AllenInstitute/sonata) to NeuroH5 and back."""

from __future__ import annotations

from livn_core.converting.sonata._reading import from_sonata
from livn_core.converting.sonata._writing import to_sonata

__all__ = ["from_sonata", "to_sonata"]
