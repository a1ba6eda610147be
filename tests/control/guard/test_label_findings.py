"""Labels that an adversary would like to bend: decisions that are not blind, values that are none, whose harm it is."""

from __future__ import annotations

from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, acting_alone, observed, records, sign
from goldenthread.control.guard import escalate, record_decisions, record_observation
from goldenthread.promise.errors import CaseUnknown, DecisionConflict, ObservationRefused
from goldenthread.promise.values import Level
from goldenthread.record.metrics import Proposal
from worlds import APPROVER, EXPERT, World

PAY = Proposal(action="pay", arguments={"order": "x", "amount": 1})
READ: dict[str, Any] = {"look": {"effect": "read"}}


def recorded(agent: Agent, *cases: str) -> None:
    """People's decision on cases before, as far as they say."""
    record_decisions(agent.desk, [(case, PAY) for case in cases], EXPERT, agent.world.keyring.sign)


def report(agent: Agent, metric: str, value: Any, case: str = "c1", **manner: Any) -> None:
    """Somebody outside says what became of a case."""
    record_observation(agent.desk, case, metric, value, APPROVER, agent.world.keyring.sign, **manner)


def told(agent: Agent) -> list[tuple[str, str]]:
    """(run, fingerprint) that got reported labels, in order."""
    return [
        (r.data["run"], r.data["fingerprint"]) for r in records(agent.world, "case:observe") if "envelope" in r.data
    ]


# --- blind means blind --------------------------------------------------------------------------


def test_a_decision_on_a_case_that_people_may_have_seen_is_refused_and_nothing_is_recorded(world: World) -> None:
    """Whoever saw the draft and writes it down would make every agent right."""
    sign(world, level="draft", blind=1)
    agent = Agent(world)
    run = agent.run("c1")
    agent.ask(run, order="x", amount=1)
    before = len(records(world))
    with pytest.raises(DecisionConflict) as refused:
        recorded(agent, "fresh", "c1")
    assert str(refused.value) == (
        "decision-conflict: Case 'c1' of 'refunds' was worked live at draft or above, where people may have seen the "
        "proposal; a past decision is one made before that. Leave this case out."
    )
    assert len(records(world)) == before
    assert agent.run("fresh").source == "live", "not even its row"


@pytest.mark.parametrize("status", ["drafted", "denied", "escalated", "fault", "superseded"])
def test_however_the_draft_ended_it_was_seen(world: World, status: str) -> None:
    """Else a fault on purpose would make the case look fresh."""
    sign(world, level="draft", blind=1)
    agent = Agent(world)
    run = agent.run("c1")
    agent.ask(run, order="x", amount=1)
    if status == "superseded":
        Agent(world, model="other").run("c1")
    else:
        agent.end(run, status)
    with pytest.raises(DecisionConflict):
        recorded(agent, "c1")


def test_a_case_worked_in_shadow_may_still_be_decided_blind(world: World) -> None:
    """Nobody saw it: that is what shadow is for, and the next run of it is held against the decision."""
    sign(world, level="shadow")
    agent = Agent(world)
    run = agent.run("c1")
    agent.ask(run, order="x", amount=1)
    recorded(agent, "c1")
    agent.end(run, "denied")
    assert observed(world, "agreement") == [], "the run was live; only a replay is held against the past"
    again = Agent(world, model="other")
    replay = again.run("c1")
    again.ask(replay, order="x", amount=1)
    again.end(replay, "denied")
    assert (replay.source, observed(world, "agreement")) == ("replay", [1.0])


def test_a_shadow_run_that_rose_and_asked_people_counts_as_seen(world: World) -> None:
    """The level at the start of a run is not the level at which it was looked at."""
    far = {"approval": ["agreement >= 99 %"], "constrained": ["agreement >= 99 %"]}
    sign(world, level="shadow", gates={"draft": ["agreement >= 50 %"], **far})
    agent = Agent(world)
    agent.run("c1")
    agent.climb(40)
    assert agent.level() is Level.DRAFT
    run = agent.run("c1")
    assert (run.resumed, run.level) == (True, Level.DRAFT)
    escalate(agent.desk, run, "strange")
    agent.end(run, "escalated")
    with pytest.raises(DecisionConflict):
        recorded(agent, "c1")


def test_what_is_on_record_already_may_be_said_again(world: World) -> None:
    """An import that is repeated after a crash must not stumble over its own cases."""
    sign(world, level="draft", blind=1)
    agent = Agent(world)
    recorded(agent, "c1")
    agent.end(agent.run("c1"), "denied")
    recorded(agent, "c1")
    assert len(records(world, "case:decision:record")) == 1


def test_a_blind_answer_before_the_end_of_the_run_stays_and_a_later_one_still_counts(world: World) -> None:
    """Quick answers and slow ones are the same evidence."""
    sign(world, level="draft", blind=100)
    agent = Agent(world)
    for case, quick in (("c1", True), ("c2", False)):
        run = agent.run(case)
        agent.ask(run, order="x", amount=1)
        (item,) = world.inbox(SLICE).items()
        if not quick:
            agent.end(run, "drafted")
        world.inbox(SLICE).answer(item.id, PAY, by=APPROVER)
        if quick:
            agent.end(run, "drafted")
    assert observed(world, "agreement") == [1.0, None, 1.0]
    rows = agent.desk.standing().agents[agent.declaration.fingerprint].rows.values()
    assert [row.values["agreement"] for row in rows] == [1.0, 1.0]


# --- values that are none -----------------------------------------------------------------------

