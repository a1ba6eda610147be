"""People made up, in two equal groups: they come one by one, and what they do after that changes their own numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from proof.experiment_looks import Row, judge, series_of

Floats: TypeAlias = NDArray[np.float64]

PEOPLE, LOOKS = 5_000, 60  # in each group, over the whole experiment
ONCE, OFTEN = 1.0, 3.0  # purchases in the time that an experiment takes, on average


def told_apart(kind: str, pairs: int, seed: int) -> Counter[str]:
    """
    How many pairs of equal groups each rule declares different at some look.

    Args:
        kind: 'buy once': yes or no, as the data's first metric; 'buy often': counts, some people far more than others.
        pairs: How many experiments.
        seed: Of the simulation.
    """
    rng, hits = np.random.default_rng(seed), Counter[str]()
    group = _buy_once if kind == "buy once" else _buy_often
    for _ in range(pairs):
        found = judge(series_of((kind, 1, 1), _rows(group(rng), group(rng))))
        hits["peeking"] += found.peeking != 0
        hits["always valid"] += found.always_valid != 0
    return hits


def _rows(variant: Floats, control: Floats) -> Iterator[Row]:
    """Cumulative counts, means and variances of both groups, a look at a time."""
    for look in range(LOOKS):
        yield (*variant[:, look].tolist(), *control[:, look].tolist())


def _buy_once(rng: np.random.Generator) -> Floats:
    """Everybody buys at most once, after a while that is exponential."""
    came = rng.random(PEOPLE)
    bought = came + rng.exponential(1.0 / ONCE, PEOPLE)
    ones = _upto(bought[bought < 1.0])
    return _moments(_upto(came), ones, ones)


def _buy_often(rng: np.random.Generator) -> Floats:
    """Everybody buys at random times, some people far more often than others (gamma, shape 1/2)."""
    came = rng.random(PEOPLE)
    times = rng.poisson(rng.gamma(0.5, 2.0 * OFTEN, PEOPLE) * (1.0 - came))
    who = np.repeat(np.arange(PEOPLE), times)
    bought = came[who] + rng.random(len(who)) * (1.0 - came[who])
    bought = bought[np.lexsort((bought, who))]
    before: Floats = np.arange(len(who), dtype=np.float64) - np.repeat(times.cumsum() - times, times)
    # The purchase after `before` others takes a person's square from before^2 to (before + 1)^2.
    return _moments(_upto(came), _upto(bought), _upto(bought, 2.0 * before + 1.0))


def _upto(moments: Floats, weights: Floats | None = None) -> Floats:
    """How many moments in [0, 1), or their summed weights, lie before each look."""
    looks = np.floor(moments * LOOKS).astype(np.int64)
    return np.bincount(looks, weights=weights, minlength=LOOKS).cumsum().astype(np.float64)


def _moments(people: Floats, total: Floats, squares: Floats) -> Floats:
    """Counts, means and variances, one column a look."""
    mean = total / np.maximum(people, 1.0)
    return np.stack([people, mean, np.maximum(squares / np.maximum(people, 1.0) - mean**2, 0.0)])
