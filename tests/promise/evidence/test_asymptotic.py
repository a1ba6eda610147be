"""Means from counts, averages and variances: intervals, looks, and numbers that no cases have."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from goldenthread.promise.errors import CountsWentBackwards, ImpossibleCounts, ImpossibleSample
from goldenthread.promise.evidence.asymptotic import AsymptoticSequence, Interval, Sample, SequenceState, clock

AGENT = Sample(cases=4_000, mean=1.10, variance=2.0)
PEOPLE = Sample(cases=6_000, mean=1.00, variance=1.5)
SEQUENCE = AsymptoticSequence(alpha=0.05, best_at=20_000.0)


def test_the_interval_of_a_mean_is_the_formula_of_the_paper() -> None:
    """Theorem 2.2 of arXiv 2103.06476, written out, with its own tuning parameter."""
    scale = 1.0 / (SEQUENCE.mixture.rho / AGENT.variance)  # the paper's rho squared, per case of variance 1
    cases, tuned = AGENT.cases, AGENT.cases * scale + 1.0
    reach = math.sqrt(AGENT.variance * 2 * tuned / (cases**2 * scale) * math.log(math.sqrt(tuned) / 0.05))
    found = SEQUENCE.interval(AGENT)
    assert [found.low, found.high] == [pytest.approx(1.10 - reach), pytest.approx(1.10 + reach)]


def test_the_interval_of_a_difference_is_that_of_its_standard_error() -> None:
    """A difference wanders by the standard error that everybody knows, on the clock of both arms together."""
    error, both = math.sqrt(2.0 / 4_000 + 1.5 / 6_000), 10_000
    assert clock(AGENT, PEOPLE) == pytest.approx((both * error) ** 2)
    reach = error * SEQUENCE.mixture.boundary(clock(AGENT, PEOPLE), 0.05) / math.sqrt(clock(AGENT, PEOPLE))
    found = SEQUENCE.interval(AGENT, PEOPLE)
    assert [found.low, found.high] == [pytest.approx(0.1 - reach), pytest.approx(0.1 + reach)]


def test_evidence_is_enough_where_the_interval_leaves_the_bar() -> None:
    """What is shown and what decides may not disagree."""
    low = SEQUENCE.interval(AGENT, PEOPLE).low
    at = AsymptoticSequence(alpha=0.05, best_at=20_000.0, bar=low)
    assert at.log_e(AGENT, PEOPLE) == pytest.approx(at.threshold, abs=1e-9)
    assert AsymptoticSequence(alpha=0.05, best_at=20_000.0, bar=low + 1e-6).log_e(AGENT, PEOPLE) < at.threshold


def test_one_sided_the_interval_has_no_upper_end_and_a_higher_lower_one() -> None:
    """Whoever asks only for "better" gets a sharper answer to that."""
    found = AsymptoticSequence(alpha=0.05, best_at=20_000.0, one_sided=True).interval(AGENT, PEOPLE)
    assert found.low > SEQUENCE.interval(AGENT, PEOPLE).low
    assert found.high == math.inf


def test_what_was_found_stays_found_and_names_its_look() -> None:
    """A verdict that came and went with the looks would be the peeking that this is against."""
    state = SEQUENCE.start
    for mean, cases in ((1.02, 4_000), (1.30, 5_000), (1.01, 6_000), (0.60, 50_000)):
        state = SEQUENCE.update(state, Sample(cases=cases, mean=mean, variance=2.0), replace(PEOPLE, cases=cases))
    assert (state.above_at, state.below_at) == (10_000, 100_000)


def test_a_state_survives_json() -> None:
    """Five or eight numbers carry the whole history."""
    for other in (None, PEOPLE):
        state = SEQUENCE.update(SEQUENCE.start, AGENT, other)
        assert SequenceState.from_json(json.loads(json.dumps(state.to_json()))) == state


@pytest.mark.parametrize(
    "agent",
    [
        Sample(cases=0, mean=0.0, variance=0.0),
        Sample(cases=99, mean=9.0, variance=1.0),
        Sample(cases=4_000, mean=9.0, variance=0.0),
    ],
)
def test_few_cases_or_cases_all_alike_prove_nothing(agent: Sample) -> None:
    """A variance of nothing would make any difference certain."""
    assert SEQUENCE.log_e(agent, PEOPLE) == 0.0
    assert SEQUENCE.interval(agent, PEOPLE) == Interval(low=-math.inf, high=math.inf)
    assert SEQUENCE.update(SEQUENCE.start, agent, PEOPLE).above_at is None


@pytest.mark.parametrize(
    "numbers",
    [
        (-1, 0.0, 1.0),
        (10.0, 0.0, 1.0),
        (True, 0.0, 1.0),
        (1 << 60, 0.0, 1.0),
        (10, math.nan, 1.0),
        (10, math.inf, 1.0),
        (10, 1e200, 1.0),
        (10, 0.0, math.nan),
        (10, 0.0, math.inf),
        (10, 0.0, -0.1),
        (10, 0.0, True),
    ],
)
def test_numbers_that_no_cases_have_are_refused(numbers: tuple[int, float, float]) -> None:
    """A NaN or an infinite mean must never look like evidence."""
    cases, mean, variance = numbers
    with pytest.raises(ImpossibleSample) as refused:
        Sample(cases=cases, mean=mean, variance=variance)
    assert str(refused.value) == (
        f"impossible-sample: cases={cases!r}, mean={mean!r} and variance={variance!r} are no sample; the count must "
        "be a whole number of at least 0, the mean finite, the variance finite and at least 0. "
        "Correct the measurement."
    )


def test_counts_that_go_backwards_are_refused() -> None:
    """Cumulative numbers only grow; looks in the wrong order would be other looks than were had."""
    state = SEQUENCE.update(SEQUENCE.start, AGENT, PEOPLE)
    with pytest.raises(CountsWentBackwards) as refused:
        SEQUENCE.update(state, AGENT, replace(PEOPLE, cases=5_999))
    assert str(refused.value) == (
        "counts-went-backwards: An arm has 5999 cases where the look before had 6000; cumulative numbers only grow. "
        "Sort the looks by time, or leave out those that were corrected afterwards."
    )
    with pytest.raises(CountsWentBackwards, match="A look has one arm, the look before it had another number"):
        SEQUENCE.update(state, AGENT)


@pytest.mark.parametrize(
    "numbers",
    [
        [],
        [None, None, 10, 0.0],
        [None, None, 10, None, 1.0],
        [None, None, 10.0, 0.0, 1.0],
        [None, None, 10, 0.0, math.nan],
        [11, None, 10, 0.0, 1.0],
        [None, 0, 10, 0.0, 1.0],
        [2.0, None, 10, 0.0, 1.0],
    ],
)
def test_a_damaged_state_is_refused(numbers: list[float | int | None]) -> None:
    """What was written down and damaged must not come back as evidence."""
    with pytest.raises(ImpossibleSample):
        SequenceState.from_json(numbers)


def test_a_sequence_that_speaks_too_early_is_refused() -> None:
    """One case has no variance."""
    with pytest.raises(ImpossibleCounts, match="fewest=1 is no number of cases"):
        AsymptoticSequence(alpha=0.05, best_at=1.0, fewest=1)


def test_two_equal_arms_are_told_apart_no_more_often_than_promised() -> None:
    """Skewed amounts without a cap, two arms of the same kind, 60 looks: at most 10 % are ever told apart."""
    rng, looks, pairs, wrong = np.random.default_rng(21), 60, 1_000, 0
    sequence = AsymptoticSequence(alpha=0.1, best_at=20_000.0)
    for _ in range(pairs):
        state = sequence.start
        sums = rng.exponential(1.0, size=(2, looks, 100))
        cases = np.arange(1, looks + 1) * 100
        means = sums.sum(axis=2).cumsum(axis=1) / cases
        variances = (sums**2).sum(axis=2).cumsum(axis=1) / cases - means**2
        for look in range(looks):
            arms = [
                Sample(cases=int(cases[look]), mean=float(m[look]), variance=float(v[look]))
                for m, v in zip(means, variances, strict=True)
            ]
            state = sequence.update(state, *arms)
        wrong += state.above_at is not None or state.below_at is not None
    assert stats.beta.ppf(0.95, wrong + 1, pairs - wrong) <= 0.1
