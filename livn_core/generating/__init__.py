"""Generate systems from configurations: cells at random places, connected by distance.

Generating needs h5py and PyYAML (``pip install "livn-core[generate]"``).
"""

from __future__ import annotations

from livn_core.generating._config import Config
from livn_core.generating._finding import configurations, folder, load
from livn_core.generating._generate import generate

__all__ = ["Config", "configurations", "folder", "generate", "load"]
