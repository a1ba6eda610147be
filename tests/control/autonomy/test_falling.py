"""What brings an agent down, how far, and what it takes to come back."""

from __future__ import annotations

import pytest

from control.autonomy.story import FIRST, SECOND, SLICE, Story
from goldenthread.promise.evidence import RollbackDetector
from goldenthread.promise.values import GateVerdict, Level
from worlds import contract_text

TRIPWIRES = "approval: [rework_rate > 3 %]\n    draft: [any policy_violation]"


def text(tripwires: str, **wanted: object) -> str:
    """A contract with these tripwires in place of the usual ones."""
    return contract_text(SLICE, **wanted).replace(TRIPWIRES, tripwires)  # type: ignore[arg-type]


def told(tripwires: str, **wanted: object) -> Story:
    """A story whose contract has these tripwires."""
    story = Story(signed=False)
    story.sign(text(tripwires, **wanted))
    return story


@pytest.mark.parametrize("above", [Level.APPROVAL, Level.CONSTRAINED])
def test_a_single_event_brings_the_agent_down_from_any_level_above(above: Level) -> None:
    """The key of a tripwire is the level fallen to, from wherever."""
    story = Story()
    story.until(above)
    story.case(policy_violation=1.0)
    assert story.level() is Level.DRAFT
    change = story.changes[-1]
    assert (change["from"], change["to"], change["verdict"]) == (above.value, "draft", "demote")
    assert change["tripwire"] == "any policy_violation"
    assert change["reason"] == "Tripwire 'any policy_violation' was hit: back to draft"
    assert change["suspends"] is False


def test_no_event_no_fall() -> None:
    """A tripwire that rings without cause costs trust in it."""
    story = Story()
    story.until(Level.CONSTRAINED)
    story.cases(200, policy_violation=0.0, rework_rate=0.0)
    assert story.level() is Level.CONSTRAINED


def test_a_rate_tripwire_rings_at_the_very_case_that_proves_it() -> None:
    """The detector of evidence.md, with the contract's limit and false alarm."""
    detector = RollbackDetector(limit=0.03, false_alarm=10_000.0)
    state, expected = detector.start, 0
    while not detector.alarm(state):
        state, expected = detector.update(state, True), expected + 1
    story = Story()
    story.until(Level.CONSTRAINED)
    story.cases(expected - 1, rework_rate=1.0)
    assert story.level() is Level.CONSTRAINED
    story.case(rework_rate=1.0)
    assert story.level() is Level.APPROVAL
    assert story.changes[-1]["reason"] == (
        "Tripwire 'rework_rate > 3 %' was hit (a false alarm comes once in 10,000 cases at most): back to approval"
    )


def test_failures_count_when_they_arrive_and_pending_ones_do_not() -> None:
    """An alarm waits for nobody's label."""
    story = Story()
    story.until(Level.CONSTRAINED)
    story.cases(50, rework_rate=None)
    assert story.level() is Level.CONSTRAINED
    late = [story.case(rework_rate=None) for _ in range(10)]
    for run in late:
        story.observe(run, rework_rate=1.0)
    assert story.level() is Level.APPROVAL


def test_an_alarm_remembers_what_was_seen_below_its_level() -> None:
    """Harm done on the way up is not forgotten at the top."""
    detector = RollbackDetector(limit=0.03, false_alarm=10_000.0)
    state, expected = detector.start, 0
    while not detector.alarm(state):
        state, expected = detector.update(state, True), expected + 1
    story = Story()
    story.cases(expected - 1, rework_rate=1.0)
    story.until(Level.CONSTRAINED)
    story.case(rework_rate=1.0)
    assert story.level() is Level.APPROVAL


def test_the_deepest_of_two_falls_counts() -> None:
    """Two alarms at once are not the milder one."""
    story = told("approval: [any rework_rate]\n    shadow: [any policy_violation]")
    story.until(Level.CONSTRAINED)
    story.case(policy_violation=1.0, rework_rate=1.0)
    assert story.level() is Level.SHADOW
    assert story.changes[-1]["tripwire"] == "any policy_violation"


def test_at_the_lowest_level_a_tripwire_suspends_the_slice() -> None:
    """Below shadow there is only standing still."""
    story = told("shadow: [any policy_violation]")
    story.case(policy_violation=1.0)
    assert story.standing.suspended
    change = story.changes[-1]
    assert (change["from"], change["to"], change["suspends"]) == ("shadow", "shadow", True)
    assert change["reason"] == "Tripwire 'any policy_violation' was hit: the slice is suspended"


