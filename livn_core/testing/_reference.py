"""Compare with what neuroh5 itself read: the JSON files beside the reference files.

One exception: neuroh5 0.2.0 returns wrong values for int8 *edge* attributes (``AttrVal::at<int8_t>`` hands out the
bytes of the uint8 attributes, ``src/data/attr_val.cc``). There the file is right, so its own bytes are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from livn_core.h5file import AnyArray
from livn_core.neuroh5 import NeuroH5File
from livn_core.testing._content import TREE_FIELDS, TREES, Attribute, Content, EdgeList, assert_same, read_content

Json = Mapping[str, Any]
Int8Edges = Mapping[tuple[str, str, str], AnyArray]

EDGE_ORDER = ("float32", "uint8", "uint16", "uint32", "int8", "int16", "int32")
"""The order in which neuroh5 lists the edge attributes of a namespace; within one dtype by name."""


def assert_equals_neuroh5(file: NeuroH5File, reference: Json, int8_edges: Int8Edges) -> None:
    """Compare every array of the read routine with what neuroh5 read.

    Parameters
    ----------
    file
        The reference file, opened by any backend.
    reference
        The content of the reference's JSON file.
    int8_edges
        The true values of int8 edge attributes: :func:`true_int8_edges`.
    """
    actual = read_content(file)
    expected = content_from_neuroh5(reference, actual.edges, int8_edges)
    assert_same(actual, expected)
    for population, namespaces in reference["cell_attribute_info"].items():
        found = {name: sorted(names) for name, names in file.namespaces(population).items()}
        if found != namespaces:
            raise AssertionError(f"namespaces of {population}: {found} is not {namespaces}")


def content_from_neuroh5(reference: Json, edges: Mapping[tuple[str, str], EdgeList], int8_edges: Int8Edges) -> Content:
    """Bring neuroh5's answers into the form of the read routine.

    ``edges`` only tells which dtype each edge attribute has, because neuroh5 returns a list without names.
    """
    ranges = dict(sorted(reference["population_ranges"]["ranges"].items(), key=lambda one: one[1][0]))
    start = {name: first for name, (first, _) in ranges.items()}
    pairs = sorted(map(tuple, reference["projection_names"]), key=lambda pair: (start[pair[1]], start[pair[0]]))
    return Content(
        {name: (first, count) for name, (first, count) in ranges.items()},
        {key: one for name in ranges for key, one in _cells(reference, name)},
        {(pre, post): _edges(reference, pre, post, edges[pre, post].attributes, int8_edges) for pre, post in pairs},
        {name: _trees(found) for name, found in _ordered(reference.get("trees", {}), ranges) if found["trees"]},
    )


def _ordered(given: Json, order: Iterable[str]) -> Iterator[tuple[str, Any]]:
    return ((name, given[name]) for name in order if name in given)


def _array(given: Json) -> AnyArray:
    return np.array(given["data"], given["dtype"]).reshape(given["shape"])


def _joined(arrays: list[AnyArray]) -> tuple[AnyArray, AnyArray]:
    return np.cumsum([0, *(one.size for one in arrays)]), np.concatenate(arrays)


def _cells(reference: Json, population: str) -> Iterator[tuple[tuple[str, str, str], Attribute]]:
    for namespace, names in reference["cell_attribute_info"].get(population, {}).items():
        if namespace == TREES:
            continue
        rows = reference["cell_attributes"][population][namespace]
        for name in names:
            found = [(gid, _array(values[name])) for gid, values in rows if name in values]
            yield (
                (population, namespace, name),
                Attribute([gid for gid, _ in found], *_joined([one for _, one in found])),
            )


def _edges(reference: Json, pre: str, post: str, known: Mapping[str, AnyArray], int8_edges: Int8Edges) -> EdgeList:
    rows = reference["graph_ns"][post][pre]
    indptr, sources = _joined([_array(row[1]) for row in rows])
    attributes: dict[str, AnyArray] = {}
    for namespace, names in reference["graph_ns_attr_info"][post][pre].items():
        listed = sorted(names, key=lambda name: (EDGE_ORDER.index(known[f"{namespace}/{name}"].dtype.name), name))
        for at, name in enumerate(listed):
            _, values = _joined([_array(row[2][namespace][at]) for row in rows])
            key = f"{namespace}/{name}"
            attributes[key] = int8_edges[pre, post, key] if values.dtype == np.int8 else values
    return EdgeList([row[0] for row in rows], indptr, sources.astype(np.int32), dict(sorted(attributes.items())))


def _trees(found: Json) -> dict[int, dict[str, AnyArray]]:
    rows = sorted(found["trees"], key=lambda row: row[0])
    return {gid: {field: _array(values[field]) for field in TREE_FIELDS} for gid, values in rows}


def true_int8_edges(path: Path) -> dict[tuple[str, str, str], AnyArray]:
    """Read the int8 edge attributes of a file with plain h5py, one destination at a time.

    Returns
    -------
    dict
        ``{(pre, post, "Namespace/name"): values}``, ascending by destination, in file order within one.
    """
    import h5py

    found: dict[tuple[str, str, str], AnyArray] = {}
    with h5py.File(path) as file:
        for post, sources in file.get("Projections", {}).items():
            for pre, projection in sources.items():
                order = _edge_order(projection["Edges"])
                for namespace in sorted(set(projection) - {"Edges"}):
                    for name, dataset in projection[namespace].items():
                        if dataset.dtype == np.int8:
                            found[pre, post, f"{namespace}/{name}"] = dataset[:][order]
    return found


def _edge_order(edges: Any) -> list[int]:
    """Positions of the edges, ascending by destination: the format spelt out block by block."""
    first, block, pointer = (
        edges[name][:].tolist()
        for name in ("Destination Block Index", "Destination Block Pointer", "Destination Pointer")
    )
    rows: dict[int, list[int]] = {}
    for k, destination in enumerate(first):
        for j, at in enumerate(range(block[k], min(block[k + 1], len(pointer) - 1))):
            rows.setdefault(destination + j, []).extend(range(pointer[at], pointer[at + 1]))
    return [at for destination in sorted(rows) for at in rows[destination]]
