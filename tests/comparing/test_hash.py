"""The hash says what a system holds, and nothing of how it is stored."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest

from livn_core import (
    Edges,
    InvalidArgumentError,
    InvalidTypeError,
    System,
    content_hash,
    default_backends,
    write_neuroh5,
    write_system,
)

h5py = pytest.importorskip("h5py")


@pytest.fixture
def h5py_backend():
    if "h5py" not in default_backends().names:
        pytest.skip("backend h5py is not installed")
    return "h5py"


def _datasets(group):
    """Every path of a dataset, also where several lead to one."""
    for found in group.values():
        if isinstance(found, h5py.Group):
            yield from _datasets(found)
        elif isinstance(found, h5py.Dataset):
            yield found.name


def _rewritten(source, target, **storage):
    """The same datasets in another layout on disk, groups in another order."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        for name in reversed(list(_datasets(old))):
            dataset = old[name]
            options = storage if dataset.ndim == 1 and dataset.size and dataset.dtype.names is None else {}
            new.create_dataset(name, data=dataset[:], dtype=dataset.dtype, **options)
        new["H5Types/Population labels"] = old["H5Types/Population labels"].dtype


def test_backend_chunks_filters_and_order_of_groups_do_not_count(reference, tmp_path, h5py_backend):
    expected = content_hash(reference, backend="pyfive")
    assert expected.value.startswith("livn1:")
    assert content_hash(reference, backend=h5py_backend) == expected
    _rewritten(reference, tmp_path / "b.h5", chunks=True, compression="gzip", shuffle=True)
    assert content_hash(tmp_path / "b.h5").value == expected.value


@pytest.mark.parametrize("max_bytes", [1, 100, 4096])
def test_the_size_of_blocks_does_not_count(reference, max_bytes):
    assert content_hash(reference, max_bytes=max_bytes) == content_hash(reference)


def _edges(rows, weights=None):
    pre = np.concatenate([np.array(row) for row in rows.values()])
    attributes = {} if weights is None else {"W": {"w": weights}}
    return Edges(np.array(list(rows)), np.cumsum([0, *map(len, rows.values())]), pre, attributes)


def _written(path, edges, **options):
    return content_hash(write_neuroh5(path, {"A": 4}, {("A", "A"): edges}, **options)).value


@pytest.mark.parametrize("max_bytes", [0, -1, 1.5, "1", True, None])
@pytest.mark.parametrize("parts", ["cells", "edges"])
def test_a_size_of_blocks_that_is_none(one, max_bytes, parts):
    with pytest.raises((InvalidArgumentError, InvalidTypeError), match="max_bytes must be"):
        content_hash(one, parts=parts, max_bytes=max_bytes)


def test_blocks_do_not_count_and_the_order_of_edges_of_a_cell_does(tmp_path):
    whole = _written(tmp_path / "whole.h5", _edges({0: [3, 1], 1: [2], 3: [0]}))
    pieces = [_edges({3: [0]}), _edges({0: [3]}), _edges({0: [1], 1: [2]})]
    assert _written(tmp_path / "pieces.h5", pieces) == whole
    assert _written(tmp_path / "cut.h5", _edges({0: [3, 1], 1: [2], 3: [0]}), max_block_edges=1) == whole
    assert _written(tmp_path / "other.h5", _edges({0: [1, 3], 1: [2], 3: [0]})) != whole


def test_every_bit_of_a_value_counts(tmp_path):
    edges = {0: [3]}
    values = [np.array([value], dtype) for dtype in ("f4", "i4", "u4", "i2") for value in (0, 1)]
    values += [np.array([-0.0], "f4"), np.array([np.nan], "f4")]
    hashes = {_written(tmp_path / f"{at}.h5", _edges(edges, value)) for at, value in enumerate(values)}
    assert len(hashes) == len(values)


