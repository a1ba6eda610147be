"""The rollback detector: its bets, its recursion, and what it refuses."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleParameter
from goldenthread.promise.evidence import RollbackDetector, bets_for


def test_bets_at_three_percent_are_those_of_the_design() -> None:
    """The figures of the design were measured with these."""
    assert bets_for(0.03) == pytest.approx((0.04, 0.05, 0.065, 0.085, 0.11, 0.15, 0.2, 0.3, 0.45, 0.7))


@given(limit=st.floats(1e-6, 1 - 1e-6))
def test_bets_lie_above_the_limit_and_below_one(limit: float) -> None:
    """A bet of 1 would forget everything at the first success."""
    bets = bets_for(limit)
    assert len(bets) == 10
    assert all(limit < bet < 1.0 for bet in bets)
    assert list(bets) == sorted(bets)


def test_small_limits_keep_the_ratios() -> None:
    """1.3 to about 20 times the limit."""
    ratios = [bet / 0.001 for bet in bets_for(0.001)]
    assert [ratios[0], ratios[-1]] == pytest.approx([4 / 3, 70 / 3])


def test_recursion_is_the_formula_of_the_design() -> None:
    """R <- (1 + R) * LR, by hand for two cases and one bet."""
    detector = RollbackDetector(limit=0.1, false_alarm=6.0, bets=(0.2,))
    state = detector.update(detector.start, True)
    assert state == pytest.approx((2.0,))
    state = detector.update(state, True)
    assert state == pytest.approx((6.0,))
    assert detector.alarm(state)
    state = detector.update(state, False)
    assert state == pytest.approx((7.0 * 0.8 / 0.9,))


def test_alarm_is_the_mean_over_the_bets_reaching_the_stated_run_length() -> None:
    """Equal weights; the alarm rings at M >= A, not above it only."""
    detector = RollbackDetector(limit=0.1, false_alarm=3.0, bets=(0.2, 0.4))
    state = detector.update(detector.start, True)
    assert detector.statistic(state) == pytest.approx(3.0)
    assert detector.alarm((2.0, 4.0))
    assert not detector.alarm((2.0, 3.9))


@given(cases=st.lists(st.booleans(), max_size=60))
def test_state_survives_json(cases: list[bool]) -> None:
    """Ten numbers carry the whole history."""
    detector = RollbackDetector(limit=0.03, false_alarm=10_000.0)
    state = detector.start
    for failed in cases:
        state = tuple(json.loads(json.dumps(detector.update(state, failed))))
    straight = detector.start
    for failed in cases:
        straight = detector.update(straight, failed)
    assert state == straight


def test_ignored_alarm_stays_finite() -> None:
    """Infinity is no JSON."""
    detector = RollbackDetector(limit=0.001, false_alarm=10_000.0)
    state = detector.start
    for _ in range(1000):
        state = detector.update(state, True)
    assert all(math.isfinite(number) for number in state)
    assert detector.alarm(state)


@pytest.mark.parametrize("false_alarm", [1.0, 0.0, -5.0, math.inf, math.nan])
def test_impossible_false_alarm_is_refused(false_alarm: float) -> None:
    """A tripwire that rings at once, or never, is none."""
    with pytest.raises(ImpossibleParameter) as refused:
        RollbackDetector(limit=0.03, false_alarm=false_alarm)
    assert str(refused.value) == (
        f"impossible-parameter: false_alarm={false_alarm!r} is no average number of cases to a false alarm; "
        "it must be finite and above 1. Write e.g. 10000 for once in 10000 cases."
    )


def test_impossible_limit_is_refused() -> None:
    """A limit of nothing is written `any X`."""
    with pytest.raises(ImpossibleParameter) as refused:
        RollbackDetector(limit=0.0, false_alarm=10_000.0)
    assert str(refused.value) == (
        "impossible-parameter: limit=0.0 is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.03 for 3 %."
    )


@pytest.mark.parametrize("bet", [0.03, 0.02, 1.0, 1.2])
def test_bet_that_is_not_between_limit_and_one_is_refused(bet: float) -> None:
    """Such a bet would ring while all is well."""
    with pytest.raises(ImpossibleParameter) as refused:
        RollbackDetector(limit=0.03, false_alarm=10_000.0, bets=(0.05, bet))
    assert str(refused.value) == (
        f"impossible-parameter: bet={bet!r} is no failure rate to watch for; "
        "it must lie above the limit of 0.03 and below 1. Leave the bets out to get the measured grid."
    )
