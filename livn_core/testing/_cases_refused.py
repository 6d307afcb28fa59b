"""Files that contradict themselves: a ``FormatError`` must come out, never an array."""

from __future__ import annotations

from collections.abc import Sequence

import h5py
import numpy as np
import numpy.typing as npt

from livn_core.testing import _raw
from livn_core.testing._case import Outcome, Refusal, case

EDGES = "/Projections/B/A"
VALUES = "/Populations/A/N/v"


def _edges(file: h5py.File, layout: Sequence[npt.ArrayLike]) -> Refusal:
    _raw.simple_types(file, A=3, B=4)
    _raw.edges(file, "B/A", layout)
    return Refusal(EDGES)


def _cells(file: h5py.File, index: npt.ArrayLike, pointer: npt.ArrayLike) -> Refusal:
    _raw.simple_types(file, A=3)
    _raw.attribute(file, "A/N/v", index, pointer, np.arange(3, dtype="<f4"))
    return Refusal(VALUES)


@case
def nothing_names_the_rows(file: h5py.File) -> Outcome:
    """Without labels anywhere, guessing would be wrong silently."""
    _raw.types(file, [("B", 0, 2), ("A", 2, 3)], {"A": 1, "B": 0}, in_rows=False, committed=False)
    file.create_group("Populations/A")
    file.create_group("Populations/B")
    return Refusal("/H5Types/Populations")


@case
def populations_share_gids(file: h5py.File) -> Outcome:
    """A gid can belong to one population only."""
    _raw.types(file, [("A", 0, 5), ("B", 4, 3)], {"A": 0, "B": 1})
    return Refusal("/H5Types/Populations")


@case
def no_types(file: h5py.File) -> Outcome:
    """HDF5, but no NeuroH5."""
    file["numbers"] = np.arange(3)
    return Refusal("/H5Types/Populations")


@case
def post_cell_outside(file: h5py.File) -> Outcome:
    """The last cell of a block lies one beyond its population."""
    return _edges(file, [[3], [0, 3], [0, 1, 2], [0, 1]])


@case
def pre_cell_outside(file: h5py.File) -> Outcome:
    """A source lies one beyond its population: its gid would be somebody else's."""
    return _edges(file, [[0], [0, 3], [0, 1, 2], [0, 3]])


@case
def cell_outside(file: h5py.File) -> Outcome:
    """A cell with an attribute lies one beyond its population."""
    return _cells(file, [0, 3], [0, 1, 3])


@case
def destination_pointer_beyond_the_edges(file: h5py.File) -> Outcome:
    """The last pointer promises an edge that is not there."""
    return _edges(file, [[0], [0, 3], [0, 1, 4], [0, 1, 2]])


@case
def destination_pointer_leaves_edges_out(file: h5py.File) -> Outcome:
    """The last edge belongs to nobody."""
    return _edges(file, [[0], [0, 3], [0, 1, 2], [0, 1, 2]])


@case
def destination_pointer_falls(file: h5py.File) -> Outcome:
    """A pointer that falls gives a cell less than no edges."""
    return _edges(file, [[0], [0, 4], [0, 2, 1, 3], [0, 1, 2]])


@case
def block_pointer_beyond(file: h5py.File) -> Outcome:
    """A block begins where there are no pointers."""
    return _edges(file, [[0, 2], [0, 9, 4], [0, 1, 2, 3], [0, 1, 2]])


@case
def block_pointer_short(file: h5py.File) -> Outcome:
    """Nothing says where the last block ends."""
    return _edges(file, [[0, 2], [0, 2], [0, 1, 2, 3], [0, 1, 2]])


@case
def edge_attribute_short(file: h5py.File) -> Outcome:
    """An attribute with fewer values than edges cannot be aligned with them."""
    _raw.simple_types(file, A=3, B=4)
    _raw.edges(file, "B/A", [[0], [0, 3], [0, 1, 3], [0, 1, 2]], {"W/w": np.zeros(2, "<f4")})
    return Refusal(f"{EDGES}/W/w")


@case
def attribute_pointer_beyond_the_values(file: h5py.File) -> Outcome:
    """The last pointer promises a value that is not there."""
    return _cells(file, [0, 1], [0, 1, 4])


@case
def attribute_pointer_falls(file: h5py.File) -> Outcome:
    """A pointer that falls gives a cell less than no values."""
    return _cells(file, [0, 1, 2], [0, 2, 1, 3])


@case
def attribute_pointer_short(file: h5py.File) -> Outcome:
    """A pointer has one element more than there are cells."""
    return _cells(file, [0, 1, 2], [0, 1, 3])


@case
def unsupported_type(file: h5py.File) -> Outcome:
    """Text is no number: an error for that attribute, whatever it holds."""
    _raw.simple_types(file, A=3)
    _raw.attribute(file, "A/N/v", [0, 1, 2], [0, 1, 2, 3], np.array([b"a", b"b", b"c"], "S1"))
    return Refusal(VALUES)
