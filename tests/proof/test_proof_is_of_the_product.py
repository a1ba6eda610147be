"""What the proof calculates in bulk is what the product does case by case; else it would prove something else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from goldenthread.promise.evidence import (
    MeanTest,
    RateTest,
    RollbackDetector,
    detector_pair,
    expected_cases,
    judge_in_order,
    judge_mean_in_order,
)
from proof.detectors import Change, Watching, cusum, first_alarms
from proof.exact import Floats, boundary, law, promotions, shipped_boundary, shipped_mean_boundary
from proof.late_labels import CASES, TEST, judge
from proof.means import Draw, mean_stops
from proof.rivals import sprt

RATE = RateTest(bar=0.9, alpha=0.05)


@pytest.mark.parametrize("rate", [0.9, 0.93, 0.97])
def test_exact_chances_are_those_that_a_plan_shows(rate: float) -> None:
    """A product owner plans with the very figures that are proved."""
    planned, proved = expected_cases(RATE, rate, 3_000), law(shipped_boundary(RATE, 3_000), rate)
    assert planned.chance == pytest.approx(proved.chance, abs=1e-8)
    assert planned.mean == pytest.approx(proved.mean, rel=1e-6)


def test_simulated_agents_agree_with_the_dynamic_programme() -> None:
    """The exact figure again by a way that shares no code with it but the boundary."""
    rng, most = np.random.default_rng(20_250_101), shipped_boundary(RATE, 3_000)
    failures = np.cumsum(rng.random((4_000, 3_000)) < 0.1, axis=1, dtype=np.int32)
    wrong = float((failures <= most[1:]).any(axis=1).mean())
    assert wrong == pytest.approx(law(most, 0.9).chance, abs=0.010)


def test_boundary_in_bulk_is_the_judgement_one_by_one() -> None:
    """The rates proved here are those of the gate that is shipped."""
    rng, most = np.random.default_rng(5), shipped_boundary(RATE, 400)[1:]
    failed = rng.random((40, 400)) < 0.05
    one_by_one = [judge_in_order(RATE, [not bool(case) for case in row]).passed for row in failed]
    assert (np.cumsum(failed, axis=1) <= most).any(axis=1).tolist() == one_by_one


def test_a_changing_rate_that_does_not_change_is_a_rate() -> None:
    """Drift is proved by the same programme as everything else."""
    most = shipped_boundary(RATE, 500)
    assert promotions(most, np.full(500, 0.93)).tolist() == promotions(most, 0.93).tolist()


def test_boundary_of_any_rule_is_found_by_asking_the_rule() -> None:
    """The other rules of the table are looked at as closely as ours."""
    rule, most = sprt(0.9, 0.05, 0.95), boundary(sprt(0.9, 0.05, 0.95), 300)
    for cases in (1, 57, 58, 150, 300):
        allowed = [failures for failures in range(cases + 1) if rule(np.array([cases]), np.array([failures]))[0]]
        assert most[cases] == max(allowed, default=-1)


def test_means_in_bulk_are_the_judgement_one_by_one() -> None:
    """The means proved here are those of the gate that is shipped."""
    test = MeanTest(bar=0.4, cap=3.0, alpha=0.05)
    values = np.minimum(3.0, np.random.default_rng(3).lognormal(-1.8, 0.9, (400, 30)))
    one_by_one = [judge_mean_in_order(test, column.tolist()).passed_at for column in values.T]
    apart = [mean_stops(test, _replay(values[:, agent]), 400, 1) for agent in range(30)]
    assert [stops[0] if stops else None for stops in apart] == one_by_one
    assert len(set(one_by_one)) > 5


def _replay(values: Floats) -> Draw:
    return lambda case, _agents: values[[case]]


def test_means_at_two_ends_are_the_judgement_one_by_one() -> None:
    """Drift of a mean is proved on the boundary of its two ends."""
    test, rng = MeanTest(bar=0.9, cap=1.0, alpha=0.05, at_most=False), np.random.default_rng(4)
    most = shipped_mean_boundary(test, 200)[1:]
    values = (rng.random((30, 200)) < 0.96).astype(float)
    one_by_one = [judge_mean_in_order(test, row.tolist()).passed for row in values]
    assert (np.cumsum(1.0 - values, axis=1) <= most).any(axis=1).tolist() == one_by_one


@pytest.mark.parametrize(
    "watching",
    [
        RollbackDetector(limit=0.03, false_alarm=10_000.0),
        detector_pair(limit=0.05, baseline=0.03, false_alarm=10_000.0),
        detector_pair(limit=0.03, false_alarm=10_000.0, calibrated=True),
    ],
)
def test_detectors_from_failure_to_failure_are_the_detectors_case_by_case(watching: Watching) -> None:
    """The short cut over successes must ring at the very case at which the product rings."""
    gaps = np.random.default_rng(1).geometric(0.1, 2_000) - 1
    state, case = watching.start, 0
    for failed in (failed for gap in gaps for failed in [False] * int(gap) + [True]):
        state, case = watching.update(state, failed), case + 1
        if watching.alarm(state):
            break
    assert first_alarms(watching, Change(before=0.1, after=0.1, at=0), 1, 1).tolist() == [case]


def test_the_oracle_as_a_chain_is_the_oracle_simulated() -> None:
    """The delay that ours is held against must not be too long itself."""
    threshold, rng = 2_000, np.random.default_rng(2)
    totals, runs = np.zeros(3_000), np.zeros(3_000)
    going = np.ones(3_000, dtype=bool)
    while going.any():
        step = np.where(rng.random(3_000) < 0.1, math.log(0.10 / 0.03), math.log(0.90 / 0.97))
        totals, runs = np.maximum(0.0, totals + step), runs + going
        going &= totals < threshold / 27 * math.log(0.97 / 0.90)
    assert runs.mean() == pytest.approx(cusum(threshold).runs(0.1)[0], rel=0.06)


def test_no_look_at_pending_labels_promotes_what_the_full_record_does_not() -> None:
    """Looked at while labels are missing, at many moments: never a promotion that case order would not give."""
    rng = np.random.default_rng(12)
    for _ in range(60):
        failed = rng.random(400) < 0.09
        due = np.arange(400) + rng.exponential(1.0, 400) * np.where(failed, 100.0, 20.0)
        final = judge_in_order(RATE, [not bool(case) for case in failed]).passed
        for now in range(50, 700, 50):
            labels = [
                None if arrives > now else not bool(case) for case, arrives in zip(failed[:now], due[:now], strict=True)
            ]
            assert final or not judge_in_order(RATE, labels).passed


def test_late_labels_in_bulk_are_the_judgement_one_by_one() -> None:
    """Pending cases count as failures in the proof as they do in the product."""
    agents, seed = 200, 9
    rng = np.random.default_rng(seed)
    failed = rng.random((agents, CASES)) < 1.0 - TEST.bar
    known = np.arange(CASES) + rng.exponential(1.0, (agents, CASES)) * np.where(failed, 200.0, 0.0)
    passed = [
        judge_in_order(TEST, [None if due > CASES else not bad for bad, due in zip(row, dues, strict=True)]).passed
        for row, dues in zip(failed.tolist(), known.tolist(), strict=True)
    ]
    assert judge(0, 200, agents, seed).case_order.hits == sum(passed)
