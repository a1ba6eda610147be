from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from goldenthread.promise.contract import Claim, ClauseEvidence, ClauseTest, clause_test, parse_clause
from goldenthread.promise.errors import ContractNotFound
from goldenthread.promise.evidence import RateTest, forecast
from goldenthread.promise.values import GateVerdict, Json, Level
from goldenthread.surfaces.views import (
    NextStep,
    as_json,
    case_page,
    contract_view,
    ladder,
    next_steps,
    outcome_lines,
    products,
    waiting,
)
from goldenthread.surfaces.views.forecasts import clause_forecast, in_words, only_waits
from surfaces.views.office import Office, dumped
from worlds import AGENT, FINANCE, OWNER


def test_products_say_how_far_each_has_come(office: Office) -> None:
    """The first page answers for every product at once: where it is, what holds it, and who is waited for."""
    found = {product.slice: product for product in products(office.ledger)}
    assert [(one.slice, one.level, one.signed, one.cases, one.waiting) for one in found.values()] == [
        ("claims", Level.SHADOW, True, 13, 0),
        ("letters", Level.DRAFT, True, 2, 2),
        ("refunds", Level.APPROVAL, True, 7, 3),
        ("visas", Level.SHADOW, False, 0, 0),
    ]
    assert [(one.by, one.role) for one in found["visas"].missing] == [(FINANCE, "data-owner")]
    assert found["visas"].reason == "No contract in force: nothing is earned"
    assert 0 < found["claims"].meter < 1
    assert dumped(as_json(list(found.values())))


def test_an_outcome_that_nobody_measured_is_unknown_with_owner_and_due_date(office: Office) -> None:
    """Unknown is a value of its own; a zero would be a lie about the business."""
    found = {product.slice: product.outcomes[0] for product in products(office.ledger)}
    due = next(case for case in case_page(office.desk("refunds")).cases if case.case.words == "waits").started_at
    day = (due + timedelta(weeks=8)).date()
    assert (found["refunds"].measured, found["refunds"].due) == (None, day)
    assert found["refunds"].words == f"unknown: finance-ops has reported nothing yet; due {day.isoformat()}"


def test_a_window_runs_from_the_first_live_case(office: Office) -> None:
    """Before any live case there is no date to be late for; replayed cases start no window."""
    found = next(product for product in products(office.ledger) if product.slice == "visas").outcomes[0]
    assert (found.measured, found.due) == (None, None)
    assert found.words == "unknown: its window of 8 weeks begins with the first live case"


def test_an_outcome_counts_only_what_its_own_owner_reported(busy_office: Office) -> None:
    """A number from anybody else is no answer of the line's owner."""
    busy_office.agent.observe("refunds", case="approved", metric="cost_to_serve", value=7.0, by=FINANCE)
    busy_office.agent.observe("refunds", case="edited", metric="cost_to_serve", value=8.0, by=FINANCE)
    busy_office.agent.observe("refunds", case="waits", metric="cost_to_serve", value=100.0, by=OWNER)
    standing = busy_office.desk("refunds").standing()
    assert standing.contract is not None
    line = outcome_lines(standing.contract, standing)[0]
    assert (line.measured, line.cases) == ("7.5 EUR/case", 2)


def test_a_median_is_told_in_the_unit_of_its_target(busy_office: Office) -> None:
    """The owner promised hours, so hours are shown."""
    for case, seconds in (("approved", 3600.0), ("edited", 5400.0), ("waits", 36000.0)):
        busy_office.agent.observe("refunds", case=case, metric="time_to_answer", value=seconds, by="customer-desk")
    standing = busy_office.desk("refunds").standing()
    assert standing.contract is not None
    line = outcome_lines(standing.contract, standing)[1]
    assert line.measured == "1.5 h"
    assert re.fullmatch(r"running: 1\.5 h over 3 values of \S+ to \S+; due \S+", line.words)


