"""Write a system: a directory with one or two NeuroH5 files and the JSON documents beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

from livn_core.errors import InvalidArgumentError
from livn_core.writing._atomic import check_free, publish, workspace
from livn_core.writing._blocks import MAX_BLOCK_EDGES
from livn_core.writing._inputs import CellAttributes, Populations, Projections, Trees
from livn_core.writing._neuroh5 import Contents
from livn_core.writing._populations import ranges
from livn_core.writing._storage import Storage

LAYOUTS = {"pair": ("cells.h5", "connections.h5"), "single": ("graph.h5",)}


def write_system(
    path: str | os.PathLike[str],
    populations: Populations,
    projections: Projections | None = None,
    *,
    cells: CellAttributes | None = None,
    trees: Trees | None = None,
    documents: Mapping[str, object] | None = None,
    layout: Literal["pair", "single"] = "pair",
    chunks: int | None = None,
    compression: int | None = None,
    shuffle: bool = False,
    max_block_edges: int = MAX_BLOCK_EDGES,
    overwrite: bool = False,
) -> Path:
    """Write a system that livn and neuroh5 read.

    Everything is written beside ``path`` and renamed at the end: if an input turns out wrong half-way, nothing is
    left behind and whatever stood at ``path`` is untouched.

    Parameters
    ----------
    path
        The directory to make.
    populations
        ``{name: count}`` or ``{name: (start, count)}``, gids from ``start`` on; without a start, a population begins
        where the one before it ends. The order is the order of the population indices.
    projections
        ``{(pre, post): edges}``. Edges are an object with ``post_gids``, ``indptr``, ``pre_gids`` and ``attributes``
        (:class:`livn_core.Edges`), or an iterable of such pieces, of which one at a time is in memory. A post cell's
        edges may be spread over pieces; they stay in the order in which they come. All gids are absolute. Without any
        edge a projection has no group in the file, only its row in the table of valid projections.
    cells
        ``{population: {namespace: {attribute: values}}}``. Values are an array with one row for each cell of the
        population, or an object with ``gids``, ``pointer`` and ``values`` (:class:`livn_core.CellAttribute`), or an
        iterator of such objects with ascending gids, of which one at a time is in memory.
    trees
        ``{population: {gid: tree}}``, trees as :class:`livn_core.Tree`.
    documents
        ``{"graph.json": …, "mea.json": …, "selection/e1.json": …}``: what ``json.dumps`` takes, or bytes as they are.
    layout
        ``"pair"``: cells.h5 and connections.h5; ``"single"``: one graph.h5.
    chunks
        Elements in a chunk. ``None``: contiguous where an array comes whole and uncompressed, else 65,536.
    compression
        gzip's level, 0 to 9. ``None``: none.
    shuffle
        Whether to shuffle bytes before compressing, which helps with indices.
    max_block_edges
        Edges in one destination block, the unit in which neuroh5 gives work to ranks.
    overwrite
        Whether files at ``path`` may be replaced. Each is replaced as a whole; other files there stay, apart from
        HDF5 files of the other layout.

    Returns
    -------
    Path
        The directory that was written.

    Raises
    ------
    InvalidArgumentError, InvalidTypeError
        Something does not fit the format: a gid outside its population, a dtype that neuroh5 cannot read, pointers
        that do not fit, pieces with different attributes, a path that exists.
    UnknownNameError
        Cells, trees or a projection of a population that is not among ``populations``.
    ImportError
        h5py is not installed.

    Notes
    -----
    Values may be float32 and integers of 8 to 32 bits, which is what neuroh5 reads.

    For neuroh5's sake, some things are not written as they are given, none of which livn-core reads differently: cells
    are put in order of gid, populations without cells get the last indices, and an attribute that no cell of a
    population with cells has is left out, like a projection without edges.

    Of what remains, neuroh5 0.2.0 makes the following, also where it wrote the file itself:

    - int8 *edge* attributes come out wrong, and crash it where their namespace has no uint8 attribute.
    - Attributes that only some cells have belong in a namespace of their own: beside others of the same dtype their
      names are mixed up.
    - Of a post cell whose edges are spread over pieces, ``read_graph_selection`` finds the first piece only.
    - A tree needs two sections, or reading ends the process, unless it is told ``validate=0``.
    - A gid has 32 bits: the last one that it reads is 4294967294, and larger ones lose their upper bits.

    It can add namespaces and projections to a file that was written here, but not extend those that are in it.

    Examples
    --------
    Two populations of which one projects onto the other:

    >>> import numpy as np
    >>> from livn_core import Edges, write_system
    >>> edges = Edges(np.array([2, 3]), np.array([0, 1, 3]), np.array([0, 0, 1]), {})
    >>> path = write_system("mine", {"EXC": 2, "INH": 2}, {("EXC", "INH"): edges})  # doctest: +SKIP

    A copy of a system's connections, compressed, of which 64 MiB at a time are in memory:

    >>> with open_neuroh5("EI/connections.h5") as file:  # doctest: +SKIP
    ...     edges = {pair: file.projection(*pair).blocks(2**26, attributes=True) for pair in file.projections}
    ...     write_system("small", file.population_ranges, edges, compression=6, shuffle=True)
    """
    target = check_free(path, overwrite)
    if layout not in LAYOUTS:
        raise InvalidArgumentError(f"layout must be one of {', '.join(map(repr, LAYOUTS))}, not {layout!r}")
    contents = Contents(ranges(populations), projections or {}, cells or {}, trees or {})
    storage = Storage(chunks, compression, shuffle, max_block_edges)
    encoded = {_checked_document(name): _encoded(name, given) for name, given in (documents or {}).items()}
    with workspace(target) as beside:
        write_files(contents, beside, layout, storage)
        for name, content in encoded.items():
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(content)
        _publish(beside, target, layout)
    return target


def write_files(contents: Contents, directory: Path, layout: str, storage: Storage) -> None:
    """Write the one or two HDF5 files of a system into a directory."""
    if layout == "single":
        contents.write(directory / "graph.h5", storage)
        return
    contents.without("projections").write(directory / "cells.h5", storage)
    contents.without("cells", "trees").write(directory / "connections.h5", storage)


def _checked_document(name: str) -> str:
    parts = PurePosixPath(name).parts
    if not name.endswith(".json") or name.startswith("/") or ".." in parts or "\\" in name:
        raise InvalidArgumentError(f"{name!r} cannot be a document: give a relative path that ends in .json")
    return name


def _encoded(name: str, given: object) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        return (json.dumps(given, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"document {name!r} cannot be written as JSON: {error}") from error


def _publish(beside: Path, target: Path, layout: str) -> None:
    was_there = target.exists()
    publish(beside, target)
    if was_there:
        for other in {name for names in LAYOUTS.values() for name in names} - set(LAYOUTS[layout]):
            # graph.h5 wins over the pair, so one that stayed behind would hide what was just written.
            (target / other).unlink(missing_ok=True)
