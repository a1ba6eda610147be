"""Clauses that hold an agent against people: their tests, their signs, and what they refuse."""

from __future__ import annotations

import json
import math
import random

import pytest

from goldenthread.promise.contract import (
    METRICS,
    ClauseTest,
    Form,
    NotJudged,
    clause_test,
    parse_clause,
    tripwire_detector,
)
from goldenthread.promise.errors import ImpossibleCounts, ValueOutsideCap
from goldenthread.promise.evidence import DifferenceTest


def _test(line: str, alpha: float = 0.05) -> ClauseTest:
    found = clause_test(parse_clause(line), alpha)
    assert isinstance(found, ClauseTest), found
    return found


@pytest.mark.parametrize(
    ("line", "margin", "scale"),
    [
        ("csat not below people by 0.1 cap 5", 0.1, 5.0),
        ("csat mean not below people by 0.1 cap 5 in every region", 0.1, 5.0),
        ("task_success not below people by 2 %", 0.02, 1.0),
        ("rework_rate not above people by 1 %", 0.01, 1.0),
        ("cost not above people by 0.10 EUR/case cap 5 EUR", 0.1, 5.0),
        ("cycle_time not above people by 1 h cap 2 d", 3600.0, 172_800.0),
    ],
)
def test_a_margin_becomes_a_test_of_differences(line: str, margin: float, scale: float) -> None:
    """Shares for rates, seconds for times, amounts as written."""
    found = _test(line)
    assert (found.form, found.test) == (Form.DIFFERENCE, DifferenceTest(margin=margin, scale=scale, alpha=0.05))


def test_not_above_is_not_below_with_the_sign_turned() -> None:
    """Values are agent less people whichever way is better; a sign lost would promote the worse agent."""
    draw = random.Random(7)
    values = [draw.choice((-1.0, 0.0, 0.0, 0.0, 1.0)) for _ in range(300)]
    below = _test("task_success not below people by 20 %").judge(values)
    above = _test("rework_rate not above people by 20 %").judge([-value for value in values])
    assert above.log_e == below.log_e
    assert above.passed_at == below.passed_at is not None
    assert below.lower is not None
    assert above.upper == pytest.approx(-below.lower)
    assert above.estimate == pytest.approx(-sum(values) / 300)
    assert (below.upper, above.lower, below.failures, above.failures) == (None, None, None, None)


def test_a_worse_agent_passes_neither_way() -> None:
    """Two hundred cases of more rework than people have are no evidence for the agent."""
    worse = _test("rework_rate not above people by 5 %").judge([1.0] * 100 + [0.0] * 100)
    assert (worse.passed, worse.meter) == (False, 0.0)
    assert worse.estimate == pytest.approx(0.5)
    better = _test("rework_rate not above people by 5 %").judge([-1.0] * 100 + [0.0] * 100)
    assert better.passed


def test_a_pending_pair_counts_as_the_worst() -> None:
    """Otherwise an agent whose bad cases are labelled late would pass early."""
    test, clean = _test("task_success not below people by 10 %"), [0.0] * 70
    whole, late = test.judge(clean), test.judge([*[None] * 5, *clean])
    assert whole.passed
    assert (late.passed, late.pending, late.n) == (False, 5, 70)
    assert whole.lower is not None
    assert late.lower is not None
    assert late.lower < whole.lower


def test_settled_pairs_travel_as_a_few_numbers() -> None:
    """The state of the settled cases, through JSON, gives the verdict of all of them."""
    test, values = _test("rework_rate not above people by 10 %"), [0.0, -1.0, 0.0, 1.0, 0.0] * 12
    state = test.start
    for value in values:
        state = test.settle(state, value)
    kept = json.loads(json.dumps(test.state_to_json(state)))
    later, whole = test.judge([0.0, None], after=test.state_from_json(kept)), test.judge([*values, 0.0, None])
    assert (later.n, later.pending, later.passed_at) == (whole.n, whole.pending, whole.passed_at)
    assert later.log_e == pytest.approx(whole.log_e)
    assert later.estimate == pytest.approx(whole.estimate)
    with pytest.raises(ImpossibleCounts):
        test.state_from_json({**kept, "state": kept["state"][:-1]})


@pytest.mark.parametrize("value", [1.5, -1.5, math.nan, math.inf])
@pytest.mark.parametrize("line", ["task_success not below people by 2 %", "rework_rate not above people by 2 %"])
def test_an_impossible_difference_is_refused(line: str, value: float) -> None:
    """Two rates of one case differ by at most one; more is a fault of measurement and never a promotion."""
    with pytest.raises(ValueOutsideCap):
        _test(line).judge([value])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "csat not below people by 0.1",
            "a difference in 'csat' has no valid bound without the largest value that a case can take; "
            "write e.g. 'csat not below people by 0.1 cap 5'",
        ),
        (
            "cycle_time not above people by 1 h",
            "a difference in 'cycle_time' has no valid bound without the largest value that a case can take; "
            "write e.g. 'cycle_time not above people by 1 h cap 5 d'",
        ),
        (
            "csat not below people by -0.1 cap 5",
            "a margin of -0.1 would ask the agent to be better than people, and says nothing of how much worse is "
            "still good enough; write a margin above 0",
        ),
        (
            "csat not below people by 7 cap 5",
            "a margin of 7 allows any difference there can be; write one well below 5",
        ),
        ("happiness not below people by 1 %", None),
    ],
)
def test_a_margin_that_cannot_be_judged_says_what_is_missing(line: str, reason: str | None) -> None:
    """Insufficient, and why; never silently passed."""
    found = clause_test(parse_clause(line), 0.05)
    assert isinstance(found, NotJudged)
    assert found.reason == reason if reason else found.reason.startswith("nobody measures 'happiness'")


@pytest.mark.parametrize("name", [name for name, metric in METRICS.items() if not metric.people])
def test_what_people_do_not_have_is_no_comparison(name: str) -> None:
    """Agreement with oneself, or a guard's count of escalations, has no counterpart in people's work."""
    found = clause_test(parse_clause(f"{name} not below people by 1 %"), 0.05)
    assert isinstance(found, NotJudged)
    assert found.reason == (
        f"people's own work has no '{name}' to be compared with; "
        "a margin can be given for cost, csat, cycle_time, rework_rate and task_success"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "rework_rate not above people by 1 %",
            "a tripwire watches rates, quantiles and single events, not a difference to people; "
            "write e.g. 'rework_rate > 3 %'",
        ),
        (
            "csat not below people by 0.1 cap 5",
            "a tripwire watches rates, quantiles and single events, not a difference to people; "
            "write e.g. 'csat p10 < 3'",
        ),
        (
            "rework_rate > 3 % in every language",
            "a tripwire watches all cases together; remove 'in every language'",
        ),
    ],
)
def test_a_tripwire_watches_neither_margins_nor_segments(line: str, reason: str) -> None:
    """One that could never ring would be worse than none."""
    found = tripwire_detector(parse_clause(line), 10_000)
    assert isinstance(found, NotJudged)
    assert found.reason == reason
