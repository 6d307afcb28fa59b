"""From SONATA to NeuroH5."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from livn_core.converting._report import Conversion, Remarks, check_apart, named
from livn_core.converting.sonata import _h5
from livn_core.converting.sonata._bundle import Bundle, Cells
from livn_core.converting.sonata._document import VERSION, described
from livn_core.converting.sonata._names import DOCUMENT
from livn_core.converting.sonata._nodes import START, Nodes, read_nodes
from livn_core.converting.sonata._plan import plan
from livn_core.converting.sonata._rows import Rows, read_rows
from livn_core.converting.sonata._sources import Files, Source, find
from livn_core.converting.sonata._types import Types
from livn_core.errors import FormatError
from livn_core.neuroh5.values import Edges
from livn_core.writing import write_system
from livn_core.writing._atomic import check_free

Ranges = dict[str, tuple[int, int]]


def from_sonata(
    source: Source,
    target: str | os.PathLike[str],
    *,
    split_by: str | None = None,
    layout: Literal["pair", "single"] = "pair",
    compression: int | None = None,
    shuffle: bool = False,
    overwrite: bool = False,
) -> Conversion:
    """Convert a SONATA network to a system of NeuroH5 files.

    Every number, text, id and type that the network has comes across and can be had back with :func:`to_sonata`; what
    does not is in the result's ``remarks``.

    Parameters
    ----------
    source
        A ``circuit_config.json`` (or a simulation's, which names it), a directory, or a list of files: HDF5 files of
        nodes and edges, and .csv tables of their types, ``x_node_types.csv`` belonging to ``x_nodes.h5``.
    target
        The directory to make.
    split_by
        How a node population becomes populations of NeuroH5. None: by node type, under the names in the first column
        of ``pop_name`` and ``model_name`` that every type fills, else under the types' ids; one with a single type
        stays whole. Else a column of the table of types, or an attribute that is text; ``"none"``: not at all.
    layout, compression, shuffle
        As for :func:`livn_core.write_system`.
    overwrite
        Whether files at ``target`` may be replaced.

    Returns
    -------
    Conversion
        What was converted, and what was dropped or changed.

    Raises
    ------
    SourceNotFoundError
        A file is not there.
    FormatError
        A file is not valid SONATA; the message names the dataset and the row.
    InvalidArgumentError
        There is something at ``target``, or nothing to split by.
    ImportError
        h5py is not installed.

    Notes
    -----
    Within a population, cells are in the order of their nodes; of one cell, edges are in the order of the file.
    Memory is needed for the ids of the edges between two node populations, about 50 bytes for each edge, and for
    attributes of edges that are not sorted by target.

    Examples
    --------
    >>> from livn_core import System, from_sonata
    >>> done = from_sonata("network/circuit_config.json", "network-nh5")  # doctest: +SKIP
    >>> System(done.target).populations  # doctest: +SKIP
    ['Scnn1a', 'PV']
    """
    goal = check_free(target, overwrite)
    files, remarks = find(source), Remarks()
    for path, _ in (*files.nodes, *files.edges):
        check_apart(path, goal)
    with ExitStack() as stack:
        tables = list(_tables("node", files.nodes, stack, remarks))
        nodes = read_nodes(tables, split_by, remarks)
        ranges = _ranges(nodes)
        bundles = _bundles(list(_tables("edge", files.edges, stack, remarks)), nodes, ranges, remarks)
        written: dict[str, int] = {}
        write_system(
            target,
            ranges,
            dict(_projections(bundles, written)),
            cells={name: one.cells(name, ranges[name][0]) for one in nodes.values() for name in one.members},
            documents={DOCUMENT: _document(nodes, bundles, files)},
            layout=layout,
            compression=compression,
            shuffle=shuffle,
            overwrite=overwrite,
        )
    counts = {name: count for name, (_, count) in ranges.items()}
    return Conversion(named(source), goal, counts, written, remarks.all())


def _tables(kind: str, files: Iterable[tuple[Path, Path | None]], stack: ExitStack, remarks: Remarks) -> Iterator[Rows]:
    """The populations of all files, which stay open."""
    seen: dict[str, Path] = {}
    for path, table in files:
        root = _h5.child(stack.enter_context(_h5.opened(path)), f"{kind}s")
        types = None if table is None else Types.read(table, f"{kind}_type_id")
        for name, group in root.items():
            if not hasattr(group, "keys"):
                continue
            if name in seen:
                raise FormatError(str(path), f"/{kind}s/{name}", f"a population of that name is in {seen[name]}, too")
            seen[name] = path
            yield read_rows(kind, name, group, types, remarks)


def _ranges(nodes: Mapping[str, Nodes]) -> Ranges:
    """Gids: one population after the other, or as they were where the network came from NeuroH5."""
    sizes = {name: rows.size for one in nodes.values() for name, rows in one.members.items()}
    starts = [one.rows.group.attrs.get(START) for one in nodes.values()]
    if len(sizes) == len(starts) and all(start is not None for start in starts):
        return {name: (int(start), size) for (name, size), start in zip(sizes.items(), starts, strict=True)}
    found, end = {}, 0
    for name, size in sizes.items():
        found[name] = (end, size)
        end += size
    return found


def _bundles(tables: Sequence[Rows], nodes: Mapping[str, Nodes], ranges: Ranges, remarks: Remarks) -> list[Bundle]:
    between: dict[tuple[str, str], list[Rows]] = {}
    for table in tables:
        ends = _end(table, "source", nodes), _end(table, "target", nodes)
        between.setdefault(ends, []).append(table)
    return [
        Bundle(found, Cells.of(nodes[source], ranges), Cells.of(nodes[target], ranges), plan(found, remarks))
        for (source, target), found in between.items()
    ]


def _end(table: Rows, end: str, nodes: Mapping[str, Nodes]) -> str:
    dataset = _h5.child(table.group, f"{end}_node_id")
    given = dataset.attrs.get("node_population")
    name = given.decode() if isinstance(given, bytes) else given
    if name is None and len(nodes) == 1:
        return next(iter(nodes))
    if name not in nodes:
        raise _h5.error_at(
            dataset, f"node_population is {name!r}, but the files have nodes of {', '.join(nodes)}; give all files"
        )
    return str(name)


def _projections(
    bundles: Iterable[Bundle], written: dict[str, int]
) -> Iterator[tuple[tuple[str, str], Iterator[Edges]]]:
    for bundle in bundles:
        pairs = bundle.pairs
        bundle.forget()
        for pair in pairs:
            yield pair, _counted(bundle, pair, last=pair == pairs[-1], written=written)


def _counted(bundle: Bundle, pair: tuple[str, str], last: bool, written: dict[str, int]) -> Iterator[Edges]:
    name = " -> ".join(pair)
    for piece in bundle.pieces(*pair):
        written[name] = written.get(name, 0) + len(piece)
        yield piece
    if last:
        bundle.forget()


def _document(nodes: Mapping[str, Nodes], bundles: Iterable[Bundle], files: Files) -> dict[str, Any]:
    of_nodes, of_edges = (files.properties.get(kind, {}) for kind in ("nodes", "edges"))
    return {
        "version": VERSION,
        "nodes": {
            name: described(one.rows, one.attributes, {**_cells_of(one), "properties": of_nodes.get(name)})
            for name, one in nodes.items()
        },
        "edges": {
            table.name: described(
                table, bundle.attributes, {**_ends_of(bundle, number), "properties": of_edges.get(table.name)}
            )
            for bundle in bundles
            for number, table in enumerate(bundle.tables)
        },
        "config": files.config,
    }


def _cells_of(nodes: Nodes) -> dict[str, Any]:
    start = nodes.rows.group.attrs.get(START)
    return {"populations": list(nodes.members), "start": None if start is None else int(start)}


def _ends_of(bundle: Bundle, number: int) -> dict[str, Any]:
    ends = {"source": bundle.source.nodes.rows.name, "target": bundle.target.nodes.rows.name}
    return {**ends, "number": number, "pairs": bundle.pairs}
