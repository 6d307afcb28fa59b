"""What neuroh5 makes of ``/H5Types``, found out before it is asked.

neuroh5 reads the rows of populations and of valid pairs into C structures, byte for byte, whatever the file calls its
fields: another order or width gives garbage or ends the process. Population names that it does not find make it call
``MPI_Abort``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from livn_core.h5file import AnyArray
from livn_neuroh5.metadata import Metadata, labels_of
from livn_neuroh5.routes import Refused

ROWS = "/H5Types/Populations"
LABELS = "/H5Types/Population labels"
PAIRS = "/H5Types/Valid population projections"
MOST_GIDS = 2**32 - 1
MOST_NAME_BYTES = 1023


@attrs.frozen
class Population:
    """A population, as neuroh5 sees it."""

    start: int
    count: int
    index: int


@attrs.frozen
class Populations:
    """All populations of a file that neuroh5 sees as they are."""

    by_name: Mapping[str, Population]

    def __getitem__(self, name: str) -> Population:
        if name not in self.by_name:
            raise Refused(ROWS, f"neuroh5 ends the process over a population that is not there: {name!r}")
        return self.by_name[name]

    def check_pair(self, metadata: Metadata, pre: str, post: str) -> None:
        """Refuse a projection whose edges neuroh5 would not let pass.

        It finds the population of each edge's ends by the first gids of all populations, and looks the pair up in the
        file's list of valid ones.
        """
        for name in (pre, post):
            self._check_alone(name)
        pair = (self[pre].index, self[post].index)
        if pair not in _valid_pairs(metadata):
            raise Refused(PAIRS, f"neuroh5 refuses projections that this list lacks: {pre} -> {post}")

    def _check_alone(self, name: str) -> None:
        own = self[name]
        for other, one in self.by_name.items():
            if other != name and own.start <= one.start < max(own.start + own.count, own.start + 1):
                raise Refused(ROWS, f"neuroh5 takes cells of {name} for those of {other}, which begins among them")


def read_populations(metadata: Metadata) -> Populations:
    """Read names and ranges, and check that neuroh5 reads the same.

    Raises
    ------
    Refused
        It does not.
    """
    dtype = metadata.dtype(ROWS)
    _check_layout(dtype)
    names = _names(metadata, dtype)
    rows = metadata.table(ROWS)
    found: dict[str, Population] = {}
    for row in rows:
        start, count, index = int(row["Start"]), int(row["Count"]), int(row["Population"])
        if index not in names or names[index] in found:
            raise Refused(ROWS, f"row {len(found)} has the population index {index}, which has no name of its own")
        if not 0 <= start <= start + count <= MOST_GIDS:
            raise Refused(ROWS, f"gids of {names[index]} do not fit into the 32 bits that neuroh5 has for them")
        found[names[index]] = Population(start, count, index)
    if not found:
        raise Refused(ROWS, "there is no population, which neuroh5 takes for an error")
    return Populations(found)


def _check_layout(dtype: np.dtype[Any]) -> None:
    fields = [(name, dtype[name]) for name in dtype.names or ()]
    if [name for name, _ in fields] != ["Start", "Count", "Population"]:
        raise Refused(ROWS, "its fields are not Start, Count, Population in this order, the only one neuroh5 reads")
    if any(kind.kind not in "iu" for _, kind in fields) or [kind.itemsize for _, kind in fields] != [8, 4, 2]:
        raise Refused(ROWS, "its fields are not integers of 64, 32 and 16 bits, the only ones that neuroh5 reads")


def _names(metadata: Metadata, rows: np.dtype[Any]) -> dict[int, str]:
    labels = metadata.dtype(LABELS)
    by_name = labels_of(labels)
    # neuroh5 reads each value into an int of 32 bits of which it sets and uses 16.
    if labels.itemsize != 2 or not by_name:
        raise Refused(LABELS, "it is not an enum of 16 bits, the only one that neuroh5 reads")
    own = labels_of(rows["Population"]) or by_name
    if dict(own) != dict(by_name):
        raise Refused(LABELS, f"it gives other names than the rows of {ROWS}, and neuroh5 goes by these")
    for name in by_name:
        check_name(LABELS, name)
    if len(set(by_name.values())) != len(by_name):
        raise Refused(LABELS, "it gives two names to one population")
    return {int(index): str(name) for name, index in by_name.items()}


def check_name(node: str, name: str) -> None:
    """Refuse a name that does not survive its way through C."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= MOST_NAME_BYTES or "\0" in name:
        raise Refused(node, f"neuroh5 cannot be told the name {name!r}")


def _valid_pairs(metadata: Metadata) -> set[tuple[int, int]]:
    dtype = metadata.dtype(PAIRS)
    fields = [(name, dtype[name].kind in "iu", dtype[name].itemsize) for name in dtype.names or ()]
    if fields != [("Source", True, 2), ("Destination", True, 2)]:
        raise Refused(PAIRS, "its fields are not Source and Destination, 16 bits each, the only ones neuroh5 reads")
    rows: AnyArray = metadata.table(PAIRS)
    return {(int(row["Source"]), int(row["Destination"])) for row in rows}