def test_ladder_shows_each_rung_with_its_evidence(office: Office) -> None:
    """An owner reads off the ladder what is earned, what is next and what the contract rules out."""
    view = ladder(office.desk("claims"))
    assert [(rung.level.value, rung.state) for rung in view.rungs] == [
        ("shadow", "here"),
        ("draft", "next"),
        ("approval", "later"),
        ("constrained", "later"),
        ("expanded", "beyond"),
    ]
    agreement = view.rungs[1].clauses[0]
    assert (agreement.text, agreement.cases, agreement.failures, agreement.estimate) == (
        "agreement >= 80 %",
        12,
        1,
        "91.7 %",
    )
    assert (agreement.passed, agreement.needs, agreement.missing) == (False, 20, None)
    assert agreement.forecast is not None
    assert "more than 99 %" not in str(view.rungs[1].clauses[1].forecast)
    assert view.verdict is GateVerdict.INSUFFICIENT
    assert view.forecast == f"agreement >= 80 %: {agreement.forecast}"
    assert (view.agent, view.cases, view.earlier) == (AGENT, 13, ())


def test_a_clause_that_nobody_measured_is_missing_not_zero(office: Office) -> None:
    """No data is never a pass, and never a number either."""
    clause = ladder(office.desk("claims")).rungs[3].clauses[0]
    assert (clause.text, clause.estimate, clause.proved) == ("approved_unedited >= 95 %", None, None)
    assert clause.missing == "nobody has measured approved_unedited yet"
    assert clause.words == "Not enough evidence: nobody has measured approved_unedited yet."


def test_nothing_is_forecast_from_no_case(office: Office) -> None:
    """A present rate needs a case; a number without one would be made up."""
    clause = ladder(office.desk("letters")).rungs[2].clauses[0]
    assert (clause.text, clause.cases, clause.pending) == ("agreement >= 85 %", 0, 1)
    assert (clause.estimate, clause.forecast) == (None, None)


@pytest.mark.parametrize(
    ("successes", "words"),
    [
        (
            1,
            "About 87 more cases if all goes on like the few seen. They are little to go by: it may well take more "
            "than 3,000.",
        ),
        (
            2,
            "About 86 more cases at the present rate (80 % range 943 to more than 3,000); 88 % chance it never clears "
            "within 3,000.",
        ),
    ],
)
def test_a_forecast_that_lies_beyond_the_horizon_says_so_plainly(successes: int, words: str) -> None:
    """'80 % range beyond to more than 3,000' tells nobody anything."""
    more = forecast(RateTest(bar=0.95, alpha=0.05), successes, 0, horizon=3000)
    assert in_words(more) == words


def _judged(line: str, values: list[float | None]) -> tuple[ClauseTest, ClauseEvidence]:
    test = clause_test(parse_clause(line), 0.05)
    assert isinstance(test, ClauseTest)
    return test, test.judge(values)


@pytest.mark.parametrize(
    ("values", "words", "waits"),
    [
        (
            [None, *[1.0] * 25],
            "What is known would prove it; 1 case is open, and taken for a failure until it is known.",
            True,
        ),
        (
            [None] * 3 + [1.0] * 25,
            "What is known would prove it; 3 cases are open, each taken for a failure until it is known.",
            True,
        ),
        (
            [None, *[1.0] * 12],
            "About 8 more cases at the present rate (80 % range 8 to 261); 6 % chance it never clears within 3,000. "
            "The open case counts among them once it is known.",
            False,
        ),
    ],
)
def test_a_forecast_never_says_that_an_unproved_clause_needs_no_more(
    values: list[float | None], words: str, waits: bool
) -> None:
    """'No more cases needed' beside 'Not proved yet' leaves its reader believing neither."""
    test, evidence = _judged("agreement >= 80 %", values)
    assert not evidence.passed
    assert clause_forecast(test, evidence, Claim.PERIOD) == words
    assert only_waits(test, evidence, Claim.PERIOD) is waits


def test_cases_are_no_forecast_of_days() -> None:
    """A claim about future days takes days, whatever number of cases comes on one of them."""
    test, evidence = _judged("agreement >= 80 %", [1.0] * 12)
    assert clause_forecast(test, evidence, Claim.PERIOD) is not None
    assert clause_forecast(test, evidence, Claim.FUTURE_DAYS) is None


