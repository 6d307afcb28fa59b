"""Which objects are asked for along with one that is needed: those that a reader of NeuroH5 asks for next.

Only where HSDS has not summarised a domain, so that each object costs a request; side by side they cost one wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from livn_h5pyd.brief import BriefPlugin

MOST = 28
"""Objects that are asked for at a time; together with one value, fewer than may be under way at once."""

POPULATIONS = "/H5Types/Populations"
"""The dataset that is read before all others."""

Pattern: TypeAlias = tuple[str, ...]
_ANY = "*"


def along_with(plugin: BriefPlugin, path: str, needed: str) -> list[str]:
    """The ids of datasets that will be needed along with one, nearest first; no request is sent for this.

    Parameters
    ----------
    plugin
        The domain.
    path
        Absolute path of the dataset that is needed.
    needed
        Its id.
    """
    names = tuple(path.strip("/").split("/"))
    found: dict[str, None] = {}
    for pattern in _patterns(names):
        for one in _matching(plugin, plugin.get_root_id(), pattern):
            if one.startswith("d-") and one != needed and not plugin.knows(one):
                found[one] = None
                if len(found) >= MOST:
                    return list(found)
    return list(found)


def _patterns(names: Pattern) -> list[Pattern]:
    match names:
        case ("H5Types", _):
            return [
                ("H5Types", _ANY),
                ("Populations", _ANY, "Generated Coordinates", _ANY, _ANY),
                ("Projections", _ANY, _ANY, _ANY, _ANY),
            ]
        case ("Populations", _, namespace, _, _):
            return [("Populations", _ANY, namespace, _ANY, _ANY)]
        case ("Projections", post, pre, *_):
            return [("Projections", post, pre, _ANY), ("Projections", post, pre, _ANY, _ANY)]
    return [(*names[:-1], _ANY)]


def _matching(plugin: BriefPlugin, group: str, pattern: Pattern) -> Iterator[str]:
    """The ids of objects below a group that hard links of matching names lead to."""
    links = plugin.links(group)
    for name in sorted(links) if pattern[0] == _ANY else [pattern[0]]:
        one = links.get(name, {}).get("id")
        if one is None:
            continue
        if len(pattern) == 1:
            yield one
        elif one.startswith("g-"):
            yield from _matching(plugin, one, pattern[1:])
