"""The simulations of audits and of days that differ are of the code that is shipped."""

from __future__ import annotations

import numpy as np
import pytest

from goldenthread.promise.evidence import AuditedCase, judge_audits_in_order
from proof.audits import AUDITED, LIMIT, SENSITIVITY, SPECIFICITY, STATED_GRID, Draw, by_risk, simulate
from proof.days import CASES, day_rates

ERROR = 0.01


def test_audits_in_bulk_stop_where_the_test_does() -> None:
    """A faster copy of a rule is only worth something if it is the rule."""
    draw, agents = Draw(flagged=0.8, others=0.5, expected_flagged=0.3), 20
    found = simulate(draw.test(STATED_GRID), draw, lambda _case: ERROR, agents, 5, 300)
    rows = _drawn_again(draw, agents, 300)
    stops = [stop for stop in (_passed_at(row, draw) for row in rows) if stop is not None]
    assert 0 < found.share.hits < agents
    assert sorted(found.cases) == sorted(stops)
    audits = [sum(case.audited for case in row) for row in rows if _passed_at(row, draw) is not None]
    assert sorted(found.audits) == sorted(audits)


def test_a_fifth_is_audited_whatever_the_error() -> None:
    """The stated figures share that budget, drawn evenly or by risk."""
    for error in (0.01, 0.02, LIMIT):
        flags = SENSITIVITY * error + (1.0 - SPECIFICITY) * (1.0 - error)
        draw = by_risk(error, judge=True)
        assert flags * draw.flagged + (1.0 - flags) * draw.others == pytest.approx(AUDITED)
        expected = flags * draw.expected_flagged + (1.0 - flags) * draw.expected_others
        assert expected == pytest.approx(error)


@pytest.mark.parametrize("correlation", [0.0, 0.05, 0.1])
def test_days_have_the_mean_and_the_correlation_asked_for(correlation: float) -> None:
    """The setup behind 21 to 42 % is these two numbers and the cases a day."""
    rng = np.random.default_rng(9)
    rates = day_rates(rng, 0.1, correlation, 2000)
    assert rates.mean() == pytest.approx(0.1, abs=0.001)
    failures = rng.binomial(CASES, rates)
    effect = failures.var() / (CASES * 0.09)
    assert effect == pytest.approx(1.0 + (CASES - 1) * correlation, rel=0.02)


def _drawn_again(draw: Draw, agents: int, cases: int) -> list[list[AuditedCase]]:
    """The cases that the bulk simulation draws from the same seed, agent by agent, each until it is promoted."""
    rng, test, going = np.random.default_rng(5), draw.test(STATED_GRID), list(range(agents))
    rows: list[list[AuditedCase]] = [[] for _ in range(agents)]
    states = [test.start] * agents
    for _ in range(cases):
        failed = rng.random(len(going)) < ERROR
        flagged = rng.random(len(going)) < np.where(failed, SENSITIVITY, 1.0 - SPECIFICITY)
        audited = rng.random(len(going)) < np.where(flagged, draw.flagged, draw.others)
        for agent, *kind in zip(going, flagged.tolist(), audited.tolist(), failed.tolist(), strict=True):
            case = draw.case(flagged=kind[0], audited=kind[1], failed=kind[2])
            rows[agent].append(case)
            states[agent] = test.update_case(states[agent], case)
        going = [agent for agent in going if states[agent].passed_at is None]
    return rows


def _passed_at(cases: list[AuditedCase], draw: Draw) -> int | None:
    return judge_audits_in_order(draw.test(STATED_GRID), cases).passed_at
