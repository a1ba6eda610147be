from __future__ import annotations

import random

import pytest

from goldenthread.promise.evidence import shares_chart, values_chart

JUICE = [12, 15, 8, 10, 4, 7, 16, 9, 14, 10, 5, 6, 17, 12, 22, 8, 10, 5, 13, 11, 20, 18, 24, 15, 9, 12, 7, 13, 9, 6]
"""Cans that leak, of 50 each: Montgomery, Introduction to Statistical Quality Control, table 7.1."""

VISCOSITY = [33.75, 33.05, 34.0, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.2, 33.62, 33.0, 33.54, 33.12, 33.84]
"""Of 15 batches of primer paint: the same, table 6.6."""


def test_a_chart_of_shares_finds_what_the_textbook_finds() -> None:
    """Samples 15 and 23 are outside there, at a centre of 0.2313 and a lower limit of 0.0524."""
    chart = shares_chart([(leaks, 50) for leaks in JUICE], baseline=30)
    assert chart.centre == pytest.approx(0.2313, abs=5e-5)
    assert chart.limits[0].low == pytest.approx(0.0524, abs=5e-5)
    assert chart.limits[0].high == pytest.approx(0.4102, abs=0.01), "the binomial's own limit is 21 of 50"
    assert [place for place, one in enumerate(chart.limits, start=1) if one.sign == "above"] == [15, 23]
    assert (chart.kind, chart.outside, chart.firm) == ("p", 2, True)


def test_a_chart_of_values_has_the_limits_of_the_textbook() -> None:
    """33.52, 32.24 and 34.80; every batch is inside."""
    chart = values_chart(VISCOSITY)
    assert chart.centre == pytest.approx(33.52, abs=0.005)
    assert (chart.limits[0].low, chart.limits[0].high) == pytest.approx((32.24, 34.80), abs=0.01)
    assert (chart.outside, chart.runs, chart.baseline, chart.firm) == (0, 0, 15, False)


def test_limits_come_from_the_first_groups_only() -> None:
    """What came later must not widen the limits that it is held against."""
    calm, late = [(2, 20), (3, 20)] * 10, [(15, 20)] * 30
    chart = shares_chart([*calm, *late])
    assert chart.centre == pytest.approx(0.125)
    assert {one.sign for one in chart.limits[20:]} == {"above"}
    assert {one.sign for one in chart.limits[:20]} == {"within"}


def test_nine_in_a_row_on_one_side_are_told_from_the_ninth_on() -> None:
    """A small shift that never leaves the limits shows as a row."""
    chart = values_chart([*[10.0, 12.0] * 10, *[11.5] * 10])
    assert [one.sign for one in chart.limits[20:]] == ["within"] * 7 + ["run"] * 3
    assert chart.runs == 3, "the last of the baseline was on that side already"


def test_a_baseline_that_never_changes_gives_no_limits_and_says_why() -> None:
    """None of twenty is no proof of none: a first failure must not look like an alarm of three sigma."""
    none = shares_chart([(0, 20)] * 20 + [(1, 20)])
    assert (none.limits[-1].low, none.limits[-1].high, none.limits[-1].sign) == (None, None, "within")
    assert none.why == "none of them had it"
    assert shares_chart([(5, 5)] * 9).why == "all of them had it"
    assert values_chart([3.0] * 12).why == "all of them are the same"


def test_limits_stay_where_values_can_be() -> None:
    """No share is below 0 or above 1, and no time is negative."""
    shares = shares_chart([(1, 4), (0, 4)] * 8)
    times = values_chart([1.0, 9.0] * 8)
    assert min(one.low or 0.0 for one in (*shares.limits, *times.limits)) == 0.0
    assert max(one.high or 0.0 for one in shares.limits) <= 1.0


@pytest.mark.parametrize(("cases", "rate"), [(20, 0.02), (20, 0.2), (25, 0.5), (200, 0.05)])
def test_a_process_that_nobody_changed_is_seldom_told(cases: int, rate: float) -> None:
    """About once in 370 groups lies outside, rarer for small ones; a page that cries wolf is not looked at."""
    dice, told, looked = random.Random(7), 0, 0
    for _ in range(60):
        groups = [(sum(dice.random() < rate for _ in range(cases)), cases) for _ in range(60)]
        told += sum(one.sign in ("above", "below") for one in shares_chart(groups).limits[20:])
        looked += 40
    assert told / looked < 0.006
