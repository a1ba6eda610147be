"""Segments, people beside the agent, days to come, hard harm, what was earned: each in its gate or tripwire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from control.autonomy.story import SLICE, Story
from goldenthread.promise.evidence import RateTest, RollbackDetector
from goldenthread.promise.values import GateVerdict, Level
from worlds import contract_text

LANGUAGES = {"language": ["de", "en"]}
CLEAN = RateTest(bar=0.80, alpha=0.05).fewest()


def told(old: str, new: str, **wanted: Any) -> Story:
    """A story whose contract says `new` where the usual one says `old`."""
    story = Story(signed=False)
    text = contract_text(SLICE, **wanted)
    assert old in text
    story.sign(text.replace(old, new))
    return story


def by_language(**wanted: Any) -> Story:
    """A gate that must hold in German and in English."""
    return Story(
        gates={"draft": ["agreement >= 80 % in every language"]}, ceiling="draft", segments=LANGUAGES, **wanted
    )


def test_a_gate_for_every_segment_opens_when_the_worst_has_proved_it() -> None:
    """A good average over a bad language is no proof for those who speak it."""
    story = by_language()
    for _ in range(CLEAN):
        story.case(agreement=1.0, segment={"language": "de"})
    for _ in range(CLEAN - 1):
        story.case(agreement=1.0, segment={"language": "en"})
    assert story.level() is Level.SHADOW
    assert story.verdict().reason == "Not yet earned for draft: 'agreement >= 80 % in every language: en'"
    story.case(agreement=1.0, segment={"language": "en"})
    assert story.level() is Level.DRAFT
    assert [(one["segment"], one["cases"]) for one in story.changes[0]["evidence"][:2]] == [("de", 20), ("en", 20)]


def test_a_segment_without_cases_is_not_enough_evidence() -> None:
    """A small segment is never a pass."""
    story = by_language()
    for _ in range(300):
        story.case(agreement=1.0, segment={"language": "de"})
    assert story.level() is Level.SHADOW
    assert "'agreement >= 80 % in every language: en' (nobody has measured agreement yet)" in story.verdict().reason


@pytest.mark.parametrize(("segment", "said"), [({"language": "fr"}, "the language 'fr'"), (None, "no language")])
def test_a_case_of_an_unknown_segment_stops_the_gate(segment: dict[str, str] | None, said: str) -> None:
    """Otherwise the bad cases would be those that nobody counted."""
    story = by_language()
    story.case(agreement=0.0, segment=segment)
    for language in ("de", "en"):
        for _ in range(100):
            story.case(agreement=1.0, segment={"language": language})
    verdict = story.verdict()
    assert (story.level(), verdict.verdict) == (Level.SHADOW, GateVerdict.ERROR)
    assert f"A case was started with {said}; the contract names de, en." in verdict.reason


def beside_people() -> Story:
    """A gate that compares the agent with people on the same cases."""
    return Story(gates={"draft": ["csat not below people by 0.5 cap 5"]}, ceiling="draft")


def test_a_margin_is_judged_on_pairs() -> None:
    """The agent's score and people's on the same case; the order in which they come does not matter."""
    story = beside_people()
    for number in range(400):
        run = story.case()
        first, second = ({}, {"of": "people"}) if number % 2 else ({"of": "people"}, {})
        story.observe(run, first, csat=4.0)
        story.observe(run, second, csat=4.0)
        if story.level() is Level.DRAFT:
            break
    assert story.level() is Level.DRAFT
    evidence = story.changes[0]["evidence"][0]
    assert evidence["estimate"] == 0.0
    assert -0.5 <= evidence["lower"] < 0.0


def test_a_pair_that_waits_for_the_agents_score_counts_as_the_worst() -> None:
    """Whoever leaves out the agent's bad scores would otherwise prove it as good as people."""
    story = beside_people()
    for _ in range(400):
        run = story.case()
        story.observe(run, {"of": "people"}, csat=4.0)
    assert story.verdict().readings[0].evidence is not None
    assert (story.level(), story.evidence().pending) == (Level.SHADOW, 400)


def test_a_score_with_nobody_beside_it_waits_in_shadow_and_is_no_pair_above() -> None:
    """Where people do the work, their score is owed too; where the agent does it, there is nobody beside it."""
    story = beside_people()
    for _ in range(50):
        story.case(csat=5.0)
    assert story.verdict().reason.endswith("(nobody has measured csat yet; 50 cases wait for it)")
    story = beside_people()
    run = story.start(level="approval")
    story.end(run)
    story.observe(run, csat=5.0, escalation_rate=0.0)
    assert "(nobody has measured csat yet)" in story.verdict().reason


