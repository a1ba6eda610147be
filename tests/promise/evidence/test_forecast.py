"""How many more cases: from known rates and from what was seen."""

from __future__ import annotations

import math
import time

import pytest

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import (
    Forecast,
    MeanTest,
    RateTest,
    expected_cases,
    expected_cases_of_mean,
    forecast,
    forecast_words,
)

TEST = RateTest(bar=0.9, alpha=0.05)


def test_perfect_agent_takes_exactly_the_fewest_cases() -> None:
    """Nothing is left to chance."""
    found = expected_cases(TEST, 1.0)
    assert (found.mean, found.median, found.low, found.high, found.chance) == (43.0, 43, 43, 43, 1.0)


def test_hopeless_agent_never_promotes() -> None:
    """Unknown is None, not zero and not the horizon."""
    found = expected_cases(TEST, 0.0, horizon=200)
    assert (found.mean, found.median, found.low, found.high, found.chance) == (None, None, None, None, 0.0)


def test_small_horizon_is_exact_by_enumeration() -> None:
    """The dynamic programme against every possible record of ten cases."""
    test, rate, horizon = RateTest(bar=0.5, alpha=0.2), 0.7, 10
    chance = 0.0
    for record in range(2**horizon):
        failures, passed = 0, False
        for case in range(horizon):
            failures += record >> case & 1
            passed = passed or failures <= test.boundary(case + 1)
        ones = record.bit_count()
        chance += passed * (1 - rate) ** ones * rate ** (horizon - ones)
    assert expected_cases(test, rate, horizon).chance == pytest.approx(chance)


def test_forecast_of_a_promoted_agent_is_nothing_more() -> None:
    """The evidence is there."""
    found = forecast(TEST, 50, 0)
    assert found == Forecast(point=0, low=0, high=0, never=0.0, horizon=10_000)
    assert forecast_words(found) == "No more cases needed: the evidence is there."


def test_forecast_point_is_the_smallest_number_at_the_present_rate() -> None:
    """The formula of the design, by hand."""
    found = forecast(TEST, 57, 3)
    assert found.point is not None
    now = 3 + 0.05 * found.point
    assert now <= TEST.boundary(60 + found.point)
    assert now - 0.05 > TEST.boundary(60 + found.point - 1)


def test_forecast_of_a_clean_record_counts_down() -> None:
    """Ten clean cases leave 33 of 43."""
    assert forecast(TEST, 10, 0).point == 33


def test_forecast_says_when_it_does_not_clear() -> None:
    """An agent below the bar is told so, with the chance that it is better than it looks."""
    found = forecast(TEST, 80, 20)
    assert found.point is None
    assert found.never > 0.9
    assert forecast_words(found) == (
        "At the present rate it does not clear within 10,000 cases; "
        "more than 99 % chance it never clears within 10,000."
    )


def test_forecast_at_the_horizon_is_never() -> None:
    """No case is left to look at."""
    assert forecast(TEST, 80, 20, horizon=100) == Forecast(point=None, low=None, high=None, never=1.0, horizon=100)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Forecast(point=214, low=90, high=700, never=0.12, horizon=10_000),
            (
                "About 214 more cases at the present rate (80 % range 90 to 700); "
                "12 % chance it never clears within 10,000."
            ),
        ),
        (
            Forecast(point=1, low=1, high=None, never=0.15, horizon=10_000),
            (
                "About 1 more case at the present rate (80 % range 1 to more than 10,000); "
                "15 % chance it never clears within 10,000."
            ),
        ),
        (
            Forecast(point=5, low=5, high=9, never=0.0, horizon=10_000),
            (
                "About 5 more cases at the present rate (80 % range 5 to 9); "
                "less than 1 % chance it never clears within 10,000."
            ),
        ),
    ],
)
def test_forecast_words(found: Forecast, words: str) -> None:
    """A product owner reads these, always with the range."""
    assert forecast_words(found) == words


def test_urn_gives_the_posterior_predictive() -> None:
    """From no cases at all, the chance to promote is the average over all rates."""
    test = RateTest(bar=0.5, alpha=0.2)
    average = sum(expected_cases(test, (k + 0.5) / 400, 60).chance for k in range(400)) / 400
    assert 1.0 - forecast(test, 0, 0, horizon=60).never == pytest.approx(average, abs=1e-4)


def test_mean_takes_longest_when_few_cases_take_the_whole_cap() -> None:
    """The spread of a cost is not known beforehand, so both ends are told."""
    test = MeanTest(bar=0.4, cap=5.0, alpha=0.05)
    found = expected_cases_of_mean(test, 0.2)
    assert found.quickest == 125
    assert found.slowest.mean == pytest.approx(319.8, abs=0.1)
    assert expected_cases_of_mean(test, 0.4).quickest is None
    assert expected_cases_of_mean(test, 0.4).slowest.chance < 0.05


def test_score_at_least_is_the_mirror_of_a_cost_at_most() -> None:
    """Only the direction differs."""
    high = MeanTest(bar=4.0, cap=5.0, alpha=0.05, at_most=False)
    found = expected_cases_of_mean(high, 4.6)
    assert found.quickest is not None
    assert found.slowest.chance > 0.99
    assert found.quickest < (found.slowest.mean or 0.0)


def test_a_gate_is_planned_in_under_a_second() -> None:
    """The command line waits for it."""
    began = time.process_time()
    expected_cases(RateTest(bar=0.93, alpha=0.05), 0.94)
    forecast(RateTest(bar=0.93, alpha=0.05), 940, 60)
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan])
def test_impossible_rate_is_refused(rate: float) -> None:
    """With an example."""
    with pytest.raises(ImpossibleParameter) as refused:
        expected_cases(TEST, rate)
    assert str(refused.value) == (
        f"impossible-parameter: rate={rate!r} is no success rate; it must lie from 0 to 1. Write e.g. 0.93 for 93 %."
    )


def test_impossible_mean_is_refused() -> None:
    """A mean beyond its cap cannot be."""
    with pytest.raises(ImpossibleParameter) as refused:
        expected_cases_of_mean(MeanTest(bar=0.4, cap=5.0, alpha=0.05), 6.0)
    assert str(refused.value) == (
        "impossible-parameter: mean=6.0 cannot be with a cap of 5; it must lie from 0 to the cap. Write e.g. 0.4."
    )


def test_impossible_horizon_is_refused() -> None:
    """Neither nothing nor further than is calculated."""
    with pytest.raises(ImpossibleCounts) as refused:
        forecast(TEST, 1, 1, horizon=0)
    assert str(refused.value) == (
        "impossible-counts: horizon=0 is no number of cases; it must be a whole number of at least 1. Count again."
    )
    with pytest.raises(ImpossibleCounts) as far:
        expected_cases(TEST, 0.95, horizon=3_000_000)
    assert str(far.value) == (
        "impossible-counts: horizon=3000000 looks further than 2097152 cases, the longest that is calculated. "
        "Ask for a shorter horizon."
    )
