"""``/H5Types``: which population has which gids, under which index, and what may project to what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
import numpy as np

from livn_core.errors import InvalidArgumentError, InvalidTypeError
from livn_core.writing._checks import Range, checked_integer, checked_name
from livn_core.writing._inputs import Populations
from livn_core.writing._storage import import_h5py

if TYPE_CHECKING:
    import h5py

MAX_GID = np.iinfo(np.int64).max


def ranges(populations: Populations) -> dict[str, Range]:
    """Bring populations into the form that everything else uses, and check that none overlap.

    Those without cells get the last indices: to find the population of a gid, neuroh5 takes the first one by index of
    those that begin at the same gid (``pop_search_ranges`` in ``src/graph``), and then refuses every edge of the other.
    """
    found: list[Range] = []
    end = 0
    for name, given in populations.items():
        found.append(_range(name, given, end))
        end = found[-1].start + found[-1].count
    if not 1 <= len(found) <= 2**16:
        raise InvalidArgumentError(f"a file holds 1 to 65536 populations, not {len(found)}")
    _check_disjoint(found)
    ordered = sorted(found, key=lambda population: not population.count)
    return {one.name: attrs.evolve(one, index=index) for index, one in enumerate(ordered)}


def _range(name: object, given: object, end: int) -> Range:
    name = checked_name(name, "a population")
    if isinstance(given, tuple | list | np.ndarray):
        if len(given) != 2:
            raise InvalidTypeError(f"population {name!r}: give a count, or (start, count), not {given!r}")
        start, count = (checked_integer(one, f"population {name!r}: start and count") for one in given)
    else:
        start, count = end, checked_integer(given, f"population {name!r}: the count")
    if start < 0 or not 0 <= count < 2**32 or start + count > MAX_GID:
        raise InvalidArgumentError(
            f"population {name!r}: start {start} and count {count} do not fit the format: "
            "a start is not negative, a count lies in 0 to 4294967295, and a gid has 63 bits"
        )
    return Range(name, start, count)


def _check_disjoint(populations: Iterable[Range]) -> None:
    previous: Range | None = None
    for one in sorted(populations, key=lambda population: (population.start, population.count)):
        if previous is not None and one.start < previous.start + previous.count:
            if one.count:
                raise InvalidArgumentError(f"populations {previous.name!r} and {one.name!r} share gid {one.start}")
            raise InvalidArgumentError(
                f"population {one.name!r} has no cells, but its start {one.start} is a gid of {previous.name!r}, "
                "whose cells from there on neuroh5 would take for the others; give it another start"
            )
        previous = one


def write_types(file: h5py.File, populations: dict[str, Range], pairs: Iterable[tuple[str, str]]) -> None:
    """Write the committed types and the two tables, member for member as neuroh5's own tools do.

    neuroh5 reads the rows by position into a C struct, so the order of the members is part of the format.
    """
    labels = import_h5py().enum_dtype({one.name: one.index for one in populations.values()}, basetype=np.dtype("<u2"))
    row = np.dtype([("Start", "<u8"), ("Count", "<u4"), ("Population", labels)])
    pair = np.dtype([("Source", labels), ("Destination", labels)])
    rows = [(one.start, one.count, one.index) for one in populations.values()]
    indices = sorted((populations[pre].index, populations[post].index) for pre, post in pairs)
    types = file.create_group("H5Types")
    types["Population labels"] = labels
    types["Population range"] = row
    types["Population projections"] = pair
    types.create_dataset("Populations", data=np.array(rows, row), dtype=row)
    types.create_dataset("Valid population projections", data=np.array(indices, pair), dtype=pair)
