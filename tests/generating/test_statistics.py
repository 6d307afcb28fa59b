"""What is generated follows its configuration: in-degrees, kernel, contacts, places, sites.

Everything here is drawn from fixed seeds, so that the tests give the same result every time; tolerances are four
standard errors or more.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from livn_core import System, generate
from livn_core.errors import ConfigError
from livn_core.generating import _sampling, load
from livn_core.generating._connecting import Network
from livn_core.generating._grid import Grid
from livn_core.generating._kernels import Kernel
from livn_core.generating._random import Purpose, Stream
from livn_core.generating._sampling import Sampler
from livn_core.ranges import repeat


def random_places(count, size, seed=0):
    return (np.random.default_rng(seed).random((count, 3)) * size).astype(np.float32)


def pairs(network, pre, post):
    """Every connection once, by position in its population."""
    edges = np.concatenate(
        [
            np.stack([repeat(one.post_gids, np.diff(one.indptr)), one.pre_gids])
            for one in network.blocks(pre, post, lambda _: None)
        ],
        axis=1,
    )
    starts = [network.config.ranges[name][0] for name in (post, pre)]
    return edges - np.array(starts)[:, None]


class TestKernels:
    @pytest.mark.parametrize("shape", ["gaussian", "exponential"])
    def test_values(self, shape):
        far = np.linspace(0, 3000, 5001)
        exact = np.exp(-(far**2) / (2 * 90**2)) if shape == "gaussian" else np.exp(-far / 90)
        np.testing.assert_allclose(Kernel(shape, 90).weights(far**2), exact, rtol=2e-6, atol=1e-200)

    def test_nothing_is_beyond_its_reach(self):
        assert Kernel("exponential", 1.0).weights(np.array([699.0, 701, 1e9]) ** 2).tolist()[1:] == [0, 0]

    def test_it_never_rises(self):
        weights = Kernel("exponential", 1.0).weights(np.linspace(0, 50, 100_001) ** 2)
        assert (np.diff(weights) <= 0).all()


class TestInDegrees:
    def test_fixed_ones_are_exact(self):
        network = Network(load("E3I"))
        for pre, post in network.config.projections:
            posts, pres = pairs(network, pre, post)
            counts = np.bincount(posts, minlength=network.config.populations[post].count)
            assert set(counts) == {network.config.projections[pre, post].in_degree}
            assert np.unique(np.stack([posts, pres]), axis=1).shape[1] == posts.size
            assert pre != post or (posts != pres).all()

    @pytest.mark.parametrize(("pre", "post"), [*itertools.product(("EXC", "INH"), repeat=2)])
    def test_means_are_binomial(self, pre, post):
        network = Network(load("EI4"))
        degrees, mean = network.in_degrees[pre, post], network.config.projections[pre, post].in_degree
        trials = network.config.populations[pre].count - (pre == post)
        deviation = (mean * (1 - mean / trials)) ** 0.5
        assert abs(degrees.mean() - mean) < 4 * deviation / degrees.size**0.5
        assert degrees.std() == pytest.approx(deviation, rel=4 / (2 * degrees.size) ** 0.5)

    def test_a_whole_distribution(self):
        from math import comb

        from livn_core.generating._degrees import _binomial

        first, cumulated = _binomial(30, 0.3)
        exact = np.cumsum([comb(30, k) * 0.3**k * 0.7 ** (30 - k) for k in range(31)])
        np.testing.assert_allclose(cumulated / cumulated[-1], exact[first : first + cumulated.size], atol=1e-12)

    def test_large_means_do_not_vanish(self):
        from livn_core.generating._degrees import _binomial

        first, cumulated = _binomial(200_000, 0.03)
        assert first < 6000 < first + cumulated.size
        assert np.isfinite(cumulated).all()
        assert cumulated[-1] > 100

    def test_there_are_never_more_partners_than_cells(self, content, parsed):
        content["projections"]["PYR -> PYR"]["in_degree"] = 5000
        content["projections"]["BC -> PYR"] = {"in_degree": 50, "max_share": 0.5}
        network = Network(parsed(content))
        assert set(network.in_degrees["PYR", "PYR"]) == {199}
        assert set(network.in_degrees["BC", "PYR"]) == {30}
        posts, pres = pairs(network, "PYR", "PYR")
        assert (np.bincount(posts * 200 + pres, minlength=200 * 200).reshape(200, 200) == 1 - np.eye(200)).all()

    def test_a_kernel_that_reaches_nobody(self, content, parsed):
        content["projections"] = {"PYR -> PYR": {"in_degree": 12, "kernel": {"gaussian": 0.1}}}
        with pytest.raises(
            ConfigError,
            match=r"mine: projections.PYR -> PYR: a cell has too few others within reach of .* \(gaussian, 0\.1 µm\)",
        ):
            pairs(Network(parsed(content)), "PYR", "PYR")


class TestPartners:
    """The chance of a connection follows the kernel."""

    @pytest.mark.parametrize(
        ("kernel", "depth"),
        [
            (Kernel("gaussian", 150), 10),
            (Kernel("exponential", 100), 10),
            (Kernel("exponential", 600), 10),
            (Kernel("gaussian", 60), 400),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("same", [False, True])
    def test_over_distance(self, kernel, depth, same):
        size = [1000, 800, depth]
        pre = random_places(700, size)
        post = pre if same else random_places(600, size, 1)
        sampler = Sampler(pre, post, kernel, same)
        wanted = np.full(len(post), 2)
        times = 30
        observed = np.zeros((len(post), len(pre)))
        for one in range(times):
            rows, partners = sampler.draw(0, wanted, Stream(3, Purpose.PARTNERS, one))
            np.add.at(observed, (rows, partners), 1)
        squared = ((post[:, None, :].astype(float) - pre[None].astype(float)) ** 2).sum(axis=2)
        far = np.sqrt(squared)
        weights = (
            np.exp(-far / kernel.length) if kernel.shape == "exponential" else np.exp(-squared / 2 / kernel.length**2)
        )
        if same:
            np.fill_diagonal(weights, 0)
            assert not observed.diagonal().any()
        expected = chance_of_two(weights) * times
        bins = np.digitize(far.ravel(), np.linspace(0, far.max(), 60))
        seen, meant = (np.bincount(bins, matrix.ravel()) for matrix in (observed, expected))
        enough = meant > 20
        assert enough.sum() > 5
        assert (np.abs(seen - meant)[enough] < 4.5 * np.sqrt(meant[enough])).all()
        # Chi-square for each bin: 1 where the chance follows the kernel.
        assert ((seen - meant)[enough] ** 2 / meant[enough]).mean() < 2

    def test_proposals_and_tables_give_the_same_distribution(self, monkeypatch):
        """Six cells of which three are drawn: every set has its chance, whichever way it is drawn."""
        pre, post = random_places(6, [300, 300, 10]), random_places(4000, [1, 1, 1], 1)
        for least_gain in (0, 0.02, 2):
            monkeypatch.setattr(_sampling, "LEAST_GAIN", least_gain)
            kernel = Kernel("exponential", 90)
            sampler = Sampler(pre, post, kernel, same=False)
            rows, partners = sampler.draw(0, np.full(4000, 3), Stream(8, Purpose.PARTNERS, int(least_gain * 100)))
            drawn = partners.reshape(4000, 3)
            assert (rows.reshape(4000, 3) == np.arange(4000)[:, None]).all()
            weights = np.exp(-np.linalg.norm(pre - post[0], axis=1) / 90)
            for members in itertools.combinations(range(6), 3):
                seen = (drawn == members).all(axis=1).sum()
                meant = 4000 * sum(chance_in_order(weights, order) for order in itertools.permutations(members))
                assert abs(seen - meant) < 4.5 * max(meant, 1) ** 0.5 + 0.01 * meant, (least_gain, members)


def chance_in_order(weights, order):
    """The chance of drawing these, one after another, without putting them back."""
    left, chance = weights.sum(), 1.0
    for one in order:
        chance *= weights[one] / left
        left -= weights[one]
    return chance


def chance_of_two(weights):
    """The chance that a cell is among two that are drawn."""
    chances = weights / weights.sum(axis=1, keepdims=True)
    factor = chances / (1 - chances)
    return chances * (1 + factor.sum(axis=1, keepdims=True) - factor)


class TestGrid:
    @pytest.mark.parametrize("size", [[1000, 500, 10], [0, 0, 0], [1000, 0, 5], [1, 1, 900]])
    def test_every_cell_is_in_one_square_and_its_box(self, size):
        places = random_places(700, size)
        grid = Grid.of(places, 60)
        assert sorted(grid.order) == list(range(700))
        assert (grid.square[grid.order] == np.repeat(np.arange(grid.counts.size), grid.counts)).all()
        assert (places >= grid.low[grid.square]).all()
        assert (places <= grid.high[grid.square]).all()

    def test_no_gap_is_overrated(self):
        one, other = random_places(300, [900, 700, 50]), random_places(200, [900, 700, 90], 1) + 40
        grids = Grid.of(one, 60), Grid.of(other, 60)
        far = ((one[:, None].astype(float) - other[None].astype(float)) ** 2).sum(axis=2)
        gaps = grids[0].squared_gaps(grids[1])[grids[0].square][:, grids[1].square]
        assert (gaps <= far).all()
        assert gaps.max() > 0


class TestWritten:
    @pytest.fixture
    def system(self, content, parsed, tmp_path):
        with System(generate(parsed(content), tmp_path / "mine"), backend="pyfive") as system:
            yield system

    def test_places(self, system):
        pyr, bc = (system.coordinate_array(name)[:, 1:] for name in ("PYR", "BC"))
        assert (pyr.min(axis=0) >= 0).all()
        assert (pyr[:150].max(axis=0) <= [400, 300, 20]).all()
        assert (pyr[150:, 2] >= 20).all()
        assert (bc[:, 2] >= 20).all()
        assert (pyr.max(axis=0) > [380, 280, 28]).all()

    def test_edges_carry_their_distance_and_synapse(self, system):
        places = system.neuron_coordinates[:, 1:]
        used = {name: np.zeros(0, np.int64) for name in system.populations}
        for pre, post in system.projection_names:
            edges = system.projection(pre, post).read(attributes=True)
            posts = edges.post_gid_per_edge
            far = np.linalg.norm(places[posts] - places[edges.pre_gids], axis=1)
            np.testing.assert_allclose(edges.attributes["Connections"]["distance"], far, rtol=1e-5)
            synapses = system.cell_attributes(post, "Synapse Attributes")
            start = system.population_ranges[post][0]
            at = synapses["syn_ids"].pointer[posts - start] + edges.attributes["Synapses"]["syn_id"]
            np.testing.assert_array_equal(synapses["syn_ids"].values[at], edges.attributes["Synapses"]["syn_id"])
            assert set(synapses["syn_types"].values[at]) == {0 if pre == "PYR" else 1}
            used[post] = np.append(used[post], at)
        for post, at in used.items():
            size = system.cell_attributes(post, "Synapse Attributes")["syn_ids"].values.size
            np.testing.assert_array_equal(np.sort(at), np.arange(size))

    def test_contacts(self, system):
        edges = system.projection("PYR", "BC").read()
        _, counts = np.unique(edges.post_gid_per_edge * 1000 + edges.pre_gids, return_counts=True)
        assert set(counts) == {3}
        assert (np.diff(edges.post_gid_per_edge * 1000 + edges.pre_gids) >= 0).all()

    def test_sites(self, system):
        synapses = system.cell_attributes("PYR", "Synapse Attributes")
        inhibitory = synapses["syn_types"].values == 1
        sections, layers, types = (
            synapses[name].values[inhibitory] for name in ("syn_secs", "syn_layers", "swc_types")
        )
        assert inhibitory.sum() == 200 * 5
        assert {*zip(sections.tolist(), layers.tolist(), types.tolist(), strict=True)} == {(0, 0, 1), (2, 1, 4)}
        assert abs((layers == 0).mean() - 0.75) < 4 * (0.75 * 0.25 / 1000) ** 0.5
        assert set(synapses["syn_secs"].values[~inhibitory]) == {1}
        spec = system.connections_config["synapses"]["PYR"]["BC"]
        assert (spec["sections"], spec["layers"], spec["proportions"]) == (["soma", "apical"], ["low", "high"], [3, 1])

    def test_documents(self, system):
        assert system.sidecar_names == (
            "graph.json",
            "mea.json",
            "provenance.json",
            "selection/e1.json",
            "selection/e2.json",
        )
        assert system.graph.version == 1
        assert system.load_file("mea.json")["electrode_coordinates"][:2] == [[0, 50, 0, 15], [1, 150, 0, 15]]

    def test_selections_are_nested(self, system):
        inner, outer = system.selection("e1"), system.selection("e2")
        places = system.neuron_coordinates[:, 1:3]
        for name in system.populations:
            gids = set(inner[name])
            assert gids < set(outer[name])
            box = (np.abs(places - [200, 150]) <= 50).all(axis=1)
            start, count = system.population_ranges[name]
            assert gids == {gid for gid in np.flatnonzero(box) if start <= gid < start + count}
        assert system.selection_document("e1")["meta"]["bounds"] == [[150, 100], [250, 200]]
