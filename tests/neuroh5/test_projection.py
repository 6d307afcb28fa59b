"""Whatever the blocks, every way of asking gives the edges that are in the file."""

from __future__ import annotations

import pickle
import threading
from importlib.util import find_spec

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livn_core import ClosedFileError, Edges, InvalidArgumentError, open_neuroh5

N_PRE, N_POST = 6, 10
START = N_PRE  # of the post population


@st.composite
def projections(draw):
    """Blocks of consecutive post cells, each cell with some sources; blocks may overlap and come in any order."""
    blocks = []
    for _ in range(draw(st.integers(0, 5))):
        first = draw(st.integers(0, N_POST - 1))
        length = draw(st.integers(1, N_POST - first))
        cells = [draw(st.lists(st.integers(0, N_PRE - 1), max_size=4)) for _ in range(length)]
        blocks.append((first, cells))
    return blocks


def write(path, blocks):
    degrees = [len(cell) for _, cells in blocks for cell in cells]
    sources = [source for _, cells in blocks for cell in cells for source in cell]
    sizes = [len(cells) for _, cells in blocks]
    pointer = np.concatenate(([0], np.cumsum(degrees))) if blocks else np.empty(0)
    block_pointer = np.concatenate(([0], np.cumsum(sizes)))
    block_pointer[-1] += bool(blocks)  # one too long, as neuroh5 writes it
    with h5py.File(path, "w") as file:
        enum = h5py.enum_dtype({"A": 0, "B": 1}, np.uint16)
        rows = np.array([(0, N_PRE, 0), (START, N_POST, 1)], [("Start", "<u8"), ("Count", "<u4"), ("Population", enum)])
        file["H5Types/Populations"] = rows
        edges = file.create_group("Projections/B/A/Edges")
        edges["Destination Block Index"] = np.array([first for first, _ in blocks], np.uint32)
        edges["Destination Block Pointer"] = block_pointer.astype(np.uint64)
        edges["Destination Pointer"] = pointer.astype(np.uint64)
        edges["Source Index"] = np.array(sources, np.uint32)
        file["Projections/B/A/Synapses/id"] = np.arange(len(sources), dtype=np.uint32)


def expected(blocks):
    """{post gid: [(pre gid, position in the file)]}, edge after edge."""
    found, position = {}, 0
    for first, cells in blocks:
        for at, cell in enumerate(cells):
            for source in cell:
                found.setdefault(START + first + at, []).append((source, position))
                position += 1
    return dict(sorted(found.items()))


def as_dict(edges: Edges):
    ids = edges.attributes["Synapses"]["id"]
    return {
        int(gid): list(zip(edges.pre_gids[a:b].tolist(), ids[a:b].tolist(), strict=True))
        for gid, a, b in zip(edges.post_gids, edges.indptr[:-1], edges.indptr[1:], strict=True)
    }


def check_dtypes(edges: Edges):
    assert edges.post_gids.dtype == edges.indptr.dtype == np.int64
    assert edges.pre_gids.dtype == np.int32
    assert edges.indptr[0] == 0
    assert edges.indptr[-1] == len(edges)
    assert (np.diff(edges.indptr) > 0).all()
    assert (np.diff(edges.post_gids) > 0).all()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=projections(), data=st.data())
def test_every_way_of_asking(blocks, data, tmp_path, backend):
    path = tmp_path / "file.h5"
    write(path, blocks)
    truth = expected(blocks)
    with open_neuroh5(str(path), backend=backend) as file:
        projection = file.projection("A", "B")
        whole = projection.read(attributes=True)
        check_dtypes(whole)
        assert as_dict(whole) == truth
        assert projection.n_edges == sum(map(len, truth.values()))

        gids = data.draw(st.lists(st.integers(START, START + N_POST - 1), max_size=8))
        part = projection.in_edges(gids, True)
        check_dtypes(part)
        assert as_dict(part) == {gid: edges for gid, edges in truth.items() if gid in gids}

        wanted = data.draw(st.lists(st.integers(0, N_PRE - 1), max_size=4))
        out = projection.out_edges(wanted, ["Synapses/id"])
        check_dtypes(out)
        kept = {gid: [edge for edge in edges if edge[0] in wanted] for gid, edges in truth.items()}
        assert as_dict(out) == {gid: edges for gid, edges in kept.items() if edges}

        in_degree = [len(truth.get(gid, ())) for gid in range(START, START + N_POST)]
        sources = [source for edges in truth.values() for source, _ in edges]
        assert projection.in_degree().tolist() == in_degree
        assert projection.out_degree().tolist() == np.bincount(sources, minlength=N_PRE).tolist()

        max_bytes = data.draw(st.integers(1, 300))
        pieces = list(projection.blocks(max_bytes, attributes=True))
        assert [gid for piece in pieces for gid in as_dict(piece)] == list(truth)
        assert {gid: edges for piece in pieces for gid, edges in as_dict(piece).items()} == truth
        for piece in pieces:
            size = 16 * piece.post_gids.size + 8 * len(piece)
            assert size <= max_bytes or piece.post_gids.size == 1

        if find_spec("scipy"):
            matrix = np.zeros((N_PRE, N_POST), int)
            for gid, edges in truth.items():
                for source, _ in edges:
                    matrix[source, gid - START] += 1
            assert np.array_equal(projection.to_scipy().toarray(), matrix)


