"""Find installed backends through entry points, without importing any of them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

import attrs

from livn_core.hookspecs import ENTRY_POINT_GROUP


@attrs.frozen
class Installed:
    """One name under the entry-point group, and whatever claims it."""

    name: str
    entries: tuple[EntryPoint, ...]
    """Distinct claims: more than one means that distributions clash over the name."""

    @property
    def provider(self) -> str:
        """The distributions behind the name, with their versions."""
        return " and ".join(_distribution(entry) for entry in self.entries)


def discover(entries: Iterable[EntryPoint] | None = None) -> dict[str, Installed]:
    """List what is installed, in order of name; the order in which distributions are found never matters.

    The same entry found twice (a checkout beside an installation, ``lib`` beside ``lib64``) counts once.
    """
    found = entry_points(group=ENTRY_POINT_GROUP) if entries is None else entries
    distinct: dict[str, dict[str, EntryPoint]] = {}
    for entry in found:
        distinct.setdefault(entry.name, {}).setdefault(entry.value.replace(" ", ""), entry)
    return {
        name: Installed(name, tuple(claims[value] for value in sorted(claims)))
        for name, claims in sorted(distinct.items())
    }


def _distribution(entry: EntryPoint) -> str:
    dist = entry.dist
    if dist is None:
        return entry.value
    return f"{dist.name} {dist.version}"
