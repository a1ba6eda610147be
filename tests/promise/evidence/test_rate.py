"""The rate test: its evidence, boundary, bounds, and what it refuses."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import Prior, RateState, RateTest, harm_test, judge_in_order, settle
from goldenthread.promise.evidence.beta import log_beta, log_tail, regularised_beta
from goldenthread.promise.evidence.boundary import LONGEST_TABLE

BARS = st.sampled_from([0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 0.999])
ALPHAS = st.sampled_from([0.01, 0.05, 0.1])
LABELS = st.lists(st.sampled_from([True, True, True, True, False, None]), max_size=120)


@pytest.mark.parametrize("a", [0.5, 1.0, 2.5, 40.0, 1000.5, 90_000.0, 900_000.0])
@pytest.mark.parametrize("b", [0.5, 1.0, 7.0, 300.5, 100_000.0])
@pytest.mark.parametrize("x", [0.001, 0.1, 0.5, 0.9, 0.95, 0.999])
def test_incomplete_beta_equals_scipys(a: float, b: float, x: float) -> None:
    """The evidence is only as right as this function, so it is held against an independent one."""
    assert regularised_beta(x, a, b) == pytest.approx(float(special.betainc(a, b, x)), rel=3e-8, abs=1e-14)


def test_incomplete_beta_at_its_ends() -> None:
    """The continued fraction is not used there."""
    assert (regularised_beta(0.0, 2.0, 3.0), regularised_beta(1.0, 2.0, 3.0)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("bar", "s", "f"), [(0.9, 40, 2), (0.9, 10, 30), (0.5, 300, 200), (0.999, 900, 0), (0.2, 1, 1)]
)
def test_log_e_is_the_formula_of_the_design(bar: float, s: int, f: int) -> None:
    """E = B(1+S, 1+F) P(Beta > bar) / (prior mass * bar^S (1-bar)^F), written out with scipy."""
    shape = 0.5 if bar >= 0.99 else 1.0
    tail = special.betaincc(s + shape, f + shape, bar) / special.betaincc(shape, shape, bar)
    expected = (
        math.log(tail)
        + special.betaln(s + shape, f + shape)
        - special.betaln(shape, shape)
        - s * math.log(bar)
        - f * math.log1p(-bar)
    )
    assert RateTest(bar=bar, alpha=0.05).log_e(s, f) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_log_e_stays_finite_for_a_million_cases() -> None:
    """A long-lived agent must not overflow its own evidence, in either direction."""
    test = RateTest(bar=0.9, alpha=0.05)
    logs = [test.log_e(s, 1_000_000 - s) for s in (0, 500_000, 899_000, 901_000, 1_000_000)]
    assert all(math.isfinite(log) for log in logs)
    assert logs == sorted(logs)


def test_no_cases_are_no_evidence() -> None:
    """No data is never a pass."""
    test = RateTest(bar=0.9, alpha=0.05)
    assert test.log_e(0, 0) == pytest.approx(0.0, abs=1e-12)
    assert (test.promotes(0, 0), test.boundary(0), test.lower_bound(0, 0), test.meter(0, 0)) == (False, -1, 0.0, 0.0)


def test_priors_change_at_99_percent() -> None:
    """Near 1 the uniform prior wastes weight; the design switches there."""
    assert RateTest(bar=0.989, alpha=0.05).prior is Prior.UNIFORM
    assert RateTest(bar=0.99, alpha=0.05).prior is Prior.JEFFREYS


@settings(deadline=None, max_examples=150)
@given(bar=BARS, alpha=ALPHAS, cases=st.integers(0, 4000))
def test_boundary_is_where_the_evidence_reaches_one_over_alpha(bar: float, alpha: float, cases: int) -> None:
    """The compiled table and the formula must never disagree about a promotion."""
    test = RateTest(bar=bar, alpha=alpha)
    most = test.boundary(cases)
    if most >= 0:
        assert test.log_e(cases - most, most) >= test.threshold - 1e-9
    if most < cases:
        assert test.log_e(cases - most - 1, most + 1) < test.threshold + 1e-9


@settings(deadline=None, max_examples=60)
@given(bar=BARS, alpha=ALPHAS, cases=st.integers(0, 4000))
def test_boundary_is_monotone_and_moves_by_at_most_one(bar: float, alpha: float, cases: int) -> None:
    """One more case can allow one more failure, never fewer."""
    test = RateTest(bar=bar, alpha=alpha)
    assert 0 <= test.boundary(cases + 1) - test.boundary(cases) <= 1


@settings(deadline=None, max_examples=150)
@given(bar=BARS, alpha=ALPHAS, s=st.integers(0, 1500), f=st.integers(0, 200))
def test_promotes_exactly_where_the_lower_bound_reaches_the_bar(bar: float, alpha: float, s: int, f: int) -> None:
    """The bound that people see and the decision that is taken are one statement."""
    test = RateTest(bar=bar, alpha=alpha)
    near = abs(test.log_e(s, f) - test.threshold) < 1e-6
    assert near or test.promotes(s, f) == (test.log_e(s, f) >= test.threshold)
    assert near or test.promotes(s, f) == (test.lower_bound(s, f) >= bar)
    assert near or test.promotes(s, f) == (test.meter(s, f) == 1.0)


@settings(deadline=None, max_examples=100)
@given(bar=BARS, s=st.integers(0, 1500), f=st.integers(0, 200))
def test_lower_bound_rises_with_successes_and_falls_with_failures(bar: float, s: int, f: int) -> None:
    """A better record never proves less."""
    test = RateTest(bar=bar, alpha=0.05)
    bound = test.lower_bound(s, f)
    assert test.lower_bound(s, f + 1) - 1e-9 <= bound <= test.lower_bound(s + 1, f) + 1e-9
    assert 0.0 <= bound <= s / (s + f) if s else bound == 0.0


def test_lower_bound_of_a_clean_record() -> None:
    """Held against the closed form: without failures E_p = (1 - p^(n+1)) / ((n+1) (1-p) p^n) for the uniform prior."""
    p = RateTest(bar=0.9, alpha=0.05).lower_bound(50, 0)
    assert (1 - p**51) / (51 * (1 - p) * p**50) == pytest.approx(20.0, rel=1e-6)


@pytest.mark.parametrize(
    ("bar", "any_method", "ours"),
    [(0.80, 14, 20), (0.85, 19, 28), (0.90, 29, 43), (0.95, 59, 88), (0.999, 2995, 3787)],
)
def test_fewest_clean_cases_are_those_of_the_design(bar: float, any_method: int, ours: int) -> None:
    """A contract's author is told these before anything runs."""
    test = RateTest(bar=bar, alpha=0.05)
    assert (test.physical_fewest(), test.fewest()) == (any_method, ours)
    assert (test.boundary(ours - 1), test.boundary(ours)) == (-1, 0)


