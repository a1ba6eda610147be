"""The capped mean: its bets, its cap, pending values and bounds."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter, ValueOutsideCap
from goldenthread.promise.evidence import MeanState, MeanTest, judge_mean_in_order, mean_bound
from goldenthread.promise.evidence.mean import FRACTIONS

COST = MeanTest(bar=0.4, cap=5.0, alpha=0.05)
SCORE = MeanTest(bar=4.0, cap=5.0, alpha=0.05, at_most=False)
VALUES = st.lists(st.floats(0.0, 5.0) | st.none(), max_size=60)


def test_bets_are_twelve_and_geometric_from_2_to_97_percent() -> None:
    """The grid of the design; its figures hold for no other."""
    assert len(FRACTIONS) == 12
    assert [FRACTIONS[0], FRACTIONS[-1]] == pytest.approx([0.02, 0.97])
    assert FRACTIONS[1] / FRACTIONS[0] == pytest.approx(FRACTIONS[11] / FRACTIONS[10])


def test_log_e_is_the_formula_of_the_design() -> None:
    """E = mean over k of the product of 1 + l_k (m - X), written out."""
    values = [0.1, 0.9, 0.0, 5.0, 0.3]
    products = [math.prod(1 + f / (5.0 - 0.4) * (0.4 - x) for x in values) for f in FRACTIONS]
    assert judge_mean_in_order(COST, values).log_e == pytest.approx(math.log(sum(products) / 12))


def test_at_least_turns_the_sign() -> None:
    """A score wants to be high."""
    values = [5.0, 4.5, 3.0]
    products = [math.prod(1 + f / 4.0 * (x - 4.0) for x in values) for f in FRACTIONS]
    assert judge_mean_in_order(SCORE, values).log_e == pytest.approx(math.log(sum(products) / 12))


@pytest.mark.parametrize("test", [COST, SCORE])
def test_fewest_is_the_first_promotion_of_the_best_record(test: MeanTest) -> None:
    """The number a contract's author is told must be the one that happens."""
    best = 0.0 if test.at_most else test.cap
    found = judge_mean_in_order(test, [best] * 400)
    assert found.passed_at == test.fewest()
    assert test.physical_fewest() < test.fewest()


def test_fewest_of_the_example_contract() -> None:
    """`cost <= 0.40 EUR/case cap 5 EUR` at 95 %."""
    assert (COST.physical_fewest(), COST.fewest()) == (36, 64)


def test_pending_counts_as_the_worst_value() -> None:
    """An unknown cost may be the whole cap."""
    clean = [0.0] * 63
    assert not judge_mean_in_order(COST, [None, *clean, 0.0]).passed
    assert judge_mean_in_order(COST, [*clean, 0.0, None, None]).passed
    found = judge_mean_in_order(COST, [*clean, None])
    assert (found.cases, found.pending, found.estimate) == (63, 1, 0.0)
    assert found.log_e == pytest.approx(judge_mean_in_order(COST, clean).log_e)


@settings(deadline=None, max_examples=100)
@given(values=VALUES, becomes=st.floats(0.0, 5.0))
def test_a_pass_survives_whatever_pending_values_become(values: list[float | None], becomes: float) -> None:
    """A promotion is never undone by late invoices."""
    easy = MeanTest(bar=2.5, cap=5.0, alpha=0.2)
    if judge_mean_in_order(easy, values).passed:
        assert judge_mean_in_order(easy, [becomes if value is None else value for value in values]).passed


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.floats(0.0, 5.0), max_size=40), split=st.integers(0, 40))
def test_state_survives_json_and_gives_the_same_verdict(values: list[float], split: int) -> None:
    """Fifteen numbers carry the whole history."""
    state = COST.start
    for value in values[:split]:
        state = COST.update(state, value)
    state = MeanState.from_json(json.loads(json.dumps(state.to_json())))
    assert judge_mean_in_order(COST, values[split:], after=state) == judge_mean_in_order(COST, values)
    assert COST.promotes(state) == (COST.log_e(state) >= COST.threshold)
    assert 0.0 <= COST.meter(state) <= 1.0


def test_million_cases_do_not_overflow() -> None:
    """The capitals are kept as logs."""
    step = COST.update(COST.start, 0.0).log_capitals
    state = MeanState(cases=1_000_000, log_capitals=tuple(1e6 * log for log in step))
    assert COST.log_e(state) == pytest.approx(1e6 * max(step) - math.log(12))


