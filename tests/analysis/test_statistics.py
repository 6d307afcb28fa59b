"""Statistics, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest

from livn_core.analysis import distance_statistics, reciprocity
from livn_core.errors import InvalidArgumentError, InvalidTypeError, UnknownNameError
from livn_core.neuroh5 import Edges
from livn_core.neuroh5._statistics import Spread
from livn_core.system import System
from livn_core.writing import write_system

PAIRS = [("A", "A"), ("A", "B"), ("B", "A")]


@pytest.mark.parametrize("pair", PAIRS)
def test_degrees(system, pairs, pair):
    pre, post = pairs[pair]
    found = system.projection(*pair).degree_statistics()
    distinct = set(zip(pre, post, strict=True))
    assert found.n_edges == len(pre)
    assert len(distinct) < len(pre)  # or it would be no test of doubles
    assert found.n_pairs == len(distinct)
    assert found.self_connections == sum(a == b for a, b in distinct)
    sizes = {"A": 40, "B": 15}
    assert found.convergence == len(distinct) / sizes[pair[1]]
    assert found.divergence == len(distinct) / sizes[pair[0]]
    assert found.edges_per_pair == len(pre) / len(distinct)
    possible = sizes[pair[0]] * sizes[pair[1]] - (40 if pair == ("A", "A") else 0)
    assert found.probability == (len(distinct) - found.self_connections) / possible
    onto = [post.count(gid) for gid in system.population_gids(pair[1]).tolist()]
    assert found.in_degree.mean == pytest.approx(np.mean(onto))
    assert found.in_degree.std == pytest.approx(np.std(onto))
    assert (found.in_degree.minimum, found.in_degree.maximum) == (min(onto), max(onto))
    assert found.in_degree.quantiles[0.5] == np.median(onto)
    assert found.out_degree.mean == pytest.approx(len(pre) / sizes[pair[0]])


def test_of_nothing_nothing_is_known():
    nothing = Spread.of(np.empty(0))
    assert nothing.count == 0
    assert np.isnan([nothing.mean, nothing.std, nothing.minimum, *nothing.quantiles.values()]).all()


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("bins", [7, [0, 10, 35, 36.5, 200], [20, 40, 60]])
def test_distances(system, pairs, pair, bins):
    pre, post = pairs[pair]
    places = dict(
        zip(system.gids.tolist(), np.vstack([system.coordinate_array(one) for one in "AB"])[:, 1:], strict=False)
    )
    found = system.distance_statistics(*pair, bins)
    lengths = np.array([np.linalg.norm(places[a] - places[b]) for a, b in zip(pre, post, strict=True)])
    assert found.exact
    assert found.mean == pytest.approx(lengths.mean())
    assert found.std == pytest.approx(lengths.std())
    assert (found.minimum, found.maximum) == pytest.approx((lengths.min(), lengths.max()))
    assert found.edges.tolist() == np.histogram(lengths, found.bins)[0].tolist()
    distinct = [np.linalg.norm(places[a] - places[b]) for a, b in set(zip(pre, post, strict=True)) if a != b]
    assert found.connected.tolist() == np.histogram(distinct, found.bins)[0].tolist()
    everyone = [
        np.linalg.norm(places[a] - places[b])
        for a in system.population_gids(pair[0]).tolist()
        for b in system.population_gids(pair[1]).tolist()
        if a != b
    ]
    assert found.pairs.tolist() == np.histogram(everyone, found.bins)[0].tolist()


def test_a_sample_is_near_to_the_truth_and_says_so(system):
    exact = system.distance_statistics("A", "A", [0, 40, 80, 120])
    sampled = system.distance_statistics("A", "A", [0, 40, 80, 120], max_pairs=0)
    assert not sampled.exact
    assert sampled.sampled_pairs > 3_000_000
    assert sampled.pairs == pytest.approx(exact.pairs, rel=0.02)
    assert sampled.probability == pytest.approx(exact.probability, rel=0.02)
    again = system.distance_statistics("A", "A", [0, 40, 80, 120], max_pairs=0)
    assert again.pairs.tolist() == sampled.pairs.tolist()


def test_bins_are_round_and_no_more_than_asked_for(system):
    for most in (1, 2, 5, 20, 100):
        bins = system.distance_statistics("A", "B", most).bins
        assert bins[0] == 0
        assert len(bins) - 1 <= most
        width = f"{bins[1]:e}"
        assert width.startswith(("1.0", "2.0", "2.5", "5.0"))


@pytest.mark.parametrize(
    ("bins", "error"),
    [
        (0, InvalidArgumentError),
        (True, InvalidTypeError),
        ([1], InvalidTypeError),
        ("ab", InvalidTypeError),
        ([0, 0, 1], InvalidArgumentError),
        ([-1, 1], InvalidArgumentError),
        ([0, np.inf], InvalidArgumentError),
    ],
)
def test_bad_bins(system, bins, error):
    with pytest.raises(error):
        system.distance_statistics("A", "A", bins)


def test_what_has_no_place_has_no_distance(system):
    with pytest.raises(UnknownNameError):
        system.distance_statistics("A", "C")
    with pytest.raises(UnknownNameError):
        distance_statistics(system, "A", "X")


def test_reciprocity(system, pairs):
    there, back = (set(zip(*pairs[pair], strict=True)) for pair in (("A", "B"), ("B", "A")))
    assert reciprocity(system, "A", "B") == sum((b, a) in back for a, b in there) / len(there)
    assert reciprocity(system, "B", "A") == sum((b, a) in there for a, b in back) / len(back)
    within = {(a, b) for a, b in zip(*pairs["A", "A"], strict=True) if a != b}
    assert reciprocity(system, "A", "A") == sum((b, a) in within for a, b in within) / len(within)


def test_all_of_it(system):
    found = system.statistics()
    assert [(one.pre, one.post) for one in found] == list(system.projection_names)
    assert all(one.distances is not None and one.degrees.n_edges for one in found)


def test_of_a_part(system):
    part = system.subset({"A": range(10), "B": [40, 50]})
    for one in part.statistics():
        edges = part.projection(one.pre, one.post).n_edges
        assert one.degrees.n_edges == one.distances.n_edges == edges
        assert one.degrees.in_degree.count == part.population_count(one.post)


def test_without_places(tmp_path):
    edges = Edges(np.array([1]), np.array([0, 2]), np.array([0, 0]), {})
    write_system(tmp_path / "s", {"A": 2}, {("A", "A"): edges})
    with System(tmp_path / "s") as system:
        (found,) = system.statistics()
    assert found.distances is None
    assert (found.degrees.n_edges, found.degrees.n_pairs, found.reciprocity) == (2, 1, 0)
