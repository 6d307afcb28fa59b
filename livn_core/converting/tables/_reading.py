"""From tables to NeuroH5."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Literal

from livn_core.converting._report import Conversion, Remarks, check_apart, named
from livn_core.converting.tables._cells import Cells, read_cells
from livn_core.converting.tables._edges import EdgeTable, forms_of, look, pieces
from livn_core.converting.tables._files import Table, find
from livn_core.errors import InvalidArgumentError
from livn_core.neuroh5.values import Edges
from livn_core.writing import write_system
from livn_core.writing._atomic import check_free


def from_tables(
    source: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    target: str | os.PathLike[str],
    *,
    layout: Literal["pair", "single"] = "pair",
    compression: int | None = None,
    shuffle: bool = False,
    overwrite: bool = False,
) -> Conversion:
    """Make a system of tables of cells and edges, in Parquet or CSV.

    Parameters
    ----------
    source
        A directory, whose tables are all read, or a list of files. A table with columns ``pre`` and ``post`` holds
        edges, any other one cells.

        Cells: ``population`` (left out: the file's name without its ending), ``gid`` (left out: the row, counted from
        0 through all tables of cells), ``x``, ``y``, ``z`` (µm), and attributes. An attribute may be empty for some
        cells; in Parquet it may be a list of any number of values for each.

        Edges: ``pre`` and ``post``, which are gids, or, beside ``pre_population`` and ``post_population``, positions
        within these populations; and attributes.

        A column ``Namespace/name`` is that attribute; a name alone belongs to ``Attributes`` (cells) or ``Synapses``.
    target
        The directory to make.
    layout, compression, shuffle
        As for :func:`livn_core.write_system`.
    overwrite
        Whether files at ``target`` may be replaced.

    Returns
    -------
    Conversion
        What was converted, and what was dropped (text, numbers beyond 32 bits) or changed (float64 to float32).

    Raises
    ------
    SourceNotFoundError
        A file is not there.
    FormatError
        A table is broken, or names a cell that is not there; the message has the column and the row.
    UnknownNameError
        A table of edges names a population that is not there.
    InvalidArgumentError
        There is something at ``target``, or no table of cells.
    ImportError
        pyarrow or h5py is not installed.

    Notes
    -----
    A Parquet table that has the edges of one projection, all of them, and in the order of ``post`` is read batch by
    batch; any other table of edges is in memory while it is converted, and so is all of a CSV file.
    """
    goal = check_free(target, overwrite)
    paths, remarks = find(source), Remarks()
    for path in paths:
        check_apart(path, goal)
    tables = [Table.open(path) for path in paths]
    if all(table.is_edges for table in tables):
        raise InvalidArgumentError(f"{named(source)}: there is no table of cells: one without columns 'pre' and 'post'")
    cells = read_cells([table for table in tables if not table.is_edges], remarks)
    edges = [look(table, cells, remarks) for table in tables if table.is_edges]
    written: dict[str, int] = {}
    write_system(
        target,
        cells.ranges,
        dict(_projections(edges, cells, remarks, written)),
        cells=cells.attributes,
        layout=layout,
        compression=compression,
        shuffle=shuffle,
        overwrite=overwrite,
    )
    counts = {name: count for name, (_, count) in cells.ranges.items()}
    return Conversion(named(source), goal, counts, written, remarks.all())


def _projections(
    tables: Sequence[EdgeTable], cells: Cells, remarks: Remarks, written: dict[str, int]
) -> Iterator[tuple[tuple[str, str], Iterator[Edges]]]:
    forms = forms_of(tables, remarks)
    for pair in sorted({pair for one in tables for pair in one.pairs}):
        pre, post = divmod(pair, len(cells.ranges))
        having = [one for one in tables if pair in one.pairs]
        name = cells.names[pre], cells.names[post]
        yield name, _counted(pieces(having, pair, forms), " -> ".join(name), written)


def _counted(found: Iterator[Edges], name: str, written: dict[str, int]) -> Iterator[Edges]:
    for piece in found:
        written[name] = written.get(name, 0) + len(piece)
        yield piece