@pytest.fixture
def file(tmp_path, backend):
    write(tmp_path / "file.h5", [(0, [[1, 2], [], [3]]), (7, [[0, 0, 5]])])
    with open_neuroh5(str(tmp_path / "file.h5"), backend=backend) as file:
        yield file


def test_tables(file):
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    projection = file.projection("A", "B")
    frame, table = projection.to_pandas(), projection.to_arrow()
    columns = {"pre": [1, 2, 3, 0, 0, 5], "post": [6, 6, 8, 13, 13, 13], "Synapses/id": [0, 1, 2, 3, 4, 5]}
    assert frame.to_dict("list") == table.to_pydict() == columns
    assert [str(kind) for kind in frame.dtypes] == ["int32", "int64", "uint32"]
    assert list(projection.to_pandas(False)) == ["pre", "post"]


def test_weights_of_a_matrix_add_up(file):
    pytest.importorskip("scipy")
    matrix = file.projection("A", "B").to_scipy("Synapses/id")
    assert matrix.nnz == 6
    assert matrix.shape == (6, 10)
    assert matrix.toarray()[0, 7] == 3 + 4
    assert matrix.dtype == np.uint32


def test_gid_may_be_one_or_an_array(file):
    projection = file.projection("A", "B")
    assert projection.read(8).pre_gids.tolist() == [3]
    assert projection.read(np.int64(8)).pre_gids.tolist() == [3]
    assert projection.read(np.array([8, 6], np.uint8)).post_gids.tolist() == [6, 8]
    assert projection.read([]).indptr.tolist() == [0]
    assert projection.read(range(6, 8)).post_gids.tolist() == [6]


@pytest.mark.parametrize("gids", [5, 16, [6, 99], -1])
def test_gid_outside_the_population(file, gids):
    with pytest.raises(KeyError, match=r"file\.h5: gid .* is not in population B, which holds 6 to 15"):
        file.projection("A", "B").read(gids)
    with pytest.raises(KeyError, match="is not in population A, which holds 0 to 5"):
        file.projection("A", "B").out_edges([99])


@pytest.mark.parametrize("gids", [True, [True], 1.5, "EXC", np.array([6.0])])
def test_gids_must_be_integers(file, gids):
    with pytest.raises(TypeError, match="gids must be"):
        file.projection("A", "B").read(gids)


def test_attribute_names(file):
    projection = file.projection("A", "B")
    assert dict(projection.namespaces) == {"Synapses": ("id",)}
    assert list(projection.read(attributes="Synapses/id").attributes) == ["Synapses"]
    assert dict(projection.read().attributes) == {}
    with pytest.raises(KeyError) as caught:
        projection.read(attributes=["Synapses/ids"])
    assert str(caught.value).endswith(
        "/Projections/B/A: no edge attribute 'Synapses/ids'; there is Synapses/id; did you mean 'Synapses/id'?"
    )


@pytest.mark.parametrize(
    ("max_bytes", "error"), [(0, InvalidArgumentError), (-1, InvalidArgumentError), (True, TypeError), (1.5, TypeError)]
)
def test_block_size(file, max_bytes, error):
    with pytest.raises(error, match="max_bytes must be"):
        next(file.projection("A", "B").blocks(max_bytes))


def test_results_are_the_users_own_and_cannot_be_changed(file):
    edges = file.projection("A", "B").read(attributes=True)
    file.close()
    for array in (edges.post_gids, edges.indptr, edges.pre_gids, edges.attributes["Synapses"]["id"]):
        assert array.sum() >= 0
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        edges.pre_gids = np.zeros(1)
    with pytest.raises(TypeError):
        edges.attributes["Synapses"] = {}
    again = pickle.loads(pickle.dumps(edges))
    assert as_dict(again) == as_dict(edges)


def test_closed_file(file):
    projection = file.projection("A", "B")
    projection.read()
    file.close()
    file.close()
    for ask in (projection.read, projection.in_degree, lambda: projection.n_edges, lambda: file.populations):
        with pytest.raises(ClosedFileError, match=r"file\.h5 was closed; open it again"):
            ask()
    assert repr(projection) == "Projection(A -> B, closed)"


def test_threads_share_a_projection(file):
    projection, found = file.projection("A", "B"), []
    threads = [
        threading.Thread(target=lambda: found.append(as_dict(projection.read(attributes=True)))) for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert all(one == found[0] for one in found)


def test_shown_in_a_notebook(file):
    page = file.projection("A", "B")._repr_html_()
    assert "A (6 cells)" in page
    assert "Synapses/id" in page
    assert repr(file.projection("A", "B")) == "Projection(A -> B, 6 edges)"


def test_names_that_do_not_exist(file):
    with pytest.raises(KeyError, match="no population 'C'; there is A, B"):
        file.projection("C", "B")
    with pytest.raises(KeyError, match="no projection 'B -> A'; there is A -> B"):
        file.projection("B", "A")
    with pytest.raises(KeyError, match="no population 'EXC'"):
        file.namespaces("EXC")
