"""Agent against people: pairs and splits, pending values, bounds, and false promotion at the margin."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from goldenthread.promise.errors import ImpossibleCounts, ImpossibleParameter, ValueOutsideCap
from goldenthread.promise.evidence import (
    ArmCase,
    DifferenceTest,
    MeanState,
    RunningCentre,
    UnpairedTest,
    difference_bound,
    judge_mean_in_order,
    unpaired_difference,
)
from goldenthread.promise.evidence.difference import FRACTIONS_OF_A_DIFFERENCE

RATE = DifferenceTest(margin=0.03, scale=1.0, alpha=0.05)
CSAT = DifferenceTest(margin=0.1, scale=5.0, alpha=0.05)
SPLIT = UnpairedTest(margin=0.03, scale=1.0, alpha=0.05)
EASY = UnpairedTest(margin=0.5, scale=1.0, alpha=0.2, least_propensity=0.3)
Floats = NDArray[np.float64]
SETUPS = [(0.93, 0.90, 0.6), (0.93, 0.90, 0.0), (0.60, 0.57, 0.3)]


def _case(value: float | None, *, by_agent: bool = True, propensity: float = 0.5, centre: float = 0.5) -> ArmCase:
    return ArmCase(value=value, by_agent=by_agent, propensity=propensity, centre=centre)


def _promoted(test: DifferenceTest | UnpairedTest, differences: Floats) -> NDArray[np.bool_]:
    """Which rows (one agent each, cases along them) are promoted by some look; the rule of the test, in bulk."""
    gains = differences + test.margin
    capital = np.zeros_like(gains)
    for bet in test.bets:
        capital += np.exp(np.minimum(np.cumsum(np.log1p(bet * gains), axis=1), 600.0)) / len(test.bets)
    return np.asarray(np.any(capital >= 1.0 / test.alpha, axis=1))


def _pairs(rng: np.random.Generator, people: float, agent: float, correlation: float, shape: tuple[int, int]) -> Floats:
    """Differences of 0/1 pairs; two rates and their correlation leave nothing else open."""
    both = people * agent + correlation * math.sqrt(people * (1 - people) * agent * (1 - agent))
    draw = rng.random(shape)
    return np.where(draw < agent - both, 1.0, np.where(draw < agent + people - 2 * both, -1.0, 0.0))


# --- the test -------------------------------------------------------------------------------------


def test_bets_are_fourteen_and_geometric_from_1_to_95_percent() -> None:
    """The grid of the design; its figures hold for no other."""
    assert len(FRACTIONS_OF_A_DIFFERENCE) == len(RATE.bets) == 14
    assert [FRACTIONS_OF_A_DIFFERENCE[0], FRACTIONS_OF_A_DIFFERENCE[-1]] == pytest.approx([0.01, 0.95])
    assert max(RATE.bets) < 1 / (1 - 0.03)


@pytest.mark.parametrize(("test", "values"), [(RATE, [0.0, 1.0, -1.0, 0.0]), (CSAT, [0.5, -5.0, 0.0, 5.0])])
def test_log_e_is_the_formula_of_the_design(test: DifferenceTest, values: list[float]) -> None:
    """E = mean over the bets of the product of 1 + l (D + d), written out, on any scale."""
    bets = [fraction / (test.scale - test.margin) for fraction in FRACTIONS_OF_A_DIFFERENCE]
    products = [math.prod(1 + bet * (value + test.margin) for value in values) for bet in bets]
    assert judge_mean_in_order(test, values).log_e == pytest.approx(math.log(sum(products) / 14))


def test_scale_is_only_a_unit() -> None:
    """A score of 0 to 5 is judged as the same score from 0 to 1 would be."""
    values = [0.5, -1.0, 0.0, 2.0, 5.0]
    small = DifferenceTest(margin=0.02, scale=1.0, alpha=0.05)
    assert judge_mean_in_order(small, [value / 5 for value in values]).log_e == pytest.approx(
        judge_mean_in_order(CSAT, values).log_e
    )


def test_as_good_as_people_passes_and_worse_by_the_margin_never_does() -> None:
    """Ties in every case speak for the agent by the margin; a deficit of exactly the margin says nothing."""
    needed = RATE.cases_at(0.0)
    assert needed is not None
    assert judge_mean_in_order(RATE, [0.0] * (needed + 5)).passed_at == needed
    assert RATE.cases_at(-0.03) is None
    assert judge_mean_in_order(RATE, [1.0] * 20).passed_at == RATE.fewest() == 8
    assert RATE.physical_fewest() == math.ceil(math.log(20) / math.log(2 / 0.97)) == 5


def test_pending_counts_as_the_worst_difference() -> None:
    """An unknown case may be one that people get right and the agent gets wrong."""
    needed = RATE.cases_at(0.0)
    assert needed is not None
    assert RATE.worst == -1.0
    assert not judge_mean_in_order(RATE, [None, *[0.0] * needed]).passed
    assert judge_mean_in_order(RATE, [*[0.0] * needed, None]).passed


@settings(deadline=None, max_examples=40)
@given(values=st.lists(st.floats(-5.0, 5.0), max_size=30), split=st.integers(0, 30))
def test_state_survives_json_and_gives_the_same_verdict(values: list[float], split: int) -> None:
    """Seventeen numbers carry the whole history."""
    state = CSAT.update_all(CSAT.start, values[:split])
    assert len(state.to_json()) == 17
    state = MeanState.from_json(json.loads(json.dumps(state.to_json())), bets=14)
    assert judge_mean_in_order(CSAT, values[split:], after=state) == judge_mean_in_order(CSAT, values)


def test_state_of_a_mean_is_no_state_of_a_difference() -> None:
    """A contract changed in the middle must not read one clause's evidence as another's."""
    with pytest.raises(ImpossibleCounts) as refused:
        RATE.update(MeanState(), 0.0)
    assert str(refused.value) == (
        "impossible-counts: 12 capitals are no state of a mean; "
        "it has 17 numbers, the first a count. Fold the observations again."
    )


@pytest.mark.parametrize("value", [-1.01, 1.01, math.nan, math.inf])
def test_difference_outside_the_scale_is_refused(value: float) -> None:
    """The bound is only valid within the scale, so such a value may not be folded in silently."""
    for use in (lambda: RATE.update(RATE.start, value), lambda: difference_bound(RATE, [value])):
        with pytest.raises(ValueOutsideCap) as refused:
            use()
        assert str(refused.value) == (
            f"value-outside-cap: A difference was observed at {value!r}; the bound holds only from -1 to 1. "
            "Correct the measurement, or commit a contract with a cap that is enforced."
        )


@pytest.mark.parametrize(
    ("margin", "scale"), [(-0.1, 5.0), (5.0, 5.0), (math.nan, 5.0), (0.1, math.inf), (0.1, 0.0), (True, 5.0)]
)
def test_impossible_margin_is_refused(margin: float, scale: float) -> None:
    """A margin as wide as the scale would promote anybody."""
    for test in (DifferenceTest, UnpairedTest):
        with pytest.raises(ImpossibleParameter) as refused:
            test(margin=margin, scale=scale, alpha=0.05)
        assert str(refused.value) == (
            f"impossible-parameter: margin={margin!r} with scale={scale!r} leaves nothing to prove; a margin must be "
            "at least 0 and below the largest difference of a case. Write e.g. 0.1 with a scale of 5."
        )


# --- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("test", [RATE, CSAT, SPLIT])
def test_bound_is_where_the_evidence_reaches_one_over_alpha(test: DifferenceTest | UnpairedTest) -> None:
    """The bound inverts the test: with that margin the data would just promote."""
    draw = random.Random(7)
    values = [draw.uniform(-0.2, 0.1) * test.scale for _ in range(400)]
    bound = difference_bound(test, values)
    assert bound is not None
    assert bound < sum(values) / 400
    there = type(test)(margin=-bound, scale=test.scale, alpha=0.05)
    assert judge_mean_in_order(there, values).log_e == pytest.approx(there.threshold, abs=1e-4)


def test_bound_without_data_is_none_and_pending_lowers_it() -> None:
    """Missing evidence is missing, not zero; an open case can only speak against."""
    assert difference_bound(RATE, []) is None
    assert difference_bound(RATE, [], pending=3) is None
    clear, open_ = difference_bound(RATE, [0.0] * 300), difference_bound(RATE, [0.0] * 300, pending=20)
    assert clear is not None
    assert open_ is not None
    assert open_ < clear < 0.0


def test_bound_of_a_better_agent_is_above_zero() -> None:
    """People are shown "at least so much better", too."""
    bound = difference_bound(CSAT, [1.0, 0.5, 0.0, 1.5] * 100)
    assert bound is not None
    assert 0.0 < bound < 0.75


def test_bound_covers_the_true_difference_at_every_look() -> None:
    """A bound that somebody reads after each case must hold at all of them at once, in 95 of 100 records."""
    rng = np.random.default_rng(31)
    missed = 0
    for row in _pairs(rng, 0.8, 0.75, 0.4, (200, 300)):
        looks = [difference_bound(RATE, row[:n].tolist()) for n in range(10, 301, 10)]
        missed += any(bound is not None and bound > -0.05 for bound in looks)
    assert missed / 200 <= 0.05


# --- splits ---------------------------------------------------------------------------------------


def test_unpaired_difference_is_the_formula_of_the_design() -> None:
    """A(Y - c)/r - (1 - A)(Y - c)/(1 - r)."""
    assert unpaired_difference(_case(1.0, propensity=0.25, centre=0.9), scale=1.0) == pytest.approx(0.4)
    person = _case(1.0, by_agent=False, propensity=0.25, centre=0.9)
    assert unpaired_difference(person, scale=1.0) == pytest.approx(-0.1 / 0.75)


@settings(deadline=None, max_examples=60)
@given(
    agent=st.floats(0.0, 5.0), people=st.floats(0.0, 5.0), propensity=st.floats(0.05, 0.95), centre=st.floats(0.0, 5.0)
)
def test_unpaired_difference_is_right_on_average(agent: float, people: float, propensity: float, centre: float) -> None:
    """Whoever gets the case, over the draw it says agent minus people; the centre drops out."""
    drawn = [
        share
        * unpaired_difference(
            _case(value, by_agent=by_agent, propensity=propensity, centre=centre),
            scale=5.0,
        )
        for value, by_agent, share in ((agent, True, propensity), (people, False, 1 - propensity))
    ]
    assert sum(drawn) == pytest.approx(agent - people, abs=1e-9)


def test_pending_case_counts_as_the_worst_of_its_arm() -> None:
    """An open case may be the agent's failure, or people's success."""
    for by_agent, value in ((True, 0.0), (False, 1.0)):
        pending, worst = _case(None, by_agent=by_agent), _case(value, by_agent=by_agent)
        assert SPLIT.difference(pending) == SPLIT.difference(worst)
    found = SPLIT.judge([_case(1.0), _case(None), _case(1.0, by_agent=False)])
    assert (found.cases, found.pending, found.estimate) == (2, 1, 0.0)


_CASES = st.lists(
    st.builds(
        ArmCase,
        value=st.floats(0.0, 1.0) | st.none(),
        by_agent=st.booleans(),
        propensity=st.floats(0.3, 0.7),
        centre=st.floats(0.0, 1.0),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(cases=_CASES, becomes=st.floats(0.0, 1.0))
def test_a_pass_survives_whatever_pending_values_become(cases: list[ArmCase], becomes: float) -> None:
    """A promotion is never undone by late values, because each case keeps the centre it was logged with."""
    later = [
        _case(becomes, by_agent=case.by_agent, propensity=case.propensity, centre=case.centre)
        if case.value is None
        else case
        for case in cases
    ]
    assert EASY.judge(later).passed or not EASY.judge(cases).passed


def test_centre_is_the_mean_of_what_was_seen() -> None:
    """It begins in the middle, stays on the scale and survives being written down."""
    centre = RunningCentre(scale=5.0)
    assert centre.centre == 2.5
    for value in (5.0, 5.0, 4.0):
        centre = centre.after(value)
    assert centre.centre == pytest.approx((2.5 + 14.0) / 4)
    assert RunningCentre.from_json(json.loads(json.dumps(centre.to_json())), scale=5.0) == centre
    for numbers in ([1.5, 2.0], [-1, 0.0], [1]):
        with pytest.raises(ImpossibleCounts):
            RunningCentre.from_json(numbers, scale=5.0)
    with pytest.raises(ValueOutsideCap):
        RunningCentre.from_json([1, math.inf], scale=5.0)


@pytest.mark.parametrize("propensity", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_propensity_outside_0_to_1_is_refused(propensity: float) -> None:
    """A side that can never get a case cannot be compared."""
    with pytest.raises(ImpossibleParameter) as refused:
        unpaired_difference(_case(1.0, propensity=propensity), scale=1.0)
    assert str(refused.value) == (
        f"impossible-parameter: propensity={propensity!r} is no share that evidence can be held against; "
        "it must lie between 0 and 1, both excluded. Write e.g. 0.5 for equal arms."
    )


def test_propensity_below_the_announced_one_is_refused() -> None:
    """The bets would be too large for it, and the guarantee gone."""
    with pytest.raises(ImpossibleParameter) as refused:
        SPLIT.difference(_case(1.0, propensity=0.4))
    assert str(refused.value) == (
        "impossible-parameter: propensity=0.4 gives one side less than the 0.5 that the test was laid out for. "
        "Lay it out for the smallest chance in use."
    )
    assert EASY.difference(_case(1.0, propensity=0.7)) > 0.0
    with pytest.raises(ImpossibleParameter) as refused:
        UnpairedTest(margin=0.1, scale=1.0, alpha=0.05, least_propensity=0.6)
    assert "cannot be the smaller of two chances" in str(refused.value)


def test_value_or_centre_outside_the_scale_is_refused() -> None:
    """A score of 6 of 5, or a guess of one, is a fault of the measurement."""
    with pytest.raises(ValueOutsideCap) as refused:
        unpaired_difference(_case(6.0), scale=5.0)
    assert str(refused.value) == (
        "value-outside-cap: A case was observed at 6.0; the bound holds only from 0 to 5. "
        "Correct the measurement, or commit a contract with a cap that is enforced."
    )
    with pytest.raises(ImpossibleParameter) as wrong:
        unpaired_difference(_case(1.0, centre=math.nan), scale=5.0)
    assert str(wrong.value) == (
        "impossible-parameter: centre=nan is no value of a case; it must lie from 0 to the scale of 5. "
        "Log the mean of the values known when the case started."
    )


# --- error rates ----------------------------------------------------------------------------------


def test_bulk_is_the_judgement_one_by_one() -> None:
    """The simulations here are of the code that is shipped."""
    easy = DifferenceTest(margin=0.1, scale=1.0, alpha=0.2)
    rows = _pairs(np.random.default_rng(5), 0.8, 0.75, 0.3, (40, 120))
    one_by_one = [judge_mean_in_order(easy, row.tolist()).passed for row in rows]
    assert 0 < sum(one_by_one) < 40
    assert _promoted(easy, rows).tolist() == one_by_one


@pytest.mark.parametrize(("people", "agent", "correlation"), SETUPS)
def test_false_promotion_of_pairs_is_at_most_alpha(people: float, agent: float, correlation: float) -> None:
    """An agent worse by exactly the margin must not come through by being looked at often."""
    rng = np.random.default_rng(17)
    wrong = np.concatenate([_promoted(RATE, _pairs(rng, people, agent, correlation, (250, 2_000))) for _ in range(4)])
    assert wrong.mean() <= 0.05


@pytest.mark.parametrize("least", [0.5, 0.2])
def test_false_promotion_of_a_split_is_at_most_alpha(least: float) -> None:
    """The same where each case is seen by one side only, with a chance that differs from case to case."""
    rng = np.random.default_rng(19)
    agents, cases = 800, 2_000
    propensity = rng.uniform(least, 1 - least, cases)
    by_agent = rng.random((agents, cases)) < propensity
    value = (rng.random((agents, cases)) < np.where(by_agent, 0.6, 0.63)).astype(float)
    seen = np.cumsum(value, axis=1) - value
    centre = (seen + 0.5) / np.arange(1, cases + 1)
    differences = (value - centre) * np.where(by_agent, 1 / propensity, -1 / (1 - propensity))
    test = UnpairedTest(margin=0.03, scale=1.0, alpha=0.05, least_propensity=least)
    assert _promoted(test, differences).mean() <= 0.05


@pytest.mark.parametrize(("low", "high", "block"), [(0.85, 0.95, 500), (0.81, 0.99, 200), (0.80, 1.0, 500)])
def test_drift_worse_than_the_margin_on_average_promotes_hardly_ever(low: float, high: float, block: int) -> None:
    """The agent wavers, the average so far is never above people minus the margin: constant bets hold."""
    rng = np.random.default_rng(23)
    agent = np.where(np.arange(4_000) // block % 2 == 0, low, high)
    people = rng.random((500, 4_000)) < 0.93
    differences = (rng.random((500, 4_000)) < agent).astype(float) - people
    assert _promoted(RATE, differences).mean() <= 0.006 + 0.005
