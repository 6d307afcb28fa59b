"""The original livn opens what is generated, and gives what we give; its simulation runs on our ``System`` of it."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core import System, generate
from livn_core.system._original import is_installed

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # the original and what it imports warn of their own accord
    pytest.mark.skipif(not is_installed(), reason="the original livn is not installed"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    for name in ("EI2", "E3I"):
        generate(name, folder / name)
    return folder


@pytest.fixture(params=["EI2", "E3I"])
def both(request, folder):
    from livn.system import System as Original

    with System(folder / request.param, backend="pyfive") as system:
        yield system, Original(str(folder / request.param))


def test_cells_are_equal(both):
    ours, theirs = both
    for name in ("populations", "population_ranges", "num_neurons", "connections_config", "weight_names"):
        assert getattr(ours, name) == getattr(theirs, name), name
    np.testing.assert_array_equal(ours.neuron_coordinates, theirs.neuron_coordinates)
    np.testing.assert_array_equal(ours.bounding_box, theirs.bounding_box)
    assert type(ours.default_io()) is type(theirs.default_io())
    for population in ours.populations:
        for (gid, one), (other_gid, other) in zip(ours.synapses(population), theirs.synapses(population), strict=True):
            assert gid == other_gid
            assert all(np.array_equal(one[name], other[name]) for name in other)


def test_edges_are_equal(both):
    ours, theirs = both
    assert ours.projection_names
    for pre, post in ours.projection_names:
        found = dict(theirs.projections(pre, post))
        edges = ours.projection(pre, post).read(attributes=True)
        assert list(found) == edges.post_gids.tolist()
        for gid, start, stop in zip(edges.post_gids, edges.indptr, edges.indptr[1:], strict=False):
            pres, attributes = found[gid]
            np.testing.assert_array_equal(pres, edges.pre_gids[start:stop])
            for namespace, columns in edges.attributes.items():
                for name, values in columns.items():
                    np.testing.assert_array_equal(attributes[namespace][name], values[start:stop])


def test_selections_are_equal(folder):
    from livn.system import System as Original

    with System(folder / "E3I") as ours:
        theirs = Original(str(folder / "E3I"))
        assert ours.selections() == theirs.selections() == ["e1", "e2", "e3"]
        for name in ours.selections():
            one, other = ours.selection(name), theirs.selection(name)
            assert list(one) == list(other)
            assert all(np.array_equal(one[population], other[population]) for population in one)
            assert ours.selection_document(name) == theirs.selection_document(name)


def test_a_short_simulation_runs_on_our_system(folder):
    """With the original's native backend, whose library its wheels hold."""
    native = pytest.importorskip("livn.backend.native._lib")
    if not native.available():
        pytest.skip("the library of livn's native backend is not there: its wheels hold it, else it needs a C compiler")
    from livn.backend.native import Env

    with System(folder / "EI2", backend="pyfive") as system:
        env = Env(system)
        env.init()
        env.apply_model_defaults()
        env.record_spikes()
        env.record_voltage()
        spikes, times, _, voltages, *_ = env.run(20)
    assert env.system is system
    assert set(np.asarray(spikes).tolist()) <= set(range(100))
    assert ((np.asarray(times) >= 0) & (np.asarray(times) <= 20)).all()
    voltages = np.asarray(voltages)
    assert voltages.shape[0] >= 100
    assert np.isfinite(voltages).all()
    assert voltages.std(axis=1).min() > 0
