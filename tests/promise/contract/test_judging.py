"""From clauses to tests and alarms, and the words for both."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest

from goldenthread.promise.contract.grammar import parse_clause
from goldenthread.promise.contract.judging import (
    ClauseTest,
    Form,
    NotJudged,
    TripwireDetector,
    clause_test,
    tripwire_detector,
)
from goldenthread.promise.contract.model import Clause, Comparison, Quantity
from goldenthread.promise.contract.wording import clause_words
from goldenthread.promise.errors import EvidenceOfAnotherClause, ImpossibleCounts, ImpossibleParameter, ValueOutsideCap
from goldenthread.promise.evidence import MeanTest, RateTest


def _test(line: str, alpha: float = 0.05) -> ClauseTest:
    found = clause_test(parse_clause(line), alpha)
    assert isinstance(found, ClauseTest), found
    return found


def _detector(line: str, false_alarm: float = 10_000) -> TripwireDetector:
    found = tripwire_detector(parse_clause(line), false_alarm)
    assert isinstance(found, TripwireDetector), found
    return found


@pytest.mark.parametrize(
    ("line", "form", "bar"),
    [
        ("agreement >= 80 %", Form.RATE, 0.8),
        ("agreement > 80 %", Form.RATE, 0.8),
        ("ungrounded_rate <= 5 %", Form.RATE, 0.95),
        ("rework_rate < 0.3 %", Form.RATE, 0.997),
        ("agent_time p90 <= 10 min", Form.QUANTILE, 0.9),
        ("agent_time p10 >= 10 ms", Form.QUANTILE, 0.9),
        ("cost p99.9 <= 1 EUR/case", Form.QUANTILE, 0.999),
    ],
)
def test_clause_becomes_a_test_of_the_share_that_must_hold(line: str, form: Form, bar: float) -> None:
    """A harm is judged as its absence, a quantile as the share of cases within it."""
    found = _test(line)
    assert (found.form, found.test) == (form, RateTest(bar=bar, alpha=0.05))


@pytest.mark.parametrize(
    ("line", "test"),
    [
        ("cost <= 0.40 EUR/case cap 5 EUR", MeanTest(bar=0.4, cap=5.0, alpha=0.05)),
        ("csat >= 4.2 cap 5", MeanTest(bar=4.2, cap=5.0, alpha=0.05, at_most=False)),
        ("agent_time mean <= 2 min cap 10 min", MeanTest(bar=120.0, cap=600.0, alpha=0.05)),
    ],
)
def test_mean_with_a_cap_becomes_a_mean_test(line: str, test: MeanTest) -> None:
    """Times are in seconds, amounts as written."""
    found = _test(line)
    assert (found.form, found.test) == (Form.MEAN, test)


@pytest.mark.parametrize(
    ("clause", "reason"),
    [
        (
            parse_clause("cost <= 0.40 EUR/case"),
            (
                "a mean of 'cost' has no valid bound without a hard cap per case; "
                "write e.g. 'cost <= 0.40 EUR/case cap 4 EUR'"
            ),
        ),
        (
            parse_clause("throughput >= 100 cases per week"),
            (
                "'throughput' counts cases over a time and has no value in "
                "a single case; only rates, quantiles and capped means can be judged yet"
            ),
        ),
        (
            parse_clause("any policy_violation"),
            ("'any policy_violation' is a tripwire; a gate needs a number, e.g. 'policy_violation <= 1 %'"),
        ),
        (
            parse_clause("rework_rate <= 2 % in 28 d"),
            (
                "'in 28 d' is a moving window, and a test that is looked at after "
                "every case needs all cases since the version was signed; leave the window out"
            ),
        ),
        (parse_clause("agent_time <= 10 min"), "'agent_time' needs a statistic; write e.g. 'agent_time p90 <= 10 min'"),
        (parse_clause("agreement >= 0.8"), "'agreement' is a rate; write a percentage, e.g. 'agreement >= 5 %'"),
        (
            parse_clause("rework_rate <= 0 %"),
            ("no number of cases can prove a rate of 0 %; the bound lies between 0 % and 100 %"),
        ),
        (
            parse_clause("cost <= 5 EUR/case cap 5 EUR"),
            ("a bound of 5 EUR/case with a cap of 5 EUR leaves nothing to prove; the bound lies between 0 and the cap"),
        ),
        (
            Clause(metric="agreement"),
            ("'agreement' has no number to be held against; write a bound, or a margin beside people"),
        ),
        (
            Clause(
                metric="agent_time", statistic="max", comparison=Comparison.AT_MOST, bound=Quantity(amount=Decimal(10))
            ),
            "'max' is no statistic that can be judged; write e.g. p90",
        ),
        (
            Clause(
                metric="agent_time", statistic="p0", comparison=Comparison.AT_MOST, bound=Quantity(amount=Decimal(10))
            ),
            "'p0' is the smallest value of all and no number of cases can prove it; write e.g. p90",
        ),
        (
            Clause(
                metric="cost",
                comparison=Comparison.AT_MOST,
                bound=Quantity(amount=Decimal(1), unit="EUR/case"),
                cap=Quantity(amount=Decimal(5), unit="USD"),
            ),
            "the cap of 5 USD and the bound of 1 EUR/case differ in unit; write both in EUR",
        ),
    ],
)
def test_clause_that_cannot_be_judged_says_what_is_missing(clause: Clause, reason: str) -> None:
    """Insufficient, and why; never silently passed or dropped."""
    found = clause_test(clause, 0.05)
    assert isinstance(found, NotJudged)
    assert found.reason == reason
    assert str(found) == f"insufficient: {reason}"


def test_unknown_metric_says_what_can_be_measured() -> None:
    """A gate on a metric that nobody measures would never open, and should not look as if it might."""
    found = clause_test(parse_clause("happiness >= 90 %"), 0.05)
    assert isinstance(found, NotJudged)
    assert found.reason.startswith("nobody measures 'happiness'; what can be measured is agent_time, agreement, ")


def test_impossible_alpha_is_refused() -> None:
    """A confidence of 100 % has no test."""
    with pytest.raises(ImpossibleParameter, match=r"^impossible-parameter: alpha=0\.0 is no share"):
        clause_test(parse_clause("agreement >= 80 %"), 0.0)


def test_rate_counts_the_event_that_its_metric_names() -> None:
    """1.0 is "agreed" for agreement and "ungrounded" for ungrounded_rate."""
    found = _test("agreement >= 80 %").judge([1.0] * 20 + [0.0, None])
    assert (found.n, found.failures, found.pending, found.passed, found.passed_at) == (21, 1, 1, True, 20)
    assert found.estimate == pytest.approx(20 / 21)
    assert found.lower == pytest.approx(RateTest(bar=0.8, alpha=0.05).lower_bound(20, 1))
    assert found.upper is None
    harm = _test("ungrounded_rate <= 5 %").judge([0.0] * 88)
    assert (harm.failures, harm.estimate, harm.passed, harm.lower) == (0, 0.0, True, None)
    assert harm.upper is not None
    assert harm.upper <= 0.05


def test_quantile_counts_cases_within_the_bound_in_seconds() -> None:
    """The bound is in seconds, also where the contract says minutes."""
    found = _test("agent_time p90 <= 10 min").judge([30.0] * 42 + [600.0])
    assert (found.n, found.failures, found.passed, found.estimate, found.upper) == (43, 0, True, 30.0, 600.0)
    slow = _test("agent_time p90 < 10 min").judge([30.0] * 42 + [600.0])
    assert (slow.failures, slow.passed) == (1, False)


def test_quantile_from_below_is_bounded_from_below() -> None:
    """At least 90 % of scores reach 3."""
    found = _test("csat p10 >= 3").judge([3.0] * 30 + [5.0] * 30)
    assert (found.failures, found.passed, found.estimate, found.lower, found.upper) == (0, True, 3.0, 3.0, None)


def test_mean_has_no_failures_and_an_upper_bound() -> None:
    """Money is not counted but summed."""
    found = _test("cost <= 0.40 EUR/case cap 5 EUR").judge([0.1] * 200 + [None])
    assert (found.n, found.pending, found.failures, found.passed) == (200, 1, None, True)
    assert found.estimate == pytest.approx(0.1)
    assert found.upper is not None
    assert 0.1 < found.upper < 0.4


@pytest.mark.parametrize(
    "line", ["agreement >= 80 %", "agent_time p90 <= 10 s", "cost <= 3 EUR/case cap 10 EUR", "escalation_rate <= 35 %"]
)
def test_no_cases_are_no_evidence(line: str) -> None:
    """Missing evidence is missing, not zero and not a pass."""
    found = _test(line).judge([])
    assert (found.n, found.estimate, found.lower, found.upper, found.meter, found.passed) == (
        0, None, None, None, 0.0, False
    )  # fmt: skip


@pytest.mark.parametrize(
    "line", ["agreement >= 80 %", "agent_time p90 <= 1 s", "cost <= 3 EUR/case cap 10 EUR", "escalation_rate <= 35 %"]
)
def test_settled_cases_travel_as_a_few_numbers(line: str) -> None:
    """The state of the settled cases, through JSON, gives the verdict of all of them."""
    test, values = _test(line), [1.0, 0.0, 1.0, 1.0] * 12
    state = test.start
    for value in values:
        state = test.settle(state, value)
    state = test.state_from_json(json.loads(json.dumps(test.state_to_json(state))))
    later, whole = test.judge([1.0, None, 0.0], after=state), test.judge([*values, 1.0, None, 0.0])
    assert (later.n, later.pending, later.failures) == (whole.n, whole.pending, whole.failures)
    assert later.log_e == pytest.approx(whole.log_e)
    assert later.passed_at == whole.passed_at


@pytest.mark.parametrize("numbers", [[], [math.nan, 0, None], [2.7, 0, None], [-1, 0, None], [1, 0, 9], ["1", 0, None]])
def test_a_stored_state_that_no_cases_led_to_is_refused(numbers: list[Any]) -> None:
    """Whoever edits the stored numbers edits the evidence."""
    test = _test("agreement >= 80 %")
    with pytest.raises(ImpossibleCounts):
        test.state_from_json({**test.state_to_json(test.start), "state": numbers})


@pytest.mark.parametrize("changed", ["agreement >= 75 %", "agreement >= 85 %", "escalation_rate <= 20 %"])
def test_evidence_is_not_carried_over_to_another_clause(changed: str) -> None:
    """Whoever changes the bar after the look has changed the question; the old answer is none."""
    test = _test("agreement >= 80 %")
    kept = test.state_to_json(test.settle(test.start, 1.0))
    with pytest.raises(EvidenceOfAnotherClause) as refused:
        _test(changed).state_from_json(kept)
    assert str(refused.value) == (
        "evidence-of-another-clause: This evidence was gathered for 'agreement >= 80 %' with an error of 0.05; the "
        f"contract now says '{changed}' with 0.05. Fold the observations again under the contract in force."
    )


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0, math.nan, math.inf])
def test_rate_refuses_what_is_neither_yes_nor_no(value: float) -> None:
    """Half an agreement is a fault of measurement."""
    with pytest.raises(ValueOutsideCap) as refused:
        _test("agreement >= 80 %").judge([value])
    assert str(refused.value) == (
        f"value-outside-cap: A case's agreement was observed as {value!r}; in one case a rate is 1 (it happened) "
        "or 0 (it did not). Correct the measurement."
    )


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_quantile_refuses_impossible_amounts(value: float) -> None:
    """A negative time is a fault of measurement."""
    with pytest.raises(ValueOutsideCap) as refused:
        _test("agent_time p90 <= 10 min").judge([value])
    assert str(refused.value) == (
        f"value-outside-cap: A case's agent_time was observed as {value!r}; it must be a finite number of at least 0. "
        "Correct the measurement."
    )


@pytest.mark.parametrize(
    ("line", "values", "words"),
    [
        (
            "agreement >= 92 %",
            [0.0] + [1.0] * 61,
            "Evidence 61 %. If the true rate were 92 % or lower, the chance that we would ever promote is at most 5 %.",
        ),
        (
            "ungrounded_rate <= 5 %",
            [0.0] * 88,
            (
                "Evidence 100 %, reached after 88 cases. If the true rate were 5 % or higher, "
                "the chance that we would ever promote is at most 5 %."
            ),
        ),
        (
            "agent_time p90 <= 10 min",
            [],
            (
                "Evidence 0 %. If agent_time were at most 10 min in 90 % of cases or fewer, "
                "the chance that we would ever promote is at most 5 %."
            ),
        ),
        (
            "csat p10 >= 3",
            [],
            (
                "Evidence 0 %. If csat were at least 3 in 90 % of cases or fewer, "
                "the chance that we would ever promote is at most 5 %."
            ),
        ),
        (
            "cost <= 0.40 EUR/case cap 5 EUR",
            [],
            (
                "Evidence 0 %. If the true mean were 0.40 EUR/case or higher, "
                "the chance that we would ever promote is at most 5 %."
            ),
        ),
    ],
)
def test_clause_words(line: str, values: list[float], words: str) -> None:
    """What a product owner reads beside the meter."""
    assert clause_words(_test(line).judge(values)) == words


@pytest.mark.parametrize(
    ("line", "limit", "bad", "good"),
    [
        ("rework_rate > 3 %", 0.03, 1.0, 0.0),
        ("agreement < 80 %", 0.2, 0.0, 1.0),
        ("agent_time p90 > 10 min", 0.1, 601.0, 600.0),
        ("csat p10 < 3", 0.1, 2.0, 3.0),
    ],
)
def test_tripwire_watches_the_share_of_bad_cases(line: str, limit: float, bad: float, good: float) -> None:
    """A tripwire says what is bad; its limit is the share of that which is still accepted."""
    found = _detector(line)
    assert found.limit == pytest.approx(limit)
    once, worse = found.update(found.start, good), found.update(found.start, bad)
    assert found.nearness(once) < found.nearness(worse)
    assert found.update(once, None) == once
    state = found.start
    for _ in range(50):
        state = found.update(state, bad)
    assert (found.alarm(state), found.nearness(state), found.alarm(once)) == (True, 1.0, False)


def test_any_rings_at_one_event() -> None:
    """One violation demotes at once."""
    found = _detector("any policy_violation")
    quiet = found.update(found.start, 0.0)
    assert (found.form, found.alarm(quiet), found.nearness(quiet)) == (Form.EVENT, False, 0.0)
    rung = found.update(found.update(quiet, 1.0), 0.0)
    assert (found.alarm(rung), found.nearness(rung)) == (True, 1.0)


def test_tripwire_on_a_mean_says_what_to_write() -> None:
    """Only rates, quantiles and events are watched yet."""
    found = tripwire_detector(parse_clause("cost > 0.40 EUR/case cap 5 EUR"), 10_000)
    assert isinstance(found, NotJudged)
    assert found.reason == (
        "a tripwire watches rates, quantiles and single events, not the mean of 'cost'; "
        "write e.g. 'cost p90 > 0.40 EUR/case'"
    )


def test_tripwire_that_nobody_measures_is_not_judged() -> None:
    """As for gates."""
    assert isinstance(tripwire_detector(parse_clause("happiness < 90 %"), 10_000), NotJudged)


def test_state_of_another_form_is_refused() -> None:
    """A rate's counts are no mean's capitals."""
    with pytest.raises(TypeError, match="a MeanState is no state of a rate clause"):
        _test("agreement >= 80 %").settle(_test("cost <= 3 EUR/case cap 10 EUR").start, 1.0)
