"""The claim about future days: what a day's cases count for, when it looks, and what it refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleCounts, TimeWentBackwards
from goldenthread.promise.evidence import DaysState, FutureDaysTest, RateTest

CLAIM = FutureDaysTest(test=RateTest(bar=0.9, alpha=0.05))
DAYS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30)


def folded(days: Sequence[tuple[int, int]], claim: FutureDaysTest = CLAIM) -> DaysState:
    state = claim.start
    for day, (successes, failures) in enumerate(days):
        state = claim.add(state, successes, failures, day)
    return state


def test_days_without_a_failure_promote_from_the_twentieth() -> None:
    """Twenty days are the least that can say something about days, however many cases each has."""
    assert not CLAIM.passed(folded([(50, 0)] * 20))
    state = folded([(50, 0)] * 21)
    assert CLAIM.passed(state)
    assert (CLAIM.days(state), state.passed_at) == (20, 1000)


def test_running_day_does_not_count_before_it_is_over() -> None:
    """A day half seen is a biased one: failures often come late."""
    state = folded([(10, 0)] * 3)
    assert (CLAIM.days(state), CLAIM.evidence(state).cases) == (2, 20)


def test_promotion_latches_through_bad_days() -> None:
    """What was proved at one look stays proved; it is the tripwires' business to notice a change."""
    state = folded([(50, 0)] * 21 + [(0, 50)] * 30)
    assert CLAIM.passed(state)
    assert CLAIM.meter(state) == 1.0
    assert CLAIM.lower_bound(state) < 0.9


def test_alike_days_count_for_less_than_unlike_ones() -> None:
    """The same failures on a few days say that days differ, so that each day counts for less."""
    spread, heaped = folded([(48, 2)] * 41), folded(([(50, 0)] * 9 + [(30, 20)]) * 4 + [(50, 0)])
    assert CLAIM.evidence(spread).cases == CLAIM.evidence(heaped).cases == 2000
    assert CLAIM.evidence(heaped).cases_for_one > 2 * CLAIM.evidence(spread).cases_for_one
    assert CLAIM.passed(spread)
    assert not CLAIM.passed(heaped)


def test_days_that_wholly_fail_or_succeed_count_as_single_cases() -> None:
    """A correlation of 1: fifty cases are one."""
    evidence = CLAIM.evidence(folded(([(50, 0)] * 9 + [(0, 50)]) * 3 + [(1, 0)]))
    assert evidence.likeness == 1.0
    assert evidence.cases_for_one == pytest.approx(50.0)
    assert (evidence.successes, evidence.failures) == (27, 3)


def test_one_case_a_day_counts_whole() -> None:
    """Days of one case have nothing in common that could be counted twice."""
    evidence = CLAIM.evidence(folded([(1, 0)] * 30 + [(0, 1)] * 3))
    assert (evidence.cases_for_one, evidence.successes, evidence.failures) == (1.0, 30, 2)


def test_unequal_days_count_by_the_day_that_an_average_case_belongs_to() -> None:
    """One day of a thousand cases among small ones is nearly one case, whatever the mean size says."""
    state = folded([(9, 1)] * 20 + [(900, 100), (9, 1)])
    evidence = CLAIM.evidence(state)
    size = (20 * 10**2 + 1000**2) / 1200
    assert evidence.cases_for_one == pytest.approx(1.0 + (size - 1.0) * evidence.likeness)


