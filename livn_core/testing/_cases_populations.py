"""Which name has which gids: nothing but the enum value in a row says so."""

from __future__ import annotations

import h5py
import numpy as np

from livn_core.h5file import AnyArray
from livn_core.testing import _raw
from livn_core.testing._case import Outcome, case
from livn_core.testing._content import Attribute, Content, EdgeList


def _own_gids(file: h5py.File, population: str, gids: list[int]) -> tuple[tuple[str, str, str], Attribute]:
    """Give every cell its own gid as a value, so that a wrong range cannot hide."""
    values: AnyArray = np.array(gids, "<u4")
    ones = np.arange(len(gids) + 1)
    _raw.attribute(file, f"{population}/Own/gid", np.arange(len(gids)), ones, values)
    return (population, "Own", "gid"), Attribute(gids, ones, values)


@case
def names_not_alphabetical(file: h5py.File) -> Outcome:
    """Gids do not follow the alphabetical order of the names."""
    rows = [("ZED", 0, 5), ("ALPHA", 5, 7), ("MID", 12, 3)]
    _raw.types(file, rows, {"ZED": 0, "ALPHA": 1, "MID": 2})
    _raw.edges(file, "ALPHA/MID", [[1], [0, 3], [0, 1, 3], [2, 0, 1]])
    _raw.edges(file, "ZED/ALPHA", [[4], [0, 2], [0, 2], [6, 0]])
    own = [
        _own_gids(file, "ZED", [0, 1, 2, 3, 4]),
        _own_gids(file, "ALPHA", [5, 6, 7, 8, 9, 10, 11]),
        _own_gids(file, "MID", [12, 13, 14]),
    ]
    edges = {("ALPHA", "ZED"): EdgeList.of({4: [11, 5]}), ("MID", "ALPHA"): EdgeList.of({6: [14], 7: [12, 13]})}
    return Content({"ZED": (0, 5), "ALPHA": (5, 7), "MID": (12, 3)}, dict(own), edges)


@case
def rows_shuffled(file: h5py.File) -> Outcome:
    """The number of a row is not the population's index."""
    rows = [("MID", 12, 3), ("ZED", 0, 5), ("ALPHA", 5, 7)]
    _raw.types(file, rows, {"ZED": 0, "ALPHA": 1, "MID": 2})
    own = [_own_gids(file, "ZED", [0, 1, 2, 3, 4]), _own_gids(file, "MID", [12, 13, 14])]
    return Content({"ZED": (0, 5), "ALPHA": (5, 7), "MID": (12, 3)}, dict(own))


@case
def index_not_in_order_of_start(file: h5py.File) -> Outcome:
    """A lower population index may have higher gids."""
    rows = [("ZED", 10, 5), ("ALPHA", 0, 7), ("MID", 7, 3)]
    _raw.types(file, rows, {"ZED": 0, "ALPHA": 1, "MID": 2})
    own = [_own_gids(file, "ALPHA", [0, 1, 2, 3, 4, 5, 6]), _own_gids(file, "ZED", [10, 11, 12, 13, 14])]
    return Content({"ALPHA": (0, 7), "MID": (7, 3), "ZED": (10, 5)}, dict(own))


@case
def gap_between_populations(file: h5py.File) -> Outcome:
    """Gids that belong to nobody lie between populations, and a population may be empty."""
    _raw.types(file, [("A", 3, 2), ("NONE", 5, 0), ("B", 100, 2)], {"A": 7, "NONE": 3, "B": 0})
    _raw.edges(file, "B/A", [[0], [0, 3], [0, 1, 2], [1, 0]])
    own = [_own_gids(file, "A", [3, 4]), _own_gids(file, "B", [100, 101])]
    ranges = {"A": (3, 2), "NONE": (5, 0), "B": (100, 2)}
    return Content(ranges, dict(own), {("A", "B"): EdgeList.of({100: [4], 101: [3]})})


@case
def start_beyond_32_bits(file: h5py.File) -> Outcome:
    """A start has 64 bits, and a start of 32 bits plus an index may not fit 32."""
    near, far = 4_294_967_000, 2**40
    _raw.types(file, [("NEAR", near, 2000), ("FAR", far, 4)], {"NEAR": 0, "FAR": 1})
    _raw.edges(file, "NEAR/FAR", [[1000], [0, 3], [0, 1, 3], [3, 0, 2]])
    _raw.edges(file, "FAR/NEAR", [[2], [0, 2], [0, 2], [1999, 295]])
    _raw.attribute(file, "FAR/Own/number", [0, 3], [0, 1, 2], np.array([7, 8], "<u2"))
    edges = {
        ("FAR", "NEAR"): EdgeList.of(
            {4_294_968_000: [1_099_511_627_779], 4_294_968_001: [1_099_511_627_776, 1_099_511_627_778]}, wide=True
        ),
        ("NEAR", "FAR"): EdgeList.of({1_099_511_627_778: [4_294_968_999, 4_294_967_295]}, wide=True),
    }
    number = Attribute([1_099_511_627_776, 1_099_511_627_779], [0, 1, 2], np.array([7, 8], np.uint16))
    ranges = {"NEAR": (4_294_967_000, 2000), "FAR": (1_099_511_627_776, 4)}
    return Content(ranges, {("FAR", "Own", "number"): number}, edges)


@case
def no_populations_group(file: h5py.File) -> Outcome:
    """A file of connections may have no /Populations at all: names come from the types."""
    _raw.types(file, [("B", 0, 2), ("A", 2, 3)], {"A": 1, "B": 0})
    _raw.edges(file, "A/B", [[0], [0, 2], [0, 2], [1, 0]])
    return Content({"B": (0, 2), "A": (2, 3)}, edges={("B", "A"): EdgeList.of({2: [1, 0]})})


@case
def labels_only_in_the_committed_type(file: h5py.File) -> Outcome:
    """The rows may hold plain integers: then the committed type has the names."""
    _raw.types(file, [("B", 0, 2), ("A", 2, 3)], {"A": 1, "B": 0}, in_rows=False)
    return Content({"B": (0, 2), "A": (2, 3)}, dict([_own_gids(file, "A", [2, 3, 4])]))


@case
def labels_only_in_the_rows(file: h5py.File) -> Outcome:
    """There may be no committed type: then the rows' own field has the names."""
    _raw.types(file, [("B", 0, 2), ("A", 2, 3)], {"A": 1, "B": 0}, committed=False)
    return Content({"B": (0, 2), "A": (2, 3)}, dict([_own_gids(file, "A", [2, 3, 4])]))


@case
def creation_order(file: h5py.File) -> Outcome:
    """Groups may list their members in the order of creation: names are put in order by the core."""
    ranges = _raw.simple_types(file, B=2, A=2)
    populations = file.create_group("Populations", track_order=True)
    expected: dict[tuple[str, str, str], Attribute] = {}
    for population, start in (("B", 0), ("A", 2)):
        top = populations.create_group(population, track_order=True)
        for namespace in ("Z", "M", "A"):
            for name in ("y", "x"):
                values = np.array([start + len(expected)], np.int16)
                group = top.require_group(namespace).create_group(name)
                for part, array in (("Cell Index", [1]), ("Attribute Pointer", [0, 1]), ("Attribute Value", values)):
                    group.create_dataset(part, data=array)
                expected[population, namespace, name] = Attribute([start + 1], [0, 1], values)
    order = [(population, namespace, name) for population in "BA" for namespace in "AMZ" for name in "xy"]
    return Content(ranges, {key: expected[key] for key in order})
