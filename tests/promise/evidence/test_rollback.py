"""The rollback detectors: bets, recursion, the pair and its calibration, and what they refuse."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import DetectorPair, RollbackDetector, bets_for, calibrated_for, detector_pair


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


PAIR = detector_pair(limit=0.05, false_alarm=1000.0, baseline=0.02)


@given(cases=st.lists(st.booleans(), max_size=60))
def test_pair_is_the_average_of_its_two_detectors(cases: list[bool]) -> None:
    """An average of e-detectors is one; anything else would need a proof of its own."""
    on_limit = RollbackDetector(limit=0.05, false_alarm=1000.0)
    on_baseline = RollbackDetector(limit=0.02, false_alarm=1000.0)
    states = on_limit.start, on_baseline.start
    state = PAIR.start
    for failed in cases:
        state = tuple(json.loads(json.dumps(PAIR.update(state, failed))))
        states = on_limit.update(states[0], failed), on_baseline.update(states[1], failed)
    average = (on_limit.statistic(states[0]) + on_baseline.statistic(states[1])) / 2.0
    assert PAIR.statistic(state) == pytest.approx(average)
    assert PAIR.alarm(state) == (average >= 1000.0)
    assert 0.0 <= PAIR.nearness(state) <= 1.0


def test_pair_notices_a_fall_below_what_was_earned_sooner() -> None:
    """A failure rate that trebles, yet only just passes the limit, is what the second detector is for."""
    alone = detector_pair(limit=0.05, false_alarm=1000.0)
    cases = [case % 16 == 0 for case in range(2000)]
    assert _alarm_at(PAIR, cases) < _alarm_at(alone, cases) / 2


@pytest.mark.parametrize("baseline", [None, 0.05, 0.2])
def test_baseline_that_is_not_below_the_limit_adds_no_detector(baseline: float | None) -> None:
    """It would only halve the statistic of the one that matters."""
    pair = detector_pair(limit=0.05, false_alarm=1000.0, baseline=baseline)
    assert pair.detectors == (RollbackDetector(limit=0.05, false_alarm=1000.0),)
    state = pair.update(pair.start, True)
    assert pair.statistic(state) == pair.on_limit.statistic(state)


def test_pair_resumes_from_the_state_of_the_limit_alone() -> None:
    """At promotion a baseline comes in; what the limit's detector has gathered must stay."""
    alone = detector_pair(limit=0.05, false_alarm=1000.0)
    state = alone.update(alone.start, True)
    resumed = PAIR.resume(state)
    assert resumed == state + (0.0,) * 10
    assert alone.resume(PAIR.update(resumed, True)) == alone.update(state, True)
    assert PAIR.resume(PAIR.update(resumed, True)) == PAIR.update(resumed, True)
    assert PAIR.resume(PAIR.update(resumed, True), earned_anew=True) == alone.update(state, True) + (0.0,) * 10


@pytest.mark.parametrize("state", [(1.0,) * 7, (), (math.nan,) * 10, (-1.0,) * 20, (math.inf,) * 20])
def test_damaged_state_is_refused(state: tuple[float, ...]) -> None:
    """A state that nobody wrote must neither ring nor silence an alarm."""
    with pytest.raises(ImpossibleCounts) as refused:
        PAIR.resume(state)
    assert str(refused.value) == (
        f"impossible-counts: {len(state)} numbers are no state of a detector; it has 20 numbers, all of at least 0. "
        "Fold the observations again."
    )


def test_impossible_baseline_is_refused() -> None:
    """A baseline of nothing would ring at the first failure."""
    with pytest.raises(ImpossibleParameter) as refused:
        detector_pair(limit=0.05, false_alarm=1000.0, baseline=0.0)
    assert str(refused.value) == (
        "impossible-parameter: baseline=0.0 is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.02 for 2 %."
    )


@pytest.mark.parametrize(
    ("limit", "baseline", "false_alarm"), [(0.1, None, 300.0), (0.1, 0.05, 300.0), (0.3, None, 200.0)]
)
def test_calibrated_false_alarms_come_as_seldom_as_stated(
    limit: float, baseline: float | None, false_alarm: float
) -> None:
    """That is all that calibration mode promises; simulated case by case, with none of its shortcuts."""
    pair = detector_pair(limit=limit, false_alarm=false_alarm, baseline=baseline, calibrated=True)
    assert pair.threshold < false_alarm
    runs = _runs_to_alarm(pair, baseline or limit, agents=2500)
    error = runs.std() / math.sqrt(len(runs))
    assert false_alarm - 2.0 * error < runs.mean() < 1.06 * false_alarm + 2.0 * error


def test_calibration_is_the_same_in_every_process() -> None:
    """A replay on another machine must ring at the same case; these figures were found on one of them."""
    found = [
        detector_pair(limit=limit, false_alarm=10_000.0, baseline=baseline, calibrated=True).threshold
        for limit, baseline in ((0.03, None), (0.05, 0.03), (0.001, None))
    ]
    assert found == [6240.0, 3700.0, 6580.0]


def test_calibration_never_raises_the_threshold() -> None:
    """Where too few failures are expected there is nothing to gain, and the proved threshold stays."""
    for limit, false_alarm in ((1e-6, 10_000.0), (0.03, 20.0), (0.5, 2.0), (0.9, 1.5)):
        assert calibrated_for(RollbackDetector(limit=limit, false_alarm=false_alarm)) <= false_alarm
    assert calibrated_for(RollbackDetector(limit=1e-6, false_alarm=10_000.0)) == 10_000.0


def test_calibration_of_rare_failures_counts_in_larger_units() -> None:
    """Ten times rarer and ten times longer is the same law, so the threshold is ten times as high."""
    rare = calibrated_for(RollbackDetector(limit=1e-5, false_alarm=1e7))
    rarer = calibrated_for(RollbackDetector(limit=1e-6, false_alarm=1e8))
    assert rarer == pytest.approx(10.0 * rare, rel=0.01)


def _alarm_at(pair: DetectorPair, cases: list[bool]) -> int:
    state = pair.start
    for seen, failed in enumerate(cases, start=1):
        state = pair.update(state, failed)
        if pair.alarm(state):
            return seen
    return len(cases)


def _runs_to_alarm(pair: DetectorPair, rate: float, agents: int) -> NDArray[np.float64]:
    rng, runs = np.random.default_rng(17), [np.zeros(0)]
    limits = np.array([[detector.limit] * len(detector.bets) for detector in pair.detectors]).reshape(-1, 1)
    bets = np.array([detector.bets for detector in pair.detectors]).reshape(-1, 1)
    state, case = np.zeros((len(bets), agents)), 0
    while state.shape[1]:
        case += 1
        failed = rng.random(state.shape[1]) < rate
        state = (1.0 + state) * np.where(failed, bets / limits, (1.0 - bets) / (1.0 - limits))
        rings = state.mean(axis=0) >= pair.threshold
        runs.append(np.full(int(rings.sum()), float(case)))
        state = state[:, ~rings]
    return np.concatenate(runs)
