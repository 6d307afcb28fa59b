"""Systems that ``livn systems generate`` makes go through the stock hsload, and come back equal from HSDS."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from livn_core import System

pytest.importorskip("yaml", reason="generating needs PyYAML")

HSLOAD = [sys.executable, "-c", "from h5pyd._apps.hsload import main; main()"]
MADE = {"EI3": "1", "slice.yml": "0.0004"}

# All populations of CA1 in their order, but few projections: hsload takes a second for every few datasets.
SLICE = """\
extends: CA1
projections:
  CA3 -> DPYR: {in_degree: {mean: 20}, contacts: 2}
  PVBC -> DPYR: {in_degree: 2}
  DPYR -> OLM: {in_degree: 9}
"""


def test_stock_hsload(tmp_path, run, serving, monkeypatch):
    graphs = tmp_path / "systems" / "graphs"
    (tmp_path / "slice.yml").write_text(SLICE)
    for name, scale in MADE.items():
        run([sys.executable, "-m", "livn_core", "systems", "generate", name, "--scale", scale], tmp_path)
    with serving(tmp_path) as served:
        login = ["--endpoint", served.record.endpoint, "-u", "admin", "-p", "admin"]
        for file in sorted(graphs.glob("*/*.h5")):
            run([*HSLOAD, *login, file, f"/{file.parent.name}/{file.name}"], tmp_path)
        monkeypatch.setenv("LIVN_HSDS", json.dumps({"endpoint": served.record.endpoint}))
        for path in graphs.iterdir():
            if path.name.startswith("."):
                continue  # HSDS's own
            with System(path, backend="h5pyd") as remote, System(path, backend="pyfive") as local:
                assert_equal(remote, local)


def assert_equal(remote, local):
    assert remote.population_ranges == local.population_ranges
    assert remote.projection_names == local.projection_names
    np.testing.assert_array_equal(remote.neuron_coordinates, local.neuron_coordinates)
    for pre, post in local.projection_names:
        one, other = (system.projection(pre, post).read(attributes=True) for system in (remote, local))
        for name in ("post_gids", "indptr", "pre_gids"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        np.testing.assert_array_equal(
            one.attributes["Connections"]["distance"], other.attributes["Connections"]["distance"]
        )
        np.testing.assert_array_equal(one.attributes["Synapses"]["syn_id"], other.attributes["Synapses"]["syn_id"])
    for population in {post for _, post in local.projection_names}:
        theirs = remote.cell_attributes(population, "Synapse Attributes")
        for name, ours in local.cell_attributes(population, "Synapse Attributes").items():
            np.testing.assert_array_equal(theirs[name].pointer, ours.pointer)
            np.testing.assert_array_equal(theirs[name].values, ours.values)