def test_a_projection_without_edges_counts_as_absent(tmp_path):
    write_neuroh5(tmp_path / "a.h5", {"A": 4}, {("A", "A"): _edges({0: [1]})})
    write_neuroh5(tmp_path / "b.h5", {"A": 4})
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        edges = file["Projections/A/A/Edges"]
        for name in list(edges):
            dtype = edges[name].dtype
            del edges[name]
            edges[name] = np.zeros(0, dtype)
    assert content_hash(tmp_path / "a.h5").value == content_hash(tmp_path / "b.h5").value


def test_names_ranges_and_documents_count(one, other):
    expected = content_hash(one)
    assert content_hash(other).value == expected.value
    graph = json.loads((other / "graph.json").read_text())
    (other / "graph.json").write_text(json.dumps(graph, indent=7, sort_keys=True))
    assert content_hash(other).value == expected.value
    (other / "graph.json").write_text(json.dumps({**graph, "version": 0}))
    changed = content_hash(other)
    assert changed.value != expected.value
    assert {name for name in expected.parts if expected.parts[name] != changed.parts[name]} == {"documents"}


def test_broken_json_counts_by_its_bytes(other):
    (other / "mea.json").write_bytes(b"{")
    first = content_hash(other).value
    (other / "mea.json").write_bytes(b"{ ")
    assert content_hash(other).value != first


def test_one_file_or_two_hold_the_same(one, tmp_path):
    with h5py.File(one / "cells.h5") as cells, h5py.File(one / "connections.h5") as connections:
        (tmp_path / "single").mkdir()
        with h5py.File(tmp_path / "single" / "graph.h5", "w") as file:
            for name in ("H5Types", "Populations"):
                cells.copy(name, file)
            connections.copy("Projections", file)
    for document in one.glob("*.json"):
        shutil.copy(document, tmp_path / "single")
    assert content_hash(tmp_path / "single").value == content_hash(one).value


def test_parts(one):
    whole = content_hash(one)
    some = content_hash(one, parts=("edges", "cells"))
    assert some.value.startswith("livn1-cells+edges:")
    assert some.parts == {name: whole.parts[name] for name in ("cells", "edges")}
    assert set(some.lines) < set(whole.lines)
    with pytest.raises(InvalidArgumentError, match="the parts of a system are populations, cells, edges, documents"):
        content_hash(one, parts="projections")


def test_an_open_system_stays_open(one):
    with System(one) as system:
        assert content_hash(system) == content_hash(one)
        assert not system.closed


def test_the_definition_can_be_followed_with_h5py_alone(tmp_path):
    """The definition of docs/checking.md, spelt out for one small file."""
    path = write_system(
        tmp_path / "system",
        {"A": (5, 2)},
        {("A", "A"): _edges({5: [6, 5]}, np.array([0.5, 2], "f4"))},
        cells={"A": {"N": {"v": np.array([1, 2], "i2")}}},
        documents={"graph.json": b'{"b": 1.0,\n "a": "\xc3\xa9"}'},
    )

    def array(dtype, values):
        stored = np.array(values, np.dtype(dtype).newbyteorder("<")).tobytes()
        return [dtype, len(values), hashlib.sha256(stored).hexdigest()]

    document = b'{"a":"\\u00e9","b":1.0}'
    lines = [
        ["populations", "A", 5, 2],
        ["cells", "A", "N", "v", "gids", *array("int64", [5, 6])],
        ["cells", "A", "N", "v", "pointer", *array("int64", [0, 1, 2])],
        ["cells", "A", "N", "v", "values", *array("int16", [1, 2])],
        ["edges", "A", "A", "post_gids", *array("int64", [5])],
        ["edges", "A", "A", "indptr", *array("int64", [0, 2])],
        ["edges", "A", "A", "pre_gids", *array("int64", [6, 5])],
        ["edges", "A", "A", "W", "w", *array("float32", [0.5, 2])],
        ["documents", "graph.json", "json", len(document), hashlib.sha256(document).hexdigest()],
    ]
    text = "".join(sorted(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    assert content_hash(path).value == f"livn1:{hashlib.sha256(text.encode()).hexdigest()}"
