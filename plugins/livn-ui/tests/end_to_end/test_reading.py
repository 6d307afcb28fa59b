"""Serve, import, and read from a process that has nothing but ``LIVN_HSDS``: the same bits as from the files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

EVERYTHING = Path(__file__).parent / "everything.py"
NAMES = ["EI1", "EI2", "ZED", "b_nonalpha", "e_trees"]


@pytest.fixture
def read(run, tmp_path_factory):
    """All that a system holds, as a process in an empty directory reads it."""

    def read(system, *backend, **variables):
        nowhere = tmp_path_factory.mktemp("nowhere")
        home = {"HOME": str(nowhere), "XDG_CACHE_HOME": str(nowhere)}
        return json.loads(run([sys.executable, EVERYTHING, system, *backend], nowhere, **home, **variables).stdout)

    return read


@pytest.fixture(scope="module")
def local(run, graphs):
    """The same from the files themselves."""
    done = {name: run([sys.executable, EVERYTHING, graphs / name, "pyfive"], graphs).stdout for name in NAMES}
    return {name: json.loads(text) for name, text in done.items()}


@pytest.mark.parametrize("name", NAMES)
def test_through_hsds(name, served, read, local):
    found = read(name, LIVN_HSDS=json.dumps({"endpoint": served.record.endpoint}))
    assert found.pop("backend") == "h5pyd"
    assert found == {key: value for key, value in local[name].items() if key != "backend"}


@pytest.mark.parametrize("name", NAMES)
def test_raw_files_over_http(name, served, read, local):
    found = read(f"{served.record.files_endpoint}/files/{name}")
    assert found.pop("backend") == "pyfive"
    assert found == {key: value for key, value in local[name].items() if key != "backend"}


def test_what_was_compared(local):
    """Nothing of this would show if the local reading were empty."""
    zed = local["ZED"]
    assert zed["order"] == ["ZED", "ALPHA", "MID", "NONE"]
    assert set(zed["projections"]) == {"ZED to ALPHA", "ALPHA to ZED"}
    assert set(zed["projections"]["ZED to ALPHA"]["attributes"]) == {"Synapses", "Weights"}
    assert zed["projections"]["ZED to ALPHA"]["pre_gids"].startswith("<i4[240000] ")
    assert set(zed["documents"]) >= {"graph.json", "mea.json", "selection/e1.json"}
    assert len(zed["trees"]["MID"]) == 15
    assert local["b_nonalpha"]["order"] == ["ZED", "ALPHA", "MID"]
    assert len(local["e_trees"]["trees"]["GC"]) == 6
    assert local["EI2"]["coordinates"]["EXC"].startswith("<f8[80, 4] ")