SCORED = {"constrained": ["agreement >= 50 %"], "expanded": ["csat >= 4 cap 4.7"]}
NUMBER = "Report a number, such as 1.0."
LARGE = "numbers are kept up to 9007199254740991. Report one that a case can have."
NO_VALUES = [
    ("cost", True, f"'cost' is measured as a number, not True. {NUMBER}"),
    ("rework_rate", True, f"'rework_rate' is measured as a number, not True. {NUMBER}"),
    ("cost", "x", f"'cost' is measured as a number, not a value of type str. {NUMBER}"),
    ("cost", None, f"'cost' is measured as a number, not a value of type NoneType. {NUMBER}"),
    ("cost", [1], f"'cost' is measured as a number, not a value of type list. {NUMBER}"),
    ("cost", 10**400, f"'cost' cannot be a whole number around 2**1328: {LARGE}"),
    ("cost", -(10**5000), f"'cost' cannot be a whole number around -2**16609: {LARGE}"),
    ("cost", 1e300, f"'cost' cannot be 1e+300: {LARGE}"),
    ("cost", float("inf"), "'cost' cannot be inf. Report a number of at least 0."),
    (
        "csat",
        4.8,
        "'csat' cannot be 4.8: by 'csat >= 4 cap 4.7' its scale ends at 4.7. Report a number between 0 and 4.7.",
    ),
]


@pytest.mark.parametrize(
    ("metric", "value", "words"), NO_VALUES, ids=[f"{m}-{n}" for n, (m, _, _) in enumerate(NO_VALUES)]
)
@pytest.mark.parametrize("of", ["agent", "people"])
def test_what_is_no_value_is_refused_by_name(world: World, metric: str, value: Any, words: str, of: str) -> None:
    """What stops the gate later is refused where it can still be mended."""
    sign(world, level="approval", ceiling="expanded", gates=SCORED)
    agent = Agent(world)
    agent.end(agent.run("c1"))
    before = len(records(world))
    with pytest.raises(ObservationRefused) as refused:
        report(agent, metric, value, of=of)
    assert str(refused.value) == f"observation-refused: {words}"
    assert len(records(world)) == before


def test_the_top_of_a_scale_and_a_cost_above_its_cap_are_facts(world: World) -> None:
    """A perfect score must be sayable, and so must a case that cost more than anybody thought."""
    gates = {"constrained": ["cost <= 0.40 EUR/case cap 5 EUR"], "expanded": ["csat >= 4 cap 4.7"]}
    sign(world, level="approval", ceiling="expanded", gates=gates)
    agent = Agent(world)
    agent.end(agent.run("c1"))
    report(agent, "csat", 4.7)
    report(agent, "cost", 9)
    assert (observed(world, "csat"), observed(world, "cost")) == ([4.7], [9])


# --- whose it was -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ["denied", "fault", "same again", "left open", "read"])
def test_a_label_goes_to_the_release_that_acted(world: World, ending: str) -> None:
    """Who only looked later, failed, or was given the first one's result back, did nothing to the case."""
    first = acting_alone(world, actions=KEYED | READ)
    run = first.run("c1")
    first.act(run, order="x", amount=1)
    first.end(run)
    second = Agent(world, model="other")
    again = second.run("c1")
    if ending == "same again":
        assert second.ask(again, order="x", amount=1).state == "done"
        second.end(again)
    elif ending == "read":
        second.act(again, "look")
        second.end(again, "denied")
    elif ending != "left open":
        second.end(again, ending)
    report(first, "rework_rate", 1.0)
    assert told(first) == [(run.id, first.declaration.fingerprint)]


def test_an_effect_of_a_run_that_was_taken_over_is_still_its_own(world: World) -> None:
    """A release that acts and leaves the case open must not hand its harm to the one that finds it."""
    first = acting_alone(world)
    run = first.run("c1")
    first.act(run, order="x", amount=1)
    second = Agent(world, model="other")
    second.end(second.run("c1"), "denied")
    report(first, "rework_rate", 1.0)
    assert told(first) == [(run.id, first.declaration.fingerprint)]


def test_the_last_release_that_acted_answers_for_the_case(world: World) -> None:
    """Of two that did something, the later had the last word."""
    first = acting_alone(world)
    run = first.run("c1")
    first.act(run, order="x", amount=1)
    first.end(run)
    second = Agent(world, model="other")
    later = second.run("c1")
    outcome = second.ask(later, order="y", amount=2)
    assert outcome.item is not None
    world.inbox(SLICE).approve(outcome.item, by=APPROVER)
    second.act(later, order="y", amount=2)
    second.end(later)
    report(first, "rework_rate", 1.0)
    assert told(first) == [(later.id, second.declaration.fingerprint)]


def test_a_case_that_nobody_acted_on_belongs_to_the_last_run_that_counts(world: World) -> None:
    """In shadow and draft there is only what was proposed; a fault after it hides nothing."""
    sign(world, level="draft", blind=1)
    first, second, third = (Agent(world, model=name) for name in ("one", "two", "three"))
    first.end(first.run("c1"), "drafted")
    run = second.run("c1")
    second.end(run, "drafted")
    third.end(third.run("c1"), "fault")
    report(first, "task_success", 1.0)
    assert told(first) == [(run.id, second.declaration.fingerprint)]


def test_only_faults_take_no_label_whoever_ran_into_them(world: World) -> None:
    """There is no run by which the case counts, under any release."""
    sign(world, level="draft", blind=1)
    first, second = (Agent(world, model=name) for name in ("one", "two"))
    for agent in (first, second):
        agent.end(agent.run("c1"), "fault")
    with pytest.raises(CaseUnknown):
        report(first, "rework_rate", 1.0)
