"""Whether somebody misses more than is tolerated: exact figures, and the rate of false alarms by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence import LapseTest, RateTest
from goldenthread.promise.evidence.lapses import start_weight

TEST = LapseTest(tolerated=0.2, alpha=0.05)


def test_nothing_seen_proves_nothing() -> None:
    """No data is never a flag."""
    assert TEST.log_e([]) == 0.0
    assert not TEST.rings([])


def test_evidence_is_the_weighted_mean_over_starts() -> None:
    """The formula of the docstring, term by term."""
    missed, rate = [True, False, True], RateTest(bar=0.2, alpha=0.05)
    starts = [math.exp(rate.log_e(2, 1)), math.exp(rate.log_e(1, 1)), math.exp(rate.log_e(1, 0))]
    weights = [0.6, 0.4 / 2, 0.4 / 6]
    expected = sum(weight * start for weight, start in zip(weights, starts, strict=True)) + (1 - sum(weights))
    assert math.exp(TEST.log_e(missed)) == pytest.approx(expected)


def test_the_weights_of_all_starts_are_one() -> None:
    """Else the chance of a false flag would not be what is stated."""
    assert sum(start_weight(place) for place in range(1, 100_001)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("tolerated", "alpha", "fewest"), [(0.2, 0.05, 3), (0.2, 0.025, 4), (0.5, 0.05, 7)])
def test_who_misses_everything_rings_at_the_stated_item(tolerated: float, alpha: float, fewest: int) -> None:
    """The figures of the documentation."""
    assert LapseTest(tolerated=tolerated, alpha=alpha).fewest() == fewest


def test_one_who_looked_for_long_is_found_when_they_stop() -> None:
    """One rate over all of it would take four times as long."""
    before = [False] * 100
    delay = next(count for count in range(1, 100) if TEST.rings(before + [True] * count))
    whole = RateTest(bar=0.2, alpha=0.05)
    one_rate = next(count for count in range(1, 100) if whole.promotes(count, 100))
    assert (delay, one_rate) == (10, 46)


def test_who_misses_no_more_than_tolerated_rings_at_most_at_alpha() -> None:
    """Looked at after each of 80 items, exactly at the tolerated share."""
    rng = np.random.default_rng(31)
    rang = 0
    for _person in range(600):
        missed = (rng.random(80) < 0.2).tolist()
        rang += any(TEST.rings(missed[:count]) for count in range(1, 81))
    assert rang / 600 <= 0.05


@pytest.mark.parametrize(("tolerated", "alpha"), [(0.0, 0.05), (0.2, 1.0)])
def test_impossible_parameters_are_refused(tolerated: float, alpha: float) -> None:
    """A share of 0 would flag at the first slip, whatever alpha says."""
    with pytest.raises(ImpossibleParameter):
        LapseTest(tolerated=tolerated, alpha=alpha)
