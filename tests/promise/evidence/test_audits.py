"""Audits of varying probability: what a case counts as, pending audits, and what is refused."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenthread.promise.errors import ImpossibleAudit, ImpossibleCounts, ImpossibleParameter
from goldenthread.promise.evidence import AuditedCase, AuditTest, MeanState, judge_audits_in_order, mean_bound

TEST = AuditTest(limit=0.05, alpha=0.05, floor=0.1)
CHANCES = st.floats(0.1, 0.999)
DRAWN = st.builds(
    AuditedCase, audited=st.just(True), failed=st.booleans(), propensity=CHANCES, expected=st.floats(0, 1)
)
LEFT = st.builds(AuditedCase, audited=st.just(False), failed=st.none(), propensity=CHANCES, expected=st.floats(0, 1))
WAITING = st.builds(AuditedCase, audited=st.just(True), failed=st.none(), propensity=CHANCES, expected=st.floats(0, 1))


def audit(*, failed: bool | None, propensity: float = 0.25, expected: float = 0.0) -> AuditedCase:
    return AuditedCase(audited=True, failed=failed, propensity=propensity, expected=expected)


def unaudited(*, propensity: float = 0.25, expected: float = 0.0) -> AuditedCase:
    return AuditedCase(audited=False, failed=None, propensity=propensity, expected=expected)


@pytest.mark.parametrize(
    ("case", "counted"),
    [
        (unaudited(), 0.0),
        (unaudited(expected=0.3), 0.3),
        (audit(failed=True), 4.0),
        (audit(failed=False), 0.0),
        (audit(failed=True, expected=0.2), 3.4),
        (audit(failed=False, expected=0.2), -0.6),
        (audit(failed=None), None),
    ],
)
def test_case_counts_as_the_formula_of_the_design(case: AuditedCase, counted: float | None) -> None:
    """Z = f + A (Y - f) / pi, by hand."""
    assert TEST.counted(case) == (None if counted is None else pytest.approx(counted))


@given(failure=st.floats(0, 1), propensity=CHANCES, expected=st.floats(0, 1))
def test_case_counts_on_average_as_its_chance_of_failure(failure: float, propensity: float, expected: float) -> None:
    """Whatever the judge expects and however seldom a case is drawn; that is why a wrong judge cannot promote."""
    drawn = [TEST.counted(audit(failed=failed, propensity=propensity, expected=expected)) for failed in (True, False)]
    left = TEST.counted(unaudited(propensity=propensity, expected=expected))
    assert left is not None
    found = sum(
        chance * value for chance, value in zip((failure, 1.0 - failure), drawn, strict=True) if value is not None
    )
    assert propensity * found + (1.0 - propensity) * left == pytest.approx(failure, abs=1e-9)


@given(case=st.one_of(DRAWN, LEFT))
def test_no_case_takes_everything(case: AuditedCase) -> None:
    """A bet that can lose all could never promote again, and one that loses more would turn evidence negative."""
    counted = TEST.counted(case)
    assert counted is not None
    assert TEST.lowest <= counted <= TEST.highest == 10.0
    assert all(1.0 + bet * (TEST.limit - counted) > 0.0 for bet in TEST.bets)


def test_worst_case_is_an_unexpected_failure_at_the_floor() -> None:
    """The range of Z decides how large a bet may be; one end of it is reached."""
    worst = audit(failed=True, propensity=0.1)
    assert TEST.counted(worst) == TEST.highest
    state = TEST.update_case(TEST.start, worst)
    assert state.log_capitals == pytest.approx([math.log1p(-share) for share in TEST.grid])


@given(cases=st.lists(st.one_of(DRAWN, LEFT), max_size=40))
def test_state_survives_json(cases: list[AuditedCase]) -> None:
    """A few numbers carry the whole history."""
    state = straight = TEST.start
    for case in cases:
        numbers = json.loads(json.dumps(TEST.update_case(state, case).to_json()))
        state, straight = MeanState.from_json(numbers, bets=len(TEST.bets)), TEST.update_case(straight, case)
    assert state == straight


@given(cases=st.lists(st.one_of(DRAWN, LEFT, WAITING), max_size=40))
def test_pending_audit_counts_as_a_failure(cases: list[AuditedCase]) -> None:
    """Failures are often found late; a missing outcome must not promote."""
    evidence = judge_audits_in_order(TEST, cases)
    waiting = [case for case in cases if TEST.counted(case) is None]
    assert (evidence.pending, evidence.cases) == (len(waiting), len(cases) - len(waiting))
    failed = [replace(case, failed=True) if TEST.counted(case) is None else case for case in cases]
    assert evidence.passed_at == judge_audits_in_order(TEST, failed).passed_at
    assert evidence.estimate is None or 0.0 <= evidence.estimate <= 1.0


def test_clean_audits_promote_after_the_fewest_cases() -> None:
    """The plan tells this number before the first case; the verdict must agree."""
    cases = [audit(failed=False) if case % 4 == 0 else unaudited() for case in range(TEST.fewest())]
    assert judge_audits_in_order(TEST, cases).passed_at == TEST.fewest()
    assert not judge_audits_in_order(TEST, cases[:-1]).passed
    assert TEST.physical_fewest() <= TEST.fewest()


def test_higher_floor_needs_fewer_cases() -> None:
    """The floor is what makes one failure weigh so much; it should be the real one."""
    needed = [AuditTest(limit=0.05, alpha=0.05, floor=floor).fewest() for floor in (0.1, 0.2, 0.5, 1.0)]
    assert needed == sorted(needed, reverse=True)
    assert needed[0] > 1.8 * needed[1]


def test_judge_that_is_right_makes_values_scatter_less() -> None:
    """That is its only use: it neither adds nor replaces evidence."""
    rng = np.random.default_rng(21)
    failed, drawn = rng.random(4000) < 0.2, rng.random(4000) < 0.5
    expected = np.where(failed, 0.7, 0.1)
    spread = {}
    for judge in (False, True):
        cases = [
            AuditedCase(
                audited=bool(a), failed=bool(y) if a else None, propensity=0.5, expected=float(f) if judge else 0.0
            )
            for a, y, f in zip(drawn, failed, expected, strict=True)
        ]
        values = [value for value in map(TEST.counted, cases) if value is not None]
        assert np.mean(values) == pytest.approx(0.2, abs=0.03)
        spread[judge] = np.std(values)
    assert spread[True] < 0.8 * spread[False]


def test_upper_bound_stands_above_the_estimate() -> None:
    """People see what the audits rule out, beside what they found."""
    cases = [audit(failed=case % 40 == 0) if case % 4 == 0 else unaudited() for case in range(1200)]
    values = [value for value in map(TEST.counted, cases) if value is not None]
    bound = mean_bound(TEST, values)
    assert bound is not None
    estimate = judge_audits_in_order(TEST, cases).estimate
    assert estimate is not None
    assert estimate == pytest.approx(30 / 300)
    assert estimate < bound < 3 * estimate


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            audit(failed=True, propensity=0.05),
            "A case was drawn for audit with a probability of 0.05; it must lie from the floor of 0.1 to 1. "
            "Log the probability when the case is drawn, before its outcome is known.",
        ),
        (
            unaudited(propensity=math.nan),
            "A case was drawn for audit with a probability of nan; it must lie from the floor of 0.1 to 1. "
            "Log the probability when the case is drawn, before its outcome is known.",
        ),
        (
            unaudited(expected=1.5),
            "A judge expected a failure with a chance of 1.5; it must lie from 0 to 1. Give 0 where there is no judge.",
        ),
        (
            AuditedCase(audited=False, failed=False, propensity=0.5),
            "A case that was not drawn for audit has an outcome; to count it would favour whoever looked. "
            "Give the outcomes of drawn cases only.",
        ),
        (
            unaudited(propensity=1.0),
            "A case was not audited although its probability was 1. "
            "Give the probability with which it was really drawn.",
        ),
        (
            audit(failed=None),
            "An audited case has no outcome yet; only finished audits can be added up. "
            "Wait for it, or judge the cases in order, where a pending audit counts as a failure.",
        ),
    ],
)
def test_impossible_audit_is_refused(case: AuditedCase, words: str) -> None:
    """Each of these would bend the rate that the audits stand for."""
    with pytest.raises(ImpossibleAudit) as refused:
        TEST.update_case(TEST.start, case)
    assert str(refused.value) == f"impossible-audit: {words}"


@pytest.mark.parametrize("value", [10.1, -9.1, math.nan, math.inf])
def test_impossible_value_is_refused(value: float) -> None:
    """A value outside the range could lose more than everything."""
    with pytest.raises(ImpossibleAudit) as refused:
        TEST.update(TEST.start, value)
    assert str(refused.value) == (
        f"impossible-audit: A case counts as {value!r} failures; with audits at a probability of 0.1 or more it lies "
        "from -9 to 10. Count it from its audit again."
    )


@pytest.mark.parametrize("floor", [0.05, 0.0, 1.1, math.nan])
def test_impossible_floor_is_refused(floor: float) -> None:
    """Below a tenth, one failure outweighs all else."""
    with pytest.raises(ImpossibleParameter) as refused:
        AuditTest(limit=0.05, alpha=0.05, floor=floor)
    assert str(refused.value) == (
        f"impossible-parameter: floor={floor!r} is no least probability of an audit; it must lie from 0.1 to 1, "
        "for below, one failure outweighs all else. Write e.g. 0.1 for at least every tenth case."
    )


@pytest.mark.parametrize("given", [{"limit": 0.0}, {"alpha": 1.0}, {"grid": (0.5, 1.0)}])
def test_impossible_parameters_are_refused(given: dict[str, float]) -> None:
    """A limit of nothing cannot be proved, and a bet of everything can lose everything."""
    parameters = {"limit": 0.05, "alpha": 0.05, **given}
    with pytest.raises(ImpossibleParameter):
        AuditTest(**parameters)  # type: ignore[arg-type]


def test_state_of_another_test_is_refused() -> None:
    """A state with other bets would be read as evidence that nobody gathered."""
    with pytest.raises(ImpossibleCounts):
        TEST.update_case(MeanState(log_capitals=(0.0,) * 3), unaudited())
