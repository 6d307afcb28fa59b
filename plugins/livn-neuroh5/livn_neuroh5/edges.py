"""Which projections, and which of their attributes, neuroh5 reads right.

neuroh5 reads *all* attributes of a namespace, whichever is asked for, and checks neither their types nor their
lengths: 64-bit ones are written beyond the end of a buffer. Its index of destinations goes wrong, or on for ever, where
the block pointers are not what it would have written itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from livn_core.h5file import IntArray
from livn_core.ranges import element_index
from livn_neuroh5.metadata import Metadata, check_pointer, labels_of
from livn_neuroh5.populations import Population, Populations, check_name
from livn_neuroh5.routes import Refused
from livn_neuroh5.rows import Rows
from livn_neuroh5.targets import EDGES, SOURCES

BLOCK_INDEX = "Destination Block Index"
BLOCK_POINTER = "Destination Block Pointer"
POINTER = "Destination Pointer"
LISTED = ("float32", "uint8", "uint16", "uint32", "int8", "int16", "int32")
"""The order in which neuroh5 lists the attributes of a namespace; it announces another one."""
READ_RIGHT = frozenset(LISTED) - {"int8"}


@attrs.frozen(eq=False)
class ProjectionIndex:
    """A projection whose edges neuroh5 reads right."""

    pre: str
    post: str
    pre_start: int
    dtype: np.dtype[Any]
    """Of the sources: unsigned, at most 32 bits."""
    blocks: IntArray
    """int64: first cell of each block, relative to the population."""
    block_pointer: IntArray
    """int64."""
    rows: Rows
    """Which edges arrive at which cell, in the order of the file."""

    @property
    def top(self) -> str:
        """Path of its group."""
        return f"/Projections/{self.post}/{self.pre}"

    @property
    def sources(self) -> str:
        """Path of the sources."""
        return f"{self.top}/{EDGES}/{SOURCES}"

    @property
    def index_by_path(self) -> dict[str, IntArray]:
        """The three datasets of the index, by path."""
        named = {BLOCK_INDEX: self.blocks, BLOCK_POINTER: self.block_pointer, POINTER: self.rows.pointer}
        return {f"{self.top}/{EDGES}/{name}": values for name, values in named.items()}


def read_index(metadata: Metadata, populations: Populations, pre: str, post: str) -> ProjectionIndex:
    """Read which edges arrive at which cell, and check that neuroh5 sees the same.

    Raises
    ------
    Refused
        It does not.
    """
    populations.check_pair(metadata, pre, post)
    top = f"/Projections/{post}/{pre}"
    if not metadata.keys(f"{top}/{EDGES}"):
        raise Refused(top, "its edges lie in the older layout, which neuroh5 does not know")
    sources = f"{top}/{EDGES}/{SOURCES}"
    dtype = metadata.dtype(sources)
    if dtype.name not in ("uint8", "uint16", "uint32"):
        raise Refused(sources, f"neuroh5 reads it as uint32, and it is {dtype}")
    metadata.look_over([sources])
    edges = f"{top}/{EDGES}"
    index, blocks, pointer = metadata.integers([f"{edges}/{name}" for name in (BLOCK_INDEX, BLOCK_POINTER, POINTER)])
    if not index.size or pointer.size < 2:
        raise Refused(edges, "it has no block of destinations, which neuroh5 takes for an error")
    check_pointer(f"{edges}/{POINTER}", pointer, metadata.length(sources))
    _check_blocks(edges, index, blocks, pointer.size - 1)
    cells = element_index(index, index + np.diff(np.minimum(blocks, pointer.size - 1)))
    _check_cells(edges, cells, populations[post])
    rows = Rows(cells + populations[post].start, pointer)
    return ProjectionIndex(pre, post, populations[pre].start, dtype, index, blocks, rows)


def _check_blocks(edges: str, index: IntArray, blocks: IntArray, stored: int) -> None:
    where = f"{edges}/{BLOCK_POINTER}"
    if blocks.size != index.size + 1:
        raise Refused(where, f"it has {blocks.size} elements for {index.size} blocks")
    # neuroh5 takes one away from the last block: from an empty one, that leaves 2**64 - 1 cells.
    check_pointer(where, blocks, stored + 1)
    if blocks[-2] > stored:
        raise Refused(where, "its last block is empty, which neuroh5 never finishes")


def _check_cells(edges: str, cells: IntArray, post: Population) -> None:
    if cells.min() < 0 or cells.max() >= post.count:
        raise Refused(f"{edges}/{BLOCK_INDEX}", "it names a cell outside its population, which neuroh5 does not notice")
    if np.unique(cells).size != cells.size:
        raise Refused(edges, "a cell is in several blocks, and neuroh5 selects the edges of the first one only")


def edge_types(metadata: Metadata, index: ProjectionIndex, namespace: str) -> dict[str, np.dtype[Any]]:
    """The types of all attributes of a namespace, if neuroh5 reads each of them right.

    Raises
    ------
    Refused
        It does not, and would read them along with any other.
    """
    top = f"{index.top}/{namespace}"
    check_name(top, namespace)
    names = [name for name in metadata.keys(top) if metadata.is_dataset(f"{top}/{name}")]
    types: dict[str, np.dtype[Any]] = {}
    for name in names:
        check_name(top, name)
        types[name] = _checked_type(metadata, f"{top}/{name}")
        length = metadata.length(f"{top}/{name}")
        if length != index.rows.pointer[-1]:
            raise Refused(f"{top}/{name}", f"it has {length} values for {index.rows.pointer[-1]} edges")
    metadata.look_over([f"{top}/{name}" for name in names])
    return types


def _checked_type(metadata: Metadata, node: str) -> np.dtype[Any]:
    dtype = metadata.dtype(node)
    along = "and it reads all attributes of a namespace or none"
    if labels_of(dtype):
        raise Refused(node, f"neuroh5 reads an enum as other numbers, {along}")
    if dtype == np.int8:
        raise Refused(node, f"neuroh5 returns other values for int8, or ends the process, {along}")
    if dtype.name not in READ_RIGHT:
        raise Refused(node, f"neuroh5 does not survive, or does not read, {dtype}, {along}")
    return dtype


def listed_order(announced: Mapping[str, int], types: Mapping[str, np.dtype[Any]]) -> list[str]:
    """The order in which neuroh5 hands over the attributes of a namespace.

    Parameters
    ----------
    announced
        Positions as neuroh5 announces them, which are right only among attributes of one type.
    types
        The types of the same attributes.
    """
    return sorted(types, key=lambda name: (LISTED.index(types[name].name), announced[name]))
