"""From NeuroH5 to tables."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from livn_core.backends import BackendNames
from livn_core.converting._report import Conversion, Remarks, check_apart
from livn_core.converting._systems import opened_system
from livn_core.converting.tables._columns import column_of
from livn_core.converting.tables._files import POST, PRE, SUFFIXES, import_pyarrow
from livn_core.errors import InvalidArgumentError
from livn_core.locations import is_address, shown
from livn_core.ranges import pointer_of
from livn_core.writing._atomic import check_free, swap, workspace

if TYPE_CHECKING:
    from livn_core.neuroh5 import CellAttribute, Edges, Projection
    from livn_core.system import System

FOLDERS = ("cells", "edges")


def to_tables(
    system: System | str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    format: Literal["parquet", "csv"] = "parquet",  # noqa: A002 - what it is called everywhere else
    backend: BackendNames | None = None,
    overwrite: bool = False,
) -> Conversion:
    """Write a system as tables: ``cells/<population>`` and ``edges/<pre>--<post>``, which :func:`from_tables` reads.

    Parameters
    ----------
    system
        A :class:`livn_core.System`, or where one lies.
    target
        The directory to make. Tables of cells have the columns ``population``, ``gid``, ``x``, ``y``, ``z`` (µm) and
        an attribute each, ``Namespace/name``; those of edges ``pre`` and ``post`` (gids) and an attribute each.
    format
        ``"parquet"``, or ``"csv"``, which has no place for several values for a cell.
    backend
        What to read a system through that is given by its place.
    overwrite
        Whether tables at ``target`` may be replaced. Tables there that do not belong to this system are removed, or
        they would be read with it; other files stay. The old directory is moved aside and removed when the new one
        stands, so a failure at any point leaves one of the two, whole.

    Returns
    -------
    Conversion
        What was converted, and what was dropped.

    Raises
    ------
    SystemNotFoundError
        There is no such system.
    InvalidArgumentError
        There is something at ``target``, or no such format.
    ImportError
        pyarrow is not installed.

    Notes
    -----
    Edges are written block by block, each as a row group of Parquet.
    """
    goal = check_free(target, overwrite)
    place = goal.resolve()  # behind a link, which stays
    if format not in {"parquet", "csv"}:
        raise InvalidArgumentError(f"format has to be 'parquet' or 'csv', not {format!r}")
    import_pyarrow()
    with opened_system(system, backend) as opened:
        if not is_address(opened.uri):
            check_apart(Path(opened.uri), goal)
        remarks = Remarks()
        with workspace(place) as beside:
            edges = _write(opened, beside, format, remarks)
            if place.is_dir():
                _keep_others(place, beside)
            swap(beside, place)
        cells = {name: count for name, (_, count) in opened.population_ranges.items()}
        return Conversion(shown(opened.uri), goal, cells, edges, remarks.all())


def _write(system: System, folder: Path, suffix: str, remarks: Remarks) -> dict[str, int]:
    for name in FOLDERS:
        (folder / name).mkdir()
    for name in system.populations:
        table = _cells(system, name, suffix, remarks)
        with _sink(folder / FOLDERS[0] / f"{name}.{suffix}", table.schema) as sink:
            sink.write_table(table)
    edges = {}
    for pre, post in system.projection_names:
        projection = system.projection(pre, post)
        name = f"{pre}--{post}"
        while (folder / FOLDERS[1] / f"{name}.{suffix}").exists():
            name += "-"
        _write_edges(projection, folder / FOLDERS[1] / f"{name}.{suffix}")
        edges[f"{pre} -> {post}"] = projection.n_edges
    for name in system.sidecar_names:
        remarks.dropped(name, "tables have no place for it")
    return edges


def _cells(system: System, name: str, suffix: str, remarks: Remarks) -> Any:
    pa = import_pyarrow()
    start, count = system.population_ranges[name]
    columns = {
        "population": pa.array([name] * count, pa.string()).dictionary_encode(),
        "gid": pa.array(np.arange(start, start + count, dtype=np.int64)),
    }
    for space, names in system.namespaces(name).items():
        if space == "Trees":
            if len(system.trees(name)):
                remarks.dropped(f"{name}/{space}", "morphologies are no table of cells")
            continue
        for short, attribute in system.cell_attributes(name, space, tuple(names)).items():
            column = _column(attribute, start, count)
            if suffix == "csv" and pa.types.is_list(column.type):
                remarks.dropped(f"{name}/{space}/{short}", "has several values for a cell, for which CSV has no place")
            else:
                columns[column_of("cells", (space, short))] = column
    return pa.table(columns)


def _column(attribute: CellAttribute, start: int, count: int) -> Any:
    """A value or a list for each cell; nothing for those that lack the attribute."""
    pa = import_pyarrow()
    rows = attribute.gids - start
    if attribute.is_single:
        values, absent = np.zeros(count, attribute.values.dtype), np.ones(count, np.bool_)
        values[rows], absent[rows] = attribute.values, False
        return pa.array(values, mask=absent) if absent.any() else pa.array(values)
    widths, absent = np.zeros(count, np.int64), np.ones(count, np.bool_)
    widths[rows], absent[rows] = np.diff(attribute.pointer), False
    offsets = pointer_of(widths).astype(np.int32 if attribute.values.size < 2**31 else np.int64)
    kind = pa.ListArray if offsets.dtype == np.int32 else pa.LargeListArray
    return kind.from_arrays(pa.array(offsets), pa.array(attribute.values), mask=pa.array(absent))


def _write_edges(projection: Projection, path: Path) -> None:
    empty = _edge_table(projection.read(gids=[], attributes=True))
    with _sink(path, empty.schema) as sink:
        for block in projection.blocks(attributes=True):
            sink.write_table(_edge_table(block))


def _edge_table(edges: Edges) -> Any:
    columns = {PRE: edges.pre_gids, POST: edges.post_gid_per_edge}
    for space, named in edges.attributes.items():
        columns |= {column_of("edges", (space, name)): values for name, values in named.items()}
    return import_pyarrow().table(columns)


@contextmanager
def _sink(path: Path, schema: Any) -> Iterator[Any]:
    if path.suffix == ".parquet":
        with import_pyarrow("parquet").ParquetWriter(path, schema) as sink:
            yield sink
    else:
        plain = import_pyarrow().schema([_undictionaried(field) for field in schema])
        with import_pyarrow("csv").CSVWriter(path, plain) as sink:
            yield _Plain(sink, plain)


def _undictionaried(field: Any) -> Any:
    pa = import_pyarrow()
    return field.with_type(pa.string()) if pa.types.is_dictionary(field.type) else field


class _Plain:
    """Writes text as text."""

    def __init__(self, sink: Any, schema: Any) -> None:
        self._sink, self._schema = sink, schema

    def write_table(self, table: Any) -> None:
        """Write rows."""
        self._sink.write_table(table.cast(self._schema))


def _keep_others(old: Path, beside: Path) -> None:
    """Put what is no table into the new directory as well."""

    def tables(folder: str, names: list[str]) -> list[str]:
        place = Path(folder)
        is_ours = place.parent == old and place.name in FOLDERS
        return [name for name in names if is_ours and Path(name).suffix in SUFFIXES and (place / name).is_file()]

    try:
        shutil.copytree(old, beside, symlinks=True, ignore=tables, copy_function=_link, dirs_exist_ok=True)
    except OSError as error:
        problem = f"what else lies there cannot be kept beside the tables ({error})"
        raise InvalidArgumentError(f"{old}: {problem}; choose another path") from error


def _link(old: str, new: str) -> None:
    if Path(new).exists():  # a directory, into which shutil would copy
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
    try:
        os.link(old, new)
    except OSError:  # a file system without links
        shutil.copy2(old, new)