def test_physical_fewest_does_not_round_a_whole_quotient_up() -> None:
    """.5 ** 2 is .25 exactly: two cases are enough."""
    assert RateTest(bar=0.5, alpha=0.25).physical_fewest() == 2


def test_boundary_beyond_the_table_is_searched() -> None:
    """A table of every length would fill the memory."""
    test = RateTest(bar=0.9, alpha=0.05)
    longest = test.boundary(LONGEST_TABLE)
    assert test.boundary(LONGEST_TABLE + 1) - longest in (0, 1)
    assert test.boundary(10_000_000) == pytest.approx(1_000_000, rel=0.01)


def test_harm_test_bounds_the_rate_without_the_harm() -> None:
    """A harm of at most 5 % is a success rate of at least 95 %."""
    assert harm_test(0.05, 0.05) == RateTest(bar=0.95, alpha=0.05)


def test_judging_without_pending_labels_is_counting() -> None:
    """The plain case."""
    test = RateTest(bar=0.8, alpha=0.05)
    found = judge_in_order(test, [True] * 19)
    assert (found.passed, found.successes, found.pending) == (False, 19, 0)
    found = judge_in_order(test, [True] * 20 + [False] * 5)
    assert (found.passed, found.passed_at, found.meter) == (True, 20, 1.0)
    assert found.log_e == pytest.approx(test.log_e(20, 5))
    assert found.lower_bound == pytest.approx(test.lower_bound(20, 5))


def test_pending_cases_count_as_failures_where_they_stand() -> None:
    """A gate must not open because the bad news is slow."""
    test = RateTest(bar=0.8, alpha=0.05)
    assert not judge_in_order(test, [None] + [True] * 20).passed
    assert judge_in_order(test, [True] * 20 + [None] * 5).passed
    assert judge_in_order(test, [None] + [True] * 40).passed


def test_pending_cases_do_not_hide_the_evidence_before_them() -> None:
    """The meter shows what is proved already, not what a flood of open cases would make of it."""
    test = RateTest(bar=0.8, alpha=0.05)
    found = judge_in_order(test, [True] * 12 + [None] * 30)
    assert found.log_e == pytest.approx(test.log_e(12, 0))
    assert found.pending == 30


@settings(deadline=None, max_examples=150)
@given(labels=LABELS, bar=st.sampled_from([0.5, 0.65, 0.8]))
def test_a_pass_with_pending_labels_survives_whatever_they_become(labels: list[bool | None], bar: float) -> None:
    """Otherwise late failures could undo a promotion that was already given."""
    test = RateTest(bar=bar, alpha=0.05)
    if judge_in_order(test, labels).passed:
        assert judge_in_order(test, [label is True for label in labels]).passed
        assert judge_in_order(test, [label is not False for label in labels]).passed


