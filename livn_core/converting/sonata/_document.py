"""``sonata.json``: what a converted system has of SONATA beyond numbers of cells and edges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from livn_core.converting.sonata._plan import Attribute
from livn_core.converting.sonata._rows import Rows
from livn_core.converting.sonata._types import Types
from livn_core.errors import FormatError
from livn_core.writing._checks import checked_name

VERSION = 1


@attrs.frozen
class Table:
    """One population of nodes or edges, as the document describes it."""

    name: str
    size: int
    types: Types | None
    groups: Mapping[int, Mapping[str, Mapping[str, Any]]]
    """``{group: {path: {"dtype": …, "library": […]}}}``."""
    words: Mapping[str, tuple[str, ...]]
    """What codes stand for, by path."""
    homes: Mapping[str, tuple[str, str]]
    """Namespace and name in NeuroH5, by path; with a ``"text:"`` before that of text."""
    ids: Mapping[str, str]
    """Types of the columns of ids, by name."""
    extra: Mapping[str, Any]
    """Of nodes, their populations in NeuroH5; of edges, source, target, and number among those between the two."""


def described(rows: Rows, attributes: list[Attribute], extra: Mapping[str, Any]) -> dict[str, Any]:
    """What the document says of one population."""
    return {
        "size": rows.size,
        "types": None if rows.types is None else {"columns": rows.types.columns, "rows": rows.types.rows},
        "groups": {
            str(number): {
                path: {"dtype": column.dtype, **({} if column.library is None else {"library": column.library})}
                for path, column in columns.items()
                if any(one.has(columns) for one in attributes if one.path == path)
            }
            for number, columns in rows.groups.items()
        },
        "words": {one.path: one.words for one in attributes if one.words is not None},
        "homes": {one.path if one.words is None else f"text:{one.path}": one.home for one in attributes},
        "ids": {name: one.dtype.name for name, one in rows.group.items() if name in ID_COLUMNS},
        **extra,
    }


ID_COLUMNS = frozenset(
    {"source_node_id", "target_node_id", "node_id"}
    | {f"{kind}_{column}" for kind in ("node", "edge") for column in ("type_id", "group_id", "group_index")}
)


def table(kind: str, name: str, given: Mapping[str, Any], place: str) -> Table:
    """Read what the document says of one population.

    Raises
    ------
    FormatError
        It does not say it in the way in which we write it.
    """
    try:
        checked_name(name, "a population")
        types, _ = given["types"], [given[key] for key in NEEDED[kind]]
        return Table(
            name,
            int(given["size"]),
            None if types is None else Types(place, tuple(types["columns"]), tuple(map(tuple, types["rows"]))),
            {int(number): dict(columns) for number, columns in given["groups"].items()},
            {path: tuple(words) for path, words in given["words"].items()},
            {path: (home[0], home[1]) for path, home in given["homes"].items()},
            dict(given["ids"]),
            {key: value for key, value in given.items() if key not in KNOWN},
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise FormatError(place, f"/{name}", f"is not as livn-core writes it: {error!r}") from error


NEEDED = {"node": frozenset({"populations"}), "edge": frozenset({"source", "target", "number", "pairs"})}
"""What :attr:`Table.extra` has to have."""

KNOWN = frozenset({"size", "types", "groups", "words", "homes", "ids"})
