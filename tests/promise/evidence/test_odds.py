"""The chance of having passed by each number of cases: against the other ways to the same figures."""

from __future__ import annotations

import numpy as np
import pytest

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import FutureDaysTest, MeanTest, RateTest, expected_cases, expected_cases_of_mean
from goldenthread.promise.evidence.difference import DifferenceTest
from goldenthread.promise.evidence.odds import future_days_odds, rate_odds, two_valued_odds

TEST = RateTest(bar=0.9, alpha=0.05)


def test_odds_of_a_rate_are_those_of_its_expected_cases() -> None:
    """A plan and a forecast must not disagree about the same gate."""
    odds, expected = rate_odds(TEST, 0.95), expected_cases(TEST, 0.95)
    assert odds[-1] == pytest.approx(expected.chance)
    assert [int(np.searchsorted(odds, share)) for share in (0.1, 0.5, 0.9)] == [
        expected.low, expected.median, expected.high
    ]  # fmt: skip


def test_odds_at_the_bar_never_exceed_alpha() -> None:
    """The guarantee holds at every number of cases."""
    assert 0.04 < rate_odds(TEST, 0.9)[-1] <= 0.05


def test_a_mean_of_two_ends_is_the_slowest_there_is() -> None:
    """The table case by case and the search over all numbers at once must meet."""
    test = MeanTest(bar=0.4, cap=5.0, alpha=0.05)
    odds = two_valued_odds(test, 0.4, 0.4 - 5.0, 0.2 / 5.0)
    slowest = expected_cases_of_mean(test, 0.2).slowest
    assert odds[-1] == pytest.approx(slowest.chance)
    assert [int(np.searchsorted(odds, share)) for share in (0.1, 0.5, 0.9)] == [
        slowest.low, slowest.median, slowest.high
    ]  # fmt: skip


@pytest.mark.parametrize(("correlation", "stated"), [(0.6, 552), (0.0, 1219)])
def test_pairs_take_about_as_many_cases_as_evidence_says(correlation: float, stated: int) -> None:
    """Two values with the spread of the three that a yes or no can differ by: a plan's figure, not a proof's."""
    test = DifferenceTest(margin=0.03, scale=1.0, alpha=0.05)
    spread = (2 * 0.93 * 0.07 * (1 - correlation)) ** 0.5
    odds = two_valued_odds(test, 0.03 + spread, 0.03 - spread, 0.5)
    mean = np.diff(odds, prepend=0.0) @ np.arange(len(odds)) / odds[-1]
    assert mean == pytest.approx(stated, rel=0.15)


@pytest.mark.parametrize(
    ("bar", "rate", "cases", "likeness"), [(0.9, 0.95, 17, 0.02), (0.9, 0.95, 17, 0.05), (0.95, 0.98, 24, 0.02)]
)
def test_future_days_agree_with_the_shipped_test_played_day_by_day(
    bar: float, rate: float, cases: int, likeness: float
) -> None:
    """The plan estimates the likeness once where the test does at every look; the difference must not matter."""
    test = FutureDaysTest(test=RateTest(bar=bar, alpha=0.05))
    odds = future_days_odds(test, rate, cases, likeness)[::cases]
    random = np.random.default_rng(5)
    needed = sorted(_days_played(test, rate, cases, likeness, random) for _ in range(500))
    assert int(np.searchsorted(odds, 0.5)) == pytest.approx(needed[250], rel=0.12)
    assert odds[19] == 0.0


def _days_played(test: FutureDaysTest, rate: float, cases: int, likeness: float, random: np.random.Generator) -> int:
    state, whole = test.start, 1.0 / likeness - 1.0
    for day in range(400):
        failures = int(random.binomial(cases, 1.0 - random.beta(rate * whole, (1.0 - rate) * whole)))
        state = test.add(state, cases - failures, failures, day)
        if test.passed(state):
            return day
    return 400


def test_a_large_day_says_hardly_more_than_a_middling_one() -> None:
    """A thousand like cases a day are worth a few; calculating with all of them would only take longer."""
    test = FutureDaysTest(test=TEST)
    some, many = (future_days_odds(test, 0.95, cases, 0.05)[cases::cases] for cases in (400, 4000))
    shared = min(len(some), len(many))
    assert np.abs(some[:shared] - many[:shared]).max() < 0.05


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_quality_outside_its_range_is_refused(rate: float) -> None:
    """A typing error must not become a plan."""
    with pytest.raises(ImpossibleParameter, match="is no success rate; it must lie from 0 to 1"):
        rate_odds(TEST, rate)
    with pytest.raises(ImpossibleParameter, match="is no chance; it must lie from 0 to 1"):
        two_valued_odds(MeanTest(bar=0.4, cap=5.0, alpha=0.05), 0.4, -1.0, rate)
    with pytest.raises(ImpossibleParameter, match="is no likeness of cases"):
        future_days_odds(FutureDaysTest(test=TEST), 0.95, 10, rate)


def test_days_without_cases_are_refused() -> None:
    """Nothing is ever proved by them."""
    with pytest.raises(ImpossibleCounts, match="cases_a_day=0"):
        future_days_odds(FutureDaysTest(test=TEST), 0.95, 0, 0.02)
