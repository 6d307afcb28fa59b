"""Sharing out a whole number of cells."""

from __future__ import annotations

from collections.abc import Mapping


def share_out(total: int, parts: Mapping[str, int]) -> dict[str, int]:
    """Share out a number in proportion to the given ones; remainders go to those that lost most, then in order."""
    whole = sum(parts.values())
    shares = {name: total * part // whole for name, part in parts.items()}
    lost = {name: total * part % whole for name, part in parts.items()}
    for name in sorted(parts, key=lambda name: -lost[name])[: total - sum(shares.values())]:
        shares[name] += 1
    return shares