@pytest.mark.parametrize("test", [COST, SCORE])
def test_bound_is_where_the_evidence_reaches_one_over_alpha(test: MeanTest) -> None:
    """The bound inverts the test: at that bar the data would just promote."""
    draw = random.Random(7)
    values = [draw.uniform(0.0, 0.5) if test.at_most else draw.uniform(4.0, 5.0) for _ in range(300)]
    bound = mean_bound(test, values)
    assert bound is not None
    there = MeanTest(bar=bound, cap=5.0, alpha=0.05, at_most=test.at_most)
    assert judge_mean_in_order(there, values).log_e == pytest.approx(there.threshold, abs=1e-4)
    assert bound > sum(values) / 300 if test.at_most else bound < sum(values) / 300


def test_bound_without_data_is_none() -> None:
    """Missing evidence is missing, not zero."""
    assert mean_bound(COST, []) is None
    assert mean_bound(COST, [], pending=3) is None


@pytest.mark.parametrize("value", [-0.01, 5.01, math.nan, math.inf])
def test_value_outside_the_cap_is_refused(value: float) -> None:
    """The bound is only valid under the cap, so such a value may not be folded in silently."""
    for use in (lambda: COST.update(COST.start, value), lambda: mean_bound(COST, [value])):
        with pytest.raises(ValueOutsideCap) as refused:
            use()
        assert str(refused.value) == (
            f"value-outside-cap: A case was observed at {value!r}; the bound holds only for values from 0 to the cap "
            "of 5. Correct the measurement, or commit a contract with a cap that is enforced."
        )


@pytest.mark.parametrize(("bar", "cap"), [(0.0, 5.0), (5.0, 5.0), (6.0, 5.0), (math.nan, 5.0), (1.0, math.inf)])
def test_impossible_bar_or_cap_is_refused(bar: float, cap: float) -> None:
    """A mean cannot be proved below nothing or above its own cap."""
    with pytest.raises(ImpossibleParameter) as refused:
        MeanTest(bar=bar, cap=cap, alpha=0.05)
    assert str(refused.value) == (
        f"impossible-parameter: bar={bar!r} with cap={cap!r} leaves nothing to prove; "
        "a mean's bar must lie above 0 and below its cap. Write e.g. 0.40 with a cap of 5."
    )


def test_state_of_another_shape_is_refused() -> None:
    """A state from another version must not be read as evidence."""
    with pytest.raises(ImpossibleCounts) as refused:
        MeanState.from_json([3, None, 1.0])
    assert str(refused.value) == (
        "impossible-counts: 3 numbers beginning with 3 are no state of a mean; "
        "it has 15 numbers, the first a count. Fold the observations again."
    )


@pytest.mark.parametrize(
    "damaged",
    [
        [3, 4, 1.0, *[0.0] * 12],
        [3, 0, 1.0, *[0.0] * 12],
        [3, None, 1.0, *[0.0] * 11, math.inf],
        [3, None, math.nan, *[0.0] * 12],
        [3, None, None, *[0.0] * 12],
        [True, None, 1.0, *[0.0] * 12],
        [3, None, 1.0, *[0.0] * 14],
        [],
    ],
)
def test_damaged_state_is_refused(damaged: list[float | int | None]) -> None:
    """An infinite capital would promote at once, a look after the last case has not been."""
    with pytest.raises(ImpossibleCounts):
        MeanState.from_json(damaged)


def test_state_of_a_test_with_other_bets_is_refused() -> None:
    """A contract changed in the middle must not read one clause's evidence as another's."""
    with pytest.raises(ImpossibleCounts) as refused:
        COST.update(MeanState(log_capitals=(0.0,) * 14), 0.1)
    assert str(refused.value) == (
        "impossible-counts: 14 capitals are no state of a mean; "
        "it has 15 numbers, the first a count. Fold the observations again."
    )


def test_a_bar_that_numbers_cannot_tell_from_the_end_is_refused() -> None:
    """It passes for inside the range, and every bet against it would be without bounds."""
    with pytest.raises(ImpossibleParameter) as caught:
        MeanTest(bar=1e-300, cap=5.0, alpha=0.05)
    assert caught.value.message == (
        "A bar of 1e-300 with values from 0.0 to 5.0 leaves nothing that numbers could prove; it must lie visibly "
        "inside of them. Write the values in another unit, or another bar."
    )
