"""Discovery, choice and opening of backends."""

from __future__ import annotations