def test_likeness_is_the_upper_limit_of_the_analysis_of_variance_and_an_unseen_bad_day() -> None:
    """The estimate alone promoted wrongly in up to 21 %, so both additions must be there; against numpy."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(3)
    failures = rng.binomial(40, rng.beta(2.0, 18.0, 25))
    groups = [np.repeat([1.0, 0.0], [failed, 40 - failed]) for failed in failures]
    ratio = stats.f_oneway(*groups).statistic * 24 / stats.chi2.ppf(0.2, 24)
    limit = (ratio - 1.0) / (ratio - 1.0 + 40)
    state = folded([(40 - int(failed), int(failed)) for failed in failures] + [(1, 0)])
    assert CLAIM.evidence(state).likeness == pytest.approx(limit + 0.3 * math.sqrt(9.0) / 25, rel=2e-3)


@given(days=DAYS)
def test_a_day_at_once_is_its_cases_one_by_one(days: list[tuple[int, int]]) -> None:
    """The state holds sums only, so the order within a day cannot matter."""
    one_by_one = CLAIM.start
    for day, (successes, failures) in enumerate(days):
        for success in [True] * successes + [False] * failures:
            one_by_one = CLAIM.update(one_by_one, success, day)
    given_days = [(day, pair) for day, pair in enumerate(days) if sum(pair)]
    at_once = CLAIM.start
    for day, (successes, failures) in given_days:
        at_once = CLAIM.add(at_once, successes, failures, day)
    assert at_once == one_by_one


@given(days=DAYS)
def test_state_survives_json_and_counts_never_exceed_the_cases(days: list[tuple[int, int]]) -> None:
    """Nine numbers carry the whole history, and dividing never adds a success or hides a failure."""
    state = folded(days)
    assert DaysState.from_json(json.loads(json.dumps(state.to_json()))) == state
    evidence = CLAIM.evidence(state)
    assert evidence.successes <= state.cases - state.failures
    assert evidence.failures >= state.failures / evidence.cases_for_one
    assert 0.0 <= CLAIM.meter(state) <= 1.0
    assert 0.0 <= CLAIM.lower_bound(state) < 1.0


def test_nothing_is_claimed_without_days() -> None:
    """No data is never a pass."""
    assert (CLAIM.meter(CLAIM.start), CLAIM.lower_bound(CLAIM.start), CLAIM.passed(CLAIM.start)) == (0.0, 0.0, False)
    assert CLAIM.lower_bound(folded([(50, 0)] * 20)) == 0.0


def test_lower_bound_reaches_the_bar_where_it_promotes() -> None:
    """People see the bound beside the verdict; the two must agree."""
    state = folded([(50, 0)] * 21)
    assert CLAIM.lower_bound(state) >= 0.9


@pytest.mark.parametrize(("bar", "correlation"), [(0.9, 0.1), (0.98, 0.05)])
def test_agents_at_the_bar_are_seldom_promoted(bar: float, correlation: float) -> None:
    """The claim is a heuristic, so its error is simulated; `make proof` does so at length."""
    rng, claim = np.random.default_rng(11), FutureDaysTest(test=RateTest(bar=bar, alpha=0.05))
    size = 1.0 / correlation - 1.0
    failures = rng.binomial(50, rng.beta((1.0 - bar) * size, bar * size, (200, 60)))
    passed = [claim.passed(folded([(50 - failed, failed) for failed in row], claim)) for row in failures.tolist()]
    assert sum(passed) <= 10


def test_day_before_the_running_one_is_refused() -> None:
    """Shuffled days would mix what was known when."""
    state = CLAIM.update(CLAIM.start, True, 7)
    with pytest.raises(TimeWentBackwards) as refused:
        CLAIM.update(state, True, 6)
    assert str(refused.value) == (
        "time-went-backwards: A case of day 6 came after one of day 7; days are judged in their order. "
        "Sort the cases by their day and fold them again."
    )


@pytest.mark.parametrize(("successes", "failures", "day"), [(-1, 0, 0), (1, -1, 0), (1, 0, -1)])
def test_impossible_counts_and_days_are_refused(successes: int, failures: int, day: int) -> None:
    """A negative count would take back failures."""
    with pytest.raises(ImpossibleCounts):
        CLAIM.add(CLAIM.start, successes, failures, day)


def test_fewer_than_two_days_are_refused() -> None:
    """One day cannot say how days differ."""
    with pytest.raises(ImpossibleCounts) as refused:
        FutureDaysTest(test=CLAIM.test, least_days=1)
    assert str(refused.value) == (
        "impossible-counts: least_days=1 is no number of cases; it must be a whole number of at least 2. Count again."
    )


@pytest.mark.parametrize(
    "numbers",
    [
        [1, 2, 3],
        [0, 1, 0, 1, 1, 0, 1, math.nan, None],
        [0, 1, 0, 1, -1, 0, 1, 0.0, None],
        [0.5, 1, 0, 1, 1, 0, 1, 0.0, 1],
    ],
)
def test_damaged_state_is_refused(numbers: list[float | int | None]) -> None:
    """A state that nobody wrote must not promote anyone."""
    with pytest.raises(ImpossibleCounts) as refused:
        DaysState.from_json(numbers)
    assert str(refused.value) == (
        f"impossible-counts: {numbers!r} is no state of a claim about future days; it has 9 numbers, "
        "all of at least 0 and all but one of them counts. Fold the observations again."
    )