@settings(deadline=None, max_examples=150)
@given(labels=LABELS, split=st.integers(0, 120))
def test_settled_cases_can_be_folded_into_a_state(labels: list[bool | None], split: int) -> None:
    """O(1) a case: history is a few numbers, and these give the same verdict as the whole."""
    test = RateTest(bar=0.65, alpha=0.05)
    clean = labels[: labels.index(None)] if None in labels else labels
    state = RateState()
    for label in clean[:split]:
        state = settle(test, state, bool(label))
    state = RateState.from_json(json.loads(json.dumps(state.to_json())))
    assert judge_in_order(test, labels[len(clean[:split]) :], after=state) == judge_in_order(test, labels)


@pytest.mark.parametrize("bar", [0.0, 1.0, -0.1, 1.5, math.nan, math.inf, True])
def test_impossible_bar_is_refused(bar: float) -> None:
    """Nothing can be proved of such a bar, and silence would look like evidence."""
    with pytest.raises(ImpossibleParameter) as refused:
        RateTest(bar=bar, alpha=0.05)
    assert str(refused.value) == (
        f"impossible-parameter: bar={bar!r} is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.9 for 90 %."
    )


def test_impossible_alpha_is_refused() -> None:
    """An alpha of 0 never promotes and one of 1 always does."""
    with pytest.raises(ImpossibleParameter) as refused:
        RateTest(bar=0.9, alpha=0.0)
    assert str(refused.value) == (
        "impossible-parameter: alpha=0.0 is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.05 for a confidence of 95 %."
    )


def test_impossible_limit_of_a_harm_is_refused() -> None:
    """The author wrote a limit, so the words name the limit."""
    with pytest.raises(ImpossibleParameter) as refused:
        harm_test(0.0, 0.05)
    assert str(refused.value) == (
        "impossible-parameter: limit=0.0 is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.05 for 5 %."
    )


@pytest.mark.parametrize("counts", [(-1, 0), (0, -1), (1.5, 0), (True, 0), (math.nan, 1)])
def test_impossible_counts_are_refused(counts: tuple[int, int]) -> None:
    """A negative count is a fault of measurement, not evidence."""
    test = RateTest(bar=0.9, alpha=0.05)
    for use in (test.log_e, test.promotes, test.lower_bound, test.meter):
        with pytest.raises(ImpossibleCounts) as refused:
            use(*counts)
        assert str(refused.value) == (
            f"impossible-counts: successes={counts[0]!r} and failures={counts[1]!r} cannot be numbers of cases; "
            "both must be whole numbers of at least 0. Count the labelled cases again."
        )


def test_impossible_number_of_cases_is_refused() -> None:
    """The boundary of -1 cases would read the table from its end."""
    with pytest.raises(ImpossibleCounts) as refused:
        RateTest(bar=0.9, alpha=0.05).boundary(-1)
    assert str(refused.value) == (
        "impossible-counts: cases=-1 is no number of cases; it must be a whole number of at least 0. Count again."
    )


def test_log_tail_agrees_on_both_sides_of_its_branch() -> None:
    """The two continued fractions meet without a step."""
    a, b = 30.0, 4.0
    edge = (a + 1.0) / (a + b + 2.0)
    below, above = log_tail(edge - 1e-9, a, b), log_tail(edge + 1e-9, a, b)
    assert below == pytest.approx(above, abs=1e-6)
    assert log_beta(1.0, 1.0) == 0.0


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ([20, 0], "2 numbers are no state of a rate"),
        ([20, 0, None, 1], "4 numbers are no state of a rate"),
        ([None, 0, None], "successes=None and failures=0 are no state of a rate"),
        ([20, 0, 21], "20 cases of which the first 21 promoted are no state of a rate"),
        ([20, 0, 0], "20 cases of which the first 0 promoted are no state of a rate"),
        ([20, 0, True], "20 cases of which the first True promoted are no state of a rate"),
        ([-1, 0, None], "successes=-1 and failures=0 cannot be numbers of cases"),
        ([20, 0.5, None], "successes=20 and failures=0.5 cannot be numbers of cases"),
    ],
)
def test_impossible_state_is_refused(numbers: list[int | None], words: str) -> None:
    """A state with a look that never was would be a promotion that nobody earned."""
    with pytest.raises(ImpossibleCounts) as refused:
        RateState.from_json(numbers)
    assert str(refused.value).startswith(f"impossible-counts: {words}")
