"""``System("http://…/files/EI1")`` reads raw files, with no import, and is the local one bit for bit."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from livn_ui.companion import server as server_module

from livn_core import System
from livn_core.errors import BackendPermissionError, SourceNotFoundError, SystemNotFoundError

pytest.importorskip("aiohttp", reason="HTTP needs the extra livn-pyfive[http]")

REPOSITORY = Path(__file__).parents[4]
REFERENCE = REPOSITORY / "tests" / "reference"


@pytest.fixture(scope="module")
def graphs(tmp_path_factory):
    root = tmp_path_factory.mktemp("graphs")
    for name in "EI1", "EI2":
        shutil.copytree(REPOSITORY / "systems" / "graphs" / name, root / name)
    for name in "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes":
        (root / name).mkdir()
        shutil.copy(REFERENCE / f"{name}.h5", root / name / "graph.h5")
    (root / "EI1" / "selection").mkdir()
    (root / "EI1" / "selection" / "e1.json").write_text('{"EXC": [0, 1]}')
    return root


@pytest.fixture
def asked(monkeypatch):
    """What every server that starts from now on is asked for: method and path."""
    found, build_app = [], server_module.build_app

    def counting(*arguments):
        app = build_app(*arguments)

        async def count(scope, receive, send):
            found.append((scope["method"], scope["path"]))
            await app(scope, receive, send)

        return count

    monkeypatch.setattr(server_module, "build_app", counting)
    return found


def everything(system):
    """All that a system holds, in values that compare equal only if every bit does."""
    file = system._files.cells
    cells = {}
    for population, spaces in {name: file.namespaces(name) for name in system.populations}.items():
        for space in spaces:
            for name, one in file.cell_attributes(population, space).items():
                cells[population, space, name] = [exact(one.gids), exact(one.pointer), exact(one.values)]
    edges = {}
    for pre, post in system._files.connections.projections if has_projections(system) else ():
        one = system.projection(pre, post).read(attributes=True)
        values = {
            (space, name): exact(array) for space, names in one.attributes.items() for name, array in names.items()
        }
        edges[pre, post] = [exact(one.post_gids), exact(one.indptr), exact(one.pre_gids), values]
    names = system._sidecars.names()
    sidecars = {name: system._sidecars.read(name) for name in names}
    return file.population_ranges, cells, edges, sidecars


def has_projections(system):
    try:
        return bool(system._files.connections.projections)
    except SourceNotFoundError:
        return False


def exact(array):
    return array.dtype.str, array.shape, array.tobytes()


@pytest.mark.parametrize("name", ["EI1", "EI2", "b_nonalpha", "c_multiblock", "e_trees", "f_dtypes"])
def test_a_served_system_is_the_local_one(companion, graphs, name):
    address = companion(graphs, serve_h5=True).address
    with System(f"{address}/files/{name}") as served, System(str(graphs / name), backend="pyfive") as local:
        assert served.backend == "pyfive"
        found = everything(served)
        assert found == everything(local)
        assert found[1] or found[2]


def test_few_requests_are_made(companion, graphs, asked):
    """Each file takes two, for its size and its content; and so does finding out that there is no graph.h5."""
    address = companion(graphs, serve_h5=True).address
    with System(f"{address}/files/EI1") as system:
        assert len(system.neuron_coordinates) == 10
        assert len(asked) == 4
        system.projection("EXC", "INH").read(attributes=["Synapses/syn_id", "Connections/distance"])
        assert len(asked) == 6
        assert system._sidecars.names() == ["graph.json", "mea.json", "provenance.json", "selection/e1.json"]
        assert Counter(asked[6:]) == {("GET", "/systems/EI1"): 1}


def test_a_server_that_hands_out_no_raw_files(companion, graphs):
    address = companion(graphs).address
    with System(f"{address}/files/EI1") as system, pytest.raises(BackendPermissionError, match="403"):
        system.populations  # noqa: B018


def test_a_system_that_is_not_there(companion, graphs):
    address = companion(graphs, serve_h5=True).address
    with System(f"{address}/files/EI9") as system, pytest.raises(SystemNotFoundError, match="EI9"):
        system.populations  # noqa: B018
