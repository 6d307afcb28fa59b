"""What lies in a system and is not part of it: nobody reads it, so it does not come along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from livn_core.comparing._manifest import attributes
from livn_core.locations import is_address, join
from livn_core.neuroh5 import NeuroH5File
from livn_core.neuroh5._cells import INDEX, POINTER, VALUE
from livn_core.neuroh5._indexfile import SUFFIX
from livn_core.neuroh5._layout import DATASETS, EDGES
from livn_core.neuroh5._store import Store
from livn_core.system._whole import Whole
from livn_core.writing._trees import TREES

TYPES = frozenset({"Population labels", "Population projections", "Population range"})
TABLES = frozenset({"Populations", "Valid population projections"})
DEEPEST = 16
"""How far groups are followed: links may lead in a circle."""
MOST_NODES = 50_000
"""How many groups and datasets of a file are looked at: what branches in a circle has no end that depth would set."""


def left_out(whole: Whole) -> tuple[str, ...]:
    """Datasets, types, projections without edges, and files that repacking leaves behind."""
    found: list[str] = []
    for file in whole.files:
        known = _known(whole, file)
        found += [f"{file.source}: {path}" for path in datasets_of(file) if path not in known]
        found += [f"{file.source}: /H5Types/{name}" for name in _types(file) if name not in TYPES | TABLES]
    found += [f"projection {pre} -> {post}: has no edges" for pre, post in _empty(whole)]
    found += [f"cells {'/'.join(key)}: no cell has it" for key in attributes(whole) if _without_cells(whole, key)]
    return (*found, *_other_files(whole))


def datasets_of(file: NeuroH5File) -> Iterator[str]:
    """Paths of all datasets of a file.

    Raises
    ------
    FormatError
        There are too many groups and datasets, as where links lead in several circles.
    """
    store = file._store
    for number, (path, node) in enumerate(_nodes(store, "", DEEPEST)):
        if number == MOST_NODES:
            problem = f"leads to more than {MOST_NODES:,} groups and datasets; remove the links that go in circles"
            raise store.error("/", f"{problem}, or copy what is to be kept into a new file")
        if getattr(node, "shape", None) is not None:
            yield path


def _nodes(store: Store, top: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name in store.keys(top or "/"):
        path = f"{top}/{name}"
        node = store.get(path)
        yield path, node
        if depth and hasattr(node, "keys"):
            yield from _nodes(store, path, depth - 1)


def _types(file: NeuroH5File) -> list[str]:
    store = file._store
    return [name for name in store.keys("/H5Types") if not store.is_dataset(f"/H5Types/{name}")]


def _known(whole: Whole, file: NeuroH5File) -> set[str]:
    known = {f"/H5Types/{name}" for name in TABLES}
    if file is whole.cells:
        for population in file.population_ranges:
            known |= {
                f"/Populations/{population}/{namespace}/{name}/{dataset}"
                for namespace, names in file.namespaces(population).items()
                for name in names
                for dataset in (INDEX, POINTER, VALUE, *(("Section Pointer",) if namespace == TREES else ()))
            }
            known.add(f"/Populations/{population}/{TREES}/{INDEX}")
    if file is whole.connections:
        for pair in whole.pairs:
            projection = whole.projection(pair)
            layout = projection._layout
            known |= {layout.path(name) for name in DATASETS}
            known |= {
                f"{layout.top}/{namespace}/{name}"
                for namespace, names in projection.namespaces.items()
                if namespace != EDGES
                for name in names
            }
    return known


def _empty(whole: Whole) -> list[tuple[str, str]]:
    return [pair for pair in whole.pairs if not whole.projection(pair).n_edges]


def _without_cells(whole: Whole, key: tuple[str, str, str]) -> bool:
    return whole.cells._store.length(f"/Populations/{'/'.join(key)}/{INDEX}") == 0


def _other_files(whole: Whole) -> Iterator[str]:
    system = whole.system
    if system is None or is_address(system.uri):
        return
    root = Path(system.uri)
    taken = {Path(file.source) for file in whole.files} | {Path(join(system.uri, one)) for one in whole.document_names}
    for path in sorted(root.rglob("*")):
        # An index is made of edges, and of none but those of its own file.
        if path.is_file() and path not in taken and path.suffix != SUFFIX:
            yield str(path)
