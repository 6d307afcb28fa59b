"""SONATA networks (github.com/AllenInstitute/sonata) to NeuroH5 and back."""

from __future__ import annotations

from livn_core.converting.sonata._reading import from_sonata

__all__ = ["from_sonata"]
