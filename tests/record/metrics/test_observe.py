"""What a run shows of its case: each metric as DESIGN.md words it, with the source of every value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from goldenthread.promise.values import Json
from goldenthread.record.metrics import Observation, Proposal, RunFacts, agrees, observe_run

PAY = Proposal(action="pay", arguments={"order": "a", "amount": 7})
FACTS = RunFacts(
    proposal=PAY,
    recorded=None,
    blind_asked=False,
    escalated=False,
    grounded=None,
    agent_time_s=1.5,
    violation=False,
    live=True,
)


def seen(**facts: Any) -> dict[str, tuple[float | None, str]]:
    """Metric -> value and source."""
    return {one.metric: (one.value, one.source) for one in observe_run(replace(FACTS, **facts))}


def test_a_plain_live_run_shows_what_the_guard_itself_saw() -> None:
    """Nothing in it is the agent's own word."""
    assert seen() == {
        "escalation_rate": (0.0, "guard"),
        "policy_violation": (0.0, "guard"),
        "agent_time": (1.5, "clock"),
    }


def test_the_order_of_observations_is_fixed() -> None:
    """Replay compares records byte for byte."""
    full = observe_run(replace(FACTS, recorded=PAY, grounded=True))
    assert [one.metric for one in full] == [
        "escalation_rate",
        "agreement",
        "ungrounded_rate",
        "policy_violation",
        "agent_time",
    ]


@pytest.mark.parametrize(
    ("decided", "value"),
    [
        ({"order": "a", "amount": 7}, 1.0),
        ({"amount": 7}, 1.0),
        ({}, 1.0),
        ({"amount": 8}, 0.0),
        ({"amount": 7.0}, 1.0),
        ({"amount": "7"}, 0.0),
        ({"currency": "EUR"}, 0.0),
    ],
)
def test_agreement_is_the_same_action_and_every_value_that_the_decision_states(
    decided: dict[str, Json], value: float
) -> None:
    """A person who decided nothing about an argument has not disagreed on it."""
    assert seen(recorded=Proposal(action="pay", arguments=decided))["agreement"] == (value, "replay")


def test_another_action_is_no_agreement() -> None:
    """To refuse with the right amount is still to refuse."""
    assert seen(recorded=Proposal(action="refuse", arguments=PAY.arguments))["agreement"] == (0.0, "replay")


@pytest.mark.parametrize(
    ("proposed", "decided"),
    [
        ({"urgent": True}, {"urgent": 1}),
        ({"urgent": 0}, {"urgent": False}),
        ({"urgent": [True]}, {"urgent": [1]}),
        ({}, {"urgent": None}),
    ],
)
def test_values_that_only_python_takes_for_equal_do_not_agree(
    proposed: dict[str, Json], decided: dict[str, Json]
) -> None:
    """True is not 1, and saying nothing is not saying null; agreement is evidence and must not be rounded up."""
    assert not agrees(Proposal(action="pay", arguments=proposed), Proposal(action="pay", arguments=decided))


def test_a_question_that_is_out_is_pending_and_not_zero() -> None:
    """A value that was asked for and is still out is None, never zero."""
    assert seen(blind_asked=True)["agreement"] == (None, "person")


def test_a_recorded_decision_is_known_even_where_a_person_was_asked() -> None:
    """The decision is there; nobody must wait for another."""
    assert seen(blind_asked=True, recorded=PAY)["agreement"] == (1.0, "replay")


def test_without_a_blind_decision_there_is_no_agreement() -> None:
    """No data is absent, and never a pass."""
    assert "agreement" not in seen()


def test_an_escalation_is_no_proposal() -> None:
    """It counts in its own line, which bounds it; it neither agrees nor disagrees."""
    shown = seen(proposal=None, recorded=PAY, escalated=True, grounded=None)
    assert shown["escalation_rate"] == (1.0, "guard")
    assert not {"agreement", "ungrounded_rate"} & set(shown)


@pytest.mark.parametrize(("grounded", "value"), [(True, 0.0), (False, 1.0)])
def test_grounding_is_our_own_check(grounded: bool, value: float) -> None:
    """The agent cites; whether the citation bears the claim is not for it to say."""
    assert seen(grounded=grounded)["ungrounded_rate"] == (value, "check")


def test_where_no_citation_is_asked_for_none_is_missed() -> None:
    """A metric that does not apply is absent."""
    assert "ungrounded_rate" not in seen(grounded=None)


def test_in_shadow_and_on_replay_no_rule_can_be_broken() -> None:
    """`policy_violation` counts above shadow; a clean shadow must not thin it out."""
    assert "policy_violation" not in seen(live=False)
    assert "policy_violation" not in seen(live=False, violation=True)


def test_a_violation_was_observed_when_it_happened() -> None:
    """At the end of the run only a clean record is left to say; a second value would count it twice."""
    assert "policy_violation" not in seen(violation=True)


def test_time_is_written_so_that_every_machine_writes_the_same() -> None:
    """Floats as long as memory would tell processors apart."""
    assert seen(agent_time_s=0.1 + 0.2)["agent_time"] == (0.3, "clock")


def test_records_are_plain_json() -> None:
    """What stands in the ledger is read by programs that do not have these classes."""
    assert Observation(metric="agreement", value=None, source="person").record() == {
        "metric": "agreement",
        "value": None,
        "source": "person",
    }
    assert PAY.record() == {"action": "pay", "arguments": {"order": "a", "amount": 7}}