def test_a_gate_that_open_cases_hold_back_says_so_wherever_it_is_shown(busy_office: Office) -> None:
    """People can find the open cases out; more work of the agent is not what is lacking."""
    for number in range(3):
        with pytest.raises(KeyboardInterrupt), busy_office.agent.run("claims", case=f"open-{number}"):
            raise KeyboardInterrupt
    decided: dict[str, Json] = {"order": "x", "amount": 10, "country": "DE"}
    for number in range(20):
        busy_office.agent.record_decisions("claims", [(f"more-{number}", "pay", {**decided})], by=OWNER)
        with busy_office.agent.run("claims", case=f"more-{number}"):
            busy_office.pay(**decided)
    view = ladder(busy_office.desk("claims"))
    assert view.level is Level.SHADOW
    clause = view.rungs[1].clauses[0]
    assert (clause.passed, clause.waits, clause.pending) == (False, True, 3)
    words = "What is known would prove it; 3 cases are open, each taken for a failure until it is known."
    assert clause.forecast == words
    assert f"For draft, 'agreement >= 80 %' waits for 3 open cases only. {words}" in [
        step.words for step in steps_of(busy_office, "claims")
    ]


def test_ladder_without_an_agent_shows_what_the_contract_asks(office: Office) -> None:
    """A contract can be read before anybody works under it."""
    view = ladder(office.desk("visas"))
    assert (view.agent, view.fingerprint, view.level) == (None, None, Level.SHADOW)
    assert [clause.missing for clause in view.rungs[1].clauses] == ["no agent has worked a case"]


def test_level_changes_stand_with_the_evidence_that_caused_them(busy_office: Office) -> None:
    """A level is only as good as the record that earned it."""
    busy_office.climb("claims", Level.DRAFT)
    view = ladder(busy_office.desk("claims"))
    change = view.changes[0]
    assert (change.before, change.after, change.verdict) == (Level.SHADOW, Level.DRAFT, "promote")
    assert change.place.startswith("claims#")
    assert [(one["clause"], one["passed"]) for one in change.evidence] == [
        ("agreement >= 80 %", True),
        ("escalation_rate <= 35 %", True),
    ]
    assert view.since == view.changes[-1].at


def test_contract_view_names_every_signature_with_its_place(office: Office) -> None:
    """Who promised what, as what, when, and where it stands on record."""
    view = contract_view(office.desk("refunds"))
    assert [(one.by, one.role, one.place) for one in view.signatures] == [
        ("maya@example.com", "owner", "refunds#2"),
        ("expert@example.com", "expert", "refunds#3"),
        ("finance-ops", "data-owner", "refunds#4"),
        ("customer-desk", "data-owner", "refunds#5"),
    ]
    assert (view.in_force, view.words) == (True, "in force: everybody it names has signed")


def test_an_unsigned_contract_says_who_must_sign(office: Office) -> None:
    """What is not signed is not in force, and somebody can do something about it."""
    view = contract_view(office.desk("visas"))
    assert (view.in_force, view.words) == (False, "not in force: finance-ops (data-owner) must still sign")


def test_a_version_that_does_not_exist_is_refused(office: Office) -> None:
    """A page of the wrong version would show another promise."""
    with pytest.raises(ContractNotFound) as refused:
        contract_view(office.desk("refunds"), 7)
    assert str(refused.value) == (
        "contract-not-found: No contract 'refunds' at version 7; its versions are 1. Run `goldenthread contract list`."
    )


def steps_of(office: Office, slice_name: str) -> tuple[NextStep, ...]:
    """What people can do next in a slice."""
    desk = office.desk(slice_name)
    outcomes = next(product for product in products(office.ledger) if product.slice == slice_name).outcomes
    return next_steps(contract_view(desk), ladder(desk), waiting(desk), outcomes)


def test_next_steps_name_who_can_do_what(office: Office) -> None:
    """A page that only states a problem leaves its reader alone with it."""
    first, second, third = steps_of(office, "refunds")[:3]
    assert first == NextStep(words="An approver says yes or no to 2 cases.", command="goldenthread inbox list refunds")
    assert second.words == "An approver decides what the agent handed over: 1 case."
    assert third.words.startswith("For constrained, the agent works more cases until 'approved_unedited >= 95 %' is")


def test_next_step_of_an_unsigned_contract_is_the_signature(office: Office) -> None:
    """Nothing else moves before it."""
    assert steps_of(office, "visas")[0] == NextStep(
        words="finance-ops signs version 1 as data-owner.",
        command="goldenthread contract sign FILE --as finance-ops",
    )


def test_days_are_iso_in_json(office: Office) -> None:
    """Programs read the twin."""
    told = as_json(products(office.ledger)[2])
    assert date.fromisoformat(told["outcomes"][0]["due"]) > date(2026, 1, 1)
    assert told["level"] == "approval"
