"""How many partners each cell gets: a fixed number, or one from a binomial distribution.

The distribution is tabulated with products and sums only, so that every machine draws the same numbers.
"""

from __future__ import annotations

import itertools

import numpy as np

from livn_core.generating._config import Config
from livn_core.generating._random import Purpose, Stream
from livn_core.h5file import AnyArray, IntArray


def in_degrees(config: Config, pre: str, post: str) -> IntArray:
    """Draw the partners of every cell of ``post`` among those of ``pre``.

    A cell gets no more partners than there are, itself left out, nor more than the projection's ``max_share`` of them.
    A mean is that of a binomial distribution, which is close to Poisson's where there are many cells to choose from.

    Returns
    -------
    int64 array, shape (cells of ``post``,)
    """
    projection = config.projections[pre, post]
    most = partners_at_most(config, pre, post)
    count = config.populations[post].count
    wanted = min(projection.in_degree, most)
    if projection.fixed or wanted == most:
        return np.full(count, int(wanted), np.int64)
    stream = Stream(config.seed, Purpose.IN_DEGREES, config.indices[post], config.indices[pre])
    first, cumulated = _binomial(most, wanted / most)
    drawn: IntArray = first + np.searchsorted(cumulated, stream.uniform(count) * cumulated[-1], side="right")
    return drawn.astype(np.int64, copy=False)


def partners_at_most(config: Config, pre: str, post: str) -> int:
    """How many partners a cell can have."""
    count = config.populations[pre].count
    share = max(1, int(config.projections[pre, post].max_share * count))
    return min(share, count - (pre == post))


def _binomial(trials: int, chance: float) -> tuple[int, AnyArray]:
    """The smallest outcome worth a thought, and the cumulated weights from there on.

    Weights are relative to the likeliest outcome, and end where they are below 10⁻¹⁷ of it.
    """
    odds = chance / (1 - chance)
    likeliest = min(int((trials + 1) * chance), trials)
    up = itertools.accumulate(
        range(likeliest, trials), lambda weight, k: weight * ((trials - k) / (k + 1) * odds), initial=1.0
    )
    down = itertools.accumulate(
        range(likeliest, 0, -1), lambda weight, k: weight * (k / ((trials - k + 1) * odds)), initial=1.0
    )
    above, below = (list(itertools.takewhile(lambda weight: weight > 1e-17, one)) for one in (up, down))
    weights = [*below[:0:-1], *above]
    return likeliest - len(below) + 1, np.cumsum(weights)
