"""Who the cells are: names and gid ranges from ``/H5Types``.

A population's range comes from the enum value in its row. Row order, enum order, start order and the order of names
are all independent, so nothing else can say which name a row belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from livn_core.h5file import AnyArray
from livn_core.neuroh5._store import Store
from livn_core.neuroh5.values import Population

ROWS = "/H5Types/Populations"
LABELS = "/H5Types/Population labels"
PAIRS = "/H5Types/Valid population projections"
LARGEST_GID = 2**63 - 1


def read_populations(store: Store) -> tuple[Population, ...]:
    """All populations, in order of their first gid, then of their index in the enum.

    Raises
    ------
    FormatError
        The rows are missing or contradict each other, or nothing says which name belongs to which row.
    """
    dtype = store.dtype(ROWS)
    if dtype is None:
        raise store.error(ROWS, "is missing, so this is no NeuroH5 file, or one without populations")
    _check_fields(store, ROWS, dtype, ("Start", "Count", "Population"))
    names = _names_by_index(store, dtype)
    (rows,) = store.whole(ROWS)
    found = sorted(_rows(store, rows, names), key=lambda row: (row[0].start, row[1]))
    populations = tuple(population for population, _ in found)
    _check_disjoint(store, populations)
    return populations


def _check_fields(store: Store, node: str, dtype: np.dtype[Any], fields: tuple[str, ...]) -> None:
    for field in fields:
        if field not in (dtype.names or ()):
            raise store.error(node, f"has no field {field!r}")
        if dtype[field].kind not in "iu":
            raise store.error(node, f"its field {field!r} must hold integers, not {dtype[field]}")


def _rows(store: Store, rows: AnyArray, names: Mapping[int, str]) -> list[tuple[Population, int]]:
    found: list[tuple[Population, int]] = []
    for row in rows:
        index, start, count = int(row["Population"]), int(row["Start"]), int(row["Count"])
        if index not in names:
            known = ", ".join(f"{name}={one}" for one, name in names.items())
            raise store.error(ROWS, f"a row has population index {index}, but the names are {known}")
        if count < 0 or start < 0 or start + count > LARGEST_GID:
            raise store.error(ROWS, f"population {names[index]} claims {count} cells from gid {start}")
        found.append((Population(names[index], start, count), index))
    return found


def _names_by_index(store: Store, dtype: np.dtype[Any]) -> dict[int, str]:
    """The enum's labels, from the rows' own field or else from the committed type."""
    labels = enum_of(dtype["Population"]) or enum_of(store.dtype(LABELS))
    if not labels:
        raise store.error(
            ROWS,
            f"nothing says which name belongs to which row: neither its Population field nor {LABELS} is an enum "
            "with labels; write the file again with the labels",
        )
    names = {int(index): str(name) for name, index in labels.items()}
    if len(names) != len(labels):
        raise store.error(LABELS, "gives two names to one population")
    return names


def enum_of(dtype: np.dtype[Any] | None) -> Mapping[str, int] | None:
    """The labels of a type, ``{name: index}``; ``None`` where it has none."""
    if dtype is None or dtype.metadata is None:
        return None
    return dtype.metadata.get("enum")


def _check_disjoint(store: Store, populations: tuple[Population, ...]) -> None:
    seen: set[str] = set()
    for population in populations:
        if population.name in seen:
            raise store.error(ROWS, f"population {population.name} has two rows")
        seen.add(population.name)
    filled = [population for population in populations if population.count]
    for one, other in pairwise(filled):
        if one.stop > other.start:
            raise store.error(ROWS, f"populations {one.name} and {other.name} share gids from {other.start}")


def read_valid_pairs(store: Store) -> tuple[tuple[str, str], ...]:
    """The (pre, post) pairs that the file allows, in file order; empty where it does not say."""
    dtype, names_type = store.dtype(PAIRS), store.dtype(ROWS)
    if dtype is None or names_type is None:
        return ()
    _check_fields(store, PAIRS, dtype, ("Source", "Destination"))
    names = _names_by_index(store, names_type)
    (rows,) = store.whole(PAIRS)
    pairs = [(int(row["Source"]), int(row["Destination"])) for row in rows]
    unknown = {index for pair in pairs for index in pair} - set(names)
    if unknown:
        raise store.error(PAIRS, f"names the population index {min(unknown)}, which has no name")
    return tuple((names[pre], names[post]) for pre, post in pairs)