def test_a_score_is_waited_for_two_weeks_and_no_longer() -> None:
    """Customers who never answer may not stop an agent, and those who answer late may not decide who is counted."""
    story = Story(gates={"draft": ["csat >= 4.5 cap 5"]}, ceiling="draft", pace=timedelta(hours=1))
    silent, late = story.case(), story.case()
    for _ in range(80):
        story.case(csat=5.0)
    assert (story.level(), story.evidence().pending, story.evidence().n) == (Level.SHADOW, 2, 80)
    story.pace = timedelta(hours=2)
    story.cases(20, csat=5.0)
    story.observe(late, csat=1.0)
    assert story.level() is Level.DRAFT, silent
    evidence = story.changes[0]["evidence"][0]
    assert evidence["pending"] == 0
    assert 80 <= evidence["cases"] <= 100


def test_a_claim_about_future_days_waits_for_days() -> None:
    """A thousand cases of one day say little about tomorrow."""
    gates = {"draft": ["agreement >= 80 %"]}
    story = Story(gates=gates, ceiling="draft", claim="about future days", pace=timedelta(minutes=10))
    story.cases(600, agreement=1.0)
    assert (story.level(), story.verdict().readings[0].days) == (Level.SHADOW, 12)
    story.cases(500, agreement=1.0)
    assert story.level() is Level.DRAFT
    assert story.changes[0]["evidence"][0]["days"] >= 20


def test_hard_harm_brings_the_agent_down_and_other_harm_does_not() -> None:
    """`any hard rework_rate`: one undone case is work, one that hurt somebody is the end of acting alone."""
    story = told("[any policy_violation]", "[any hard rework_rate]")
    story.until(Level.CONSTRAINED)
    run = story.case(rework_rate=1.0)
    assert story.level() is Level.CONSTRAINED
    story.observe(run, {"severity": "hard"}, rework_rate=1.0)
    other = story.case()
    story.observe(other, {"severity": "hard"}, rework_rate=1.0)
    assert story.level() is Level.DRAFT
    assert story.changes[-1]["tripwire"] == "any hard rework_rate"


def test_the_promotion_records_what_was_earned_and_the_tripwire_watches_it() -> None:
    """An agent that kept far below the limit is noticed when it gets worse, long before it breaks the limit."""
    story = told("rework_rate > 3 %", "rework_rate > 20 %")
    while story.level() is not Level.CONSTRAINED:
        run = story.start(level="approval")
        story.end(run)
        story.observe(run, escalation_rate=0.0, agreement=1.0, approved_unedited=1.0, rework_rate=0.0)
    earned = story.changes[-1]["baselines"]["rework_rate > 20 %"]
    assert 0.0 < earned < 0.1
    assert list(story.agent().baselines.values()) == [earned]
    worse = 0
    while story.level() is Level.CONSTRAINED:
        story.case(rework_rate=float(worse % 5 == 0))
        worse += 1
    alone = RollbackDetector(limit=0.2, false_alarm=10_000.0)
    state = alone.start
    for case in range(worse):
        state = alone.update(state, case % 5 == 0)
    assert not alone.alarm(state)
    assert story.agent().baselines == {}


def test_what_others_still_owe_is_pending() -> None:
    """Costs that are reported only where they are low would prove anything."""
    story = Story(gates={"draft": ["cost <= 0.40 EUR/case cap 1 EUR"]}, ceiling="draft")
    for number in range(400):
        reported: dict[str, Any] = {"cost": 0.01} if number % 3 else {}
        story.case(**reported)
    assert (story.level(), story.evidence().pending) == (Level.SHADOW, 134)


def test_rework_is_owed_only_by_what_the_agent_did() -> None:
    """In shadow people did the work: nothing of the agent's can come back."""
    story = Story(gates={"draft": ["rework_rate <= 5 %"]}, ceiling="draft")
    story.case()
    assert story.verdict().readings[0].evidence is not None
    assert story.evidence().pending == 0
    run = story.start(level="approval")
    story.end(run)
    assert story.evidence().pending == 1


def test_a_case_left_open_counts_against_every_line() -> None:
    """An agent that never ends its hard cases would otherwise never have failed one."""
    story = Story(gates={"draft": ["agreement >= 80 %"]}, ceiling="draft")
    for _ in range(30):
        story.start()
    story.cases(CLEAN, agreement=1.0)
    assert story.level() is Level.SHADOW
    assert [reading.evidence.pending for reading in story.verdict().readings if reading.evidence] == [30, 30]


def test_a_clock_that_is_set_back_makes_no_days() -> None:
    """Days in disorder would count one day as many."""
    gates = {"draft": ["agreement >= 80 %"]}
    story = Story(gates=gates, ceiling="draft", claim="about future days", pace=timedelta(days=1))
    story.cases(4, agreement=1.0)
    before = story.verdict().readings[0].days
    story.pace = timedelta(hours=1)
    story.cases(80, agreement=1.0)
    assert (story.level(), story.verdict().readings[0].days) == (Level.SHADOW, (before or 0) + 1)