def test_a_fall_to_the_lowest_level_does_not_suspend_yet() -> None:
    """It falls first; only what goes wrong down there stops the slice."""
    story = told("shadow: [any policy_violation]")
    story.until(Level.DRAFT)
    story.case(policy_violation=1.0)
    assert (story.level(), story.standing.suspended) == (Level.SHADOW, False)
    story.case(policy_violation=1.0)
    assert (story.level(), story.standing.suspended) == (Level.SHADOW, True)


def test_a_stopped_slice_promotes_nobody_until_two_people_let_it_go_on() -> None:
    """Standing still is standing still, however good the evidence is."""
    story = Story()
    stop = story.tell("stop:set", {"tool": None, "reason": "odd"}, by="maya@example.com")
    story.cases(50, agreement=1.0)
    verdict = story.verdict()
    assert (story.level(), verdict.verdict) == (Level.SHADOW, GateVerdict.HOLD)
    assert verdict.reason == "The slice is suspended"
    story.tell("stop:lift", {"stop": f"refunds#{stop.seq}"}, by="maya@example.com")
    assert story.standing.suspended
    story.tell("stop:lift", {"stop": f"refunds#{stop.seq}"}, by="lee@example.com")
    story.case(agreement=1.0)
    assert story.level() > Level.SHADOW


def test_after_a_fall_the_evidence_starts_afresh() -> None:
    """Hysteresis: what was proved before the fall was proved wrong by it."""
    story = Story()
    story.until(Level.APPROVAL)
    story.case(policy_violation=1.0)
    assert story.level() is Level.DRAFT
    story.cases(27, agreement=1.0)
    assert story.level() is Level.DRAFT
    story.case(agreement=1.0)
    assert story.level() is Level.APPROVAL
    assert story.changes[-1]["evidence"][0]["cases"] == 28


def test_cases_from_before_a_fall_do_not_count_again() -> None:
    """Neither a late label nor another run brings old evidence back."""
    story = Story()
    old = [f"old {number}" for number in range(60)]
    late = story.start("late")
    runs = [story.case(case, agreement=1.0) for case in old]
    assert story.level() is Level.APPROVAL
    story.case(policy_violation=1.0)
    for run in runs:
        story.observe(run, agreement=1.0)
    for case in old:
        story.case(case, agreement=1.0)
    story.end(late)
    story.observe(late, agreement=1.0, escalation_rate=0.0)
    assert story.level() is Level.DRAFT
    assert story.evidence().n == 0


def test_after_a_fall_the_alarm_starts_afresh_too() -> None:
    """The same harm does not bring the agent down twice."""
    story = Story()
    story.until(Level.CONSTRAINED)
    run = story.case(rework_rate=None)
    story.case(policy_violation=1.0)
    story.until(Level.APPROVAL)
    story.observe(run, policy_violation=1.0)
    assert story.level() is Level.APPROVAL
    assert story.moves().count(("constrained", "draft")) == 1


def test_an_agent_at_the_tripwires_own_level_stays_and_loses_its_evidence() -> None:
    """There is nothing to fall to, but what was gathered is spoiled."""
    story = Story()
    story.until(Level.DRAFT)
    story.cases(7, agreement=1.0)
    story.case(policy_violation=1.0)
    assert story.level() is Level.DRAFT
    assert story.changes[-1]["reason"] == (
        "Tripwire 'any policy_violation' was hit: the evidence starts afresh at draft"
    )
    story.cases(27, agreement=1.0)
    assert story.level() is Level.DRAFT
    story.case(agreement=1.0)
    assert story.level() is Level.APPROVAL


def test_a_fall_never_lifts() -> None:
    """A tripwire keyed above the present level is no ladder."""
    story = told("constrained: [any rework_rate]")
    story.case(rework_rate=1.0)
    assert story.level() is Level.SHADOW


def test_one_fingerprint_falls_alone() -> None:
    """Evidence belongs to a fingerprint, and so does harm."""
    story = Story()
    story.until(Level.APPROVAL)
    story.declare(SECOND)
    story.until(Level.APPROVAL, fingerprint=SECOND)
    story.case(fingerprint=SECOND, policy_violation=1.0)
    assert (story.level(FIRST), story.level(SECOND)) == (Level.APPROVAL, Level.DRAFT)


def test_a_violation_counts_in_a_second_run_of_the_case_too() -> None:
    """A case counts once as evidence; a forbidden action is forbidden every time."""
    story = Story()
    story.until(Level.APPROVAL)
    story.case("again", agreement=1.0, policy_violation=0.0)
    story.case("again", policy_violation=1.0)
    assert story.level() is Level.DRAFT


def test_a_new_version_does_not_lift_an_agent_that_fell() -> None:
    """Only evidence leads up again; a signature under another start level does not."""
    story = Story(level="approval")
    story.case(policy_violation=1.0)
    assert story.level() is Level.DRAFT
    story.sign(contract_text(SLICE, version=2, level="approval"))
    assert story.level() is Level.DRAFT
