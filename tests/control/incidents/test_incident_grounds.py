"""What opens an incident: each ground once, for whoever answers for it, and over when the ground has gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from audit_worlds import run_verifier
from control.agents import SLICE, Agent, records
from control.outcomes.business import ANSWER, BEGIN, COST, SHARE, WEEK, Business
from goldenthread.control.autonomy import evaluate
from goldenthread.control.incidents import MOST_A_DAY, Ground, Incident
from goldenthread.control.outcomes import tick_outcomes
from goldenthread.control.response import (
    Seen,
    close_incident,
    load_incidents,
    note_incident,
    recover_incident,
    take_incident,
    tick_incidents,
)
from goldenthread.control.signing import sign_release
from goldenthread.promise.errors import (
    ErrorBudgetSpent,
    IncidentOpen,
    IncidentUnknown,
    NotPermitted,
    ValueProblem,
)
from goldenthread.promise.values import GateVerdict, Level
from goldenthread.record.audit import export
from goldenthread.record.ledger import Record
from goldenthread.record.principals import load_principals
from worlds import APPROVER, CUSTOMER, ENGINEER, EXPERT, FINANCE, OWNER, World

DAY = timedelta(days=1)


def ticked(business: Business) -> list[Record]:
    """What two rounds of both ticks put on record of incidents; the second round adds nothing."""
    tick_outcomes(business.desk)
    found = list(tick_incidents(business.desk))
    assert tick_incidents(business.desk) == ()
    return found


def incidents(business: Business) -> list[Incident]:
    """Every incident, the oldest first."""
    return list(reversed(load_incidents(business.desk).all()))


def told(found: list[Record]) -> list[tuple[str, str]]:
    """Of each record its kind and the ground, or the incident that it speaks of."""
    return [(one.kind, one.data.get("ground") or one.data["incident"]) for one in found]


@pytest.fixture
def business(world: World, tmp_path: Path) -> Business:
    """Five weeks into a window of eight."""
    begun = Business(world, tmp_path)
    begun.live()
    begun.clock.at = BEGIN + 5 * WEEK
    return begun


def test_red_flags_open_one_incident_each_for_the_owner_and_are_over_with_their_ground(business: Business) -> None:
    """A flag that nobody has to answer is a line in a report."""
    business.weeks(SHARE, {3: 50, 4: 60})
    business.weeks(COST, {3: 18, 4: 18})
    assert told(ticked(business)) == [("incident:open", "flag:adoption-without-outcome")]
    (first,) = incidents(business)
    (flag,) = records(business.world, "outcome:flag")
    assert (first.owner, first.onset, first.cause) == (OWNER, flag.at, "red-flag")
    business.weeks(SHARE, {3: 5, 4: 5})
    business.weeks(COST, {3: 9, 4: 8})
    assert told(ticked(business)) == [
        ("incident:recover", first.id),
        ("incident:open", "flag:outcome-without-adoption"),
    ]
    close_incident(business.desk, business.world.keyring, first.id, "The table was a week behind", by=OWNER)
    business.weeks(SHARE, {3: 50, 4: 60})
    business.weeks(COST, {3: 18, 4: 18})
    again = ticked(business)
    assert [kind for kind, _ in told(again)] == ["incident:recover", "incident:open"]
    assert [one.state for one in incidents(business)] == ["closed", "recovered", "open"]
    assert business.world.replay(SLICE).ok


def test_a_workflow_that_climbed_beside_a_business_that_missed_opens_one_too(business: Business) -> None:
    """The third flag: it holds every rise (see the red flags), and its incident names what was missed."""
    business.climb(Level.APPROVAL)
    business.reach()
    business.weeks(COST, {6: 15, 7: 15})
    assert told(ticked(business)) == [("incident:open", "flag:workflow-without-business")]
    assert business.judged().verdict is GateVerdict.HOLD
    business.weeks(COST, {6: 5, 7: 5})
    assert [kind for kind, _ in told(ticked(business))] == ["incident:recover"]
    business.climb(Level.CONSTRAINED)
    assert business.world.replay(SLICE).ok


def test_an_overdue_outcome_asks_holds_and_is_its_data_owners_incident(business: Business) -> None:
    """Asked and held it was before; now it also counts how long the number was missing."""
    business.clock.at = BEGIN + 8 * WEEK + DAY
    opened = ticked(business)
    assert told(opened) == [("incident:open", f"outcome:{metric}") for metric in (COST, ANSWER, SHARE)]
    assert [one.owner for one in incidents(business)] == [FINANCE, CUSTOMER, CUSTOMER]
    assert [one.data["metric"] for one in records(business.world, "outcome:ask")] == [COST, ANSWER, SHARE]
    held = business.judged()
    assert (held.verdict, "no level rises until finance-ops has reported it" in held.reason) == (GateVerdict.HOLD, True)
    first = incidents(business)[0]
    assert first.onset is not None
    assert timedelta() <= first.onset - (BEGIN + 8 * WEEK) < timedelta(seconds=1)  # the window's end
    business.clock.at += DAY
    business.reach()
    assert [kind for kind, _ in told(ticked(business))] == ["incident:recover"] * 3
    assert business.judged().verdict is not GateVerdict.HOLD
    assert [one.state for one in incidents(business)] == ["recovered"] * 3
    assert business.world.replay(SLICE).ok


def test_a_stop_is_an_incident_until_two_people_lift_it(business: Business) -> None:
    """Who pulled the switch knows why; whoever comes in the morning does not."""
    stop = business.world.stop(SLICE, by=APPROVER)
    business.clock.at += timedelta(seconds=5)
    assert told(ticked(business)) == [("incident:open", "stop")]
    (found,) = incidents(business)
    assert (found.words, found.onset) == (f"The slice was stopped by {APPROVER}: an odd payment", stop.at)
    again = business.world.stop(SLICE, by=OWNER)
    assert told(ticked(business)) == [("incident:add", "stop")]
    business.world.lift(stop)
    assert ticked(business) == []
    business.world.lift(again)
    assert [kind for kind, _ in told(ticked(business))] == ["incident:recover"]
    assert business.world.replay(SLICE).ok


def test_a_fall_is_an_incident_until_the_agent_is_back(business: Business) -> None:
    """A tripwire protects the customer; the incident sees to it that somebody finds out why it rang."""
    business.climb(Level.APPROVAL)
    business.agent.fall("live-1")
    assert business.agent.level() is Level.DRAFT
    (opened,) = ticked(business)
    assert opened.data["words"].startswith("agent: Tripwire 'any policy_violation' was hit: back to draft")
    (found,) = incidents(business)
    assert (found.cause, found.records) == ("tripwire", (records(business.world, "level:change")[-1].seq,))
    business.climb(Level.APPROVAL)
    assert [one.data.get("words") for one in ticked(business)] == ["agent is back at approval"]
    assert business.world.replay(SLICE).ok


def test_a_spent_error_budget_stops_promotions_and_releases_and_lets_go_with_its_window(
    world: World, tmp_path: Path
) -> None:
    """480 cases in 28 days at 1 % bear four failures; the fifth stops whatever could cause a sixth."""
    business = Business(world, tmp_path, level="approval", releases="signed by owner")
    sign_release(business.desk, world.keyring, business.agent.declaration.fingerprint, by=OWNER)
    for number in range(5):
        business.live(f"live-{number}")
    for number in range(4):
        business.report(f"live-{number}", "task_success", 0.0, by=FINANCE)
    assert ticked(business) == []
    business.report("live-4", "task_success", 0.0, by=FINANCE)
    (opened,) = ticked(business)
    words = "The error budget is spent: 5 failed cases in the window, of 4.8 that '1 % of cases in 28 d' allows"
    assert (opened.data["ground"], opened.data["words"]) == ("budget", words)
    held = business.judged()
    assert (held.verdict, held.reason) == (
        GateVerdict.HOLD,
        "The error budget is spent (5 failed cases in the window, of 4.8 that '1 % of cases in 28 d' allows); "
        "no level rises and no release is signed until it is not",
    )
    newer = Agent(world, business.desk, model="newer").declaration.fingerprint
    with pytest.raises(ErrorBudgetSpent, match=r"The release is not signed in 'refunds'\. The error budget is spent"):
        sign_release(business.desk, world.keyring, newer, by=OWNER)
    business.clock.at += 28 * DAY
    assert [kind for kind, _ in told(ticked(business))] == ["incident:recover"]
    sign_release(business.desk, world.keyring, newer, by=OWNER)
    business.climb(Level.CONSTRAINED)
    assert world.replay(SLICE).ok


def test_a_workflow_line_that_fails_is_its_owners_incident_until_it_holds_again(world: World, tmp_path: Path) -> None:
    """`rework_rate <= 2 %`: by the same detector that rings a tripwire, so that one bad case is no alarm."""
    business = Business(world, tmp_path, level="approval")
    for number in range(30):
        business.live(f"work-{number}")
    for number in range(3):
        business.report(f"work-{number}", "rework_rate", 1.0, by=FINANCE)
    assert "line:rework_rate" not in load_incidents(business.desk).standing
    for number in range(3, 20):
        if business.desk.standing().workflow.broken:
            break
        business.report(f"work-{number}", "rework_rate", 1.0, by=FINANCE)
    lines = [one for one in ticked(business) if one.data.get("ground") == "line:rework_rate"]
    assert [one.data["words"] for one in lines] == [
        "The workflow's line 'rework_rate <= 2 %' fails (a false alarm comes once in 10,000 cases at most)"
    ]
    reworked = [one for one in records(world, "case:observe") if one.data["observations"][0]["metric"] == "rework_rate"]
    assert lines[0].data["onset"] == reworked[0].at.isoformat()
    for number in range(30, 50):
        business.live(f"work-{number}")
    over = [one.data["words"] for one in ticked(business) if one.kind == "incident:recover"]
    assert "The line holds again" in over
    assert business.world.replay(SLICE).ok


def test_people_take_note_recover_and_close_each_by_their_right(business: Business, tmp_path: Path) -> None:
    """What a person says of an incident is as good as their signature, here and for an auditor."""
    ring, desk = business.world.keyring, business.desk
    business.world.stop(SLICE, tool="pay")
    ticked(business)
    (found,) = incidents(business)
    business.clock.at += timedelta(minutes=7)
    take_incident(desk, ring, found.id, by=ENGINEER)
    assert take_incident(desk, ring, found.id, by=ENGINEER).state == "taken"
    note_incident(desk, ring, found.id, "The registry answers with yesterday's list", by=EXPERT)
    with pytest.raises(IncidentOpen, match="is not over: The tool 'pay' was stopped"):
        close_incident(desk, ring, found.id, "too early", by=OWNER)
    with pytest.raises(ValueProblem, match="is no anomaly but a stop, and that is never usual"):
        close_incident(desk, ring, found.id, "it is usual", by=OWNER, usual=True)
    with pytest.raises(ValueProblem, match="0 characters say nothing of an incident"):
        note_incident(desk, ring, found.id, "  ", by=EXPERT)
    recover_incident(desk, ring, found.id, "The old list is back", by=APPROVER)
    with pytest.raises(NotPermitted, match="is not owner"):
        close_incident(desk, ring, found.id, "the registry's cache", by=APPROVER)
    close_incident(desk, ring, found.id, "The registry's cache", by=EXPERT)
    with pytest.raises(IncidentUnknown, match=f"'{found.id}' is closed of 'refunds'"):
        note_incident(desk, ring, found.id, "one more thing", by=OWNER)
    with pytest.raises(IncidentUnknown, match="'refunds#1' is no incident of 'refunds'"):
        take_incident(desk, ring, "refunds#1", by=OWNER)
    (closed,) = incidents(business)
    assert [(one.kind, one.by) for one in closed.said] == [
        ("take", ENGINEER),
        ("note", EXPERT),
        ("recover", APPROVER),
        ("close", EXPERT),
    ]
    assert len(records(business.world, "incident:take")) == 1
    assert business.world.replay(SLICE).ok
    ledger = business.world.ledger
    written = export(ledger, load_principals(ledger), [], tmp_path / "export", made_at=ledger.clock())
    verdict = run_verifier(written.path)
    assert (verdict.wrong, verdict.code) == ([], 0)


def test_a_flood_of_grounds_opens_ten_a_day_and_the_rest_the_day_after(business: Business) -> None:
    """Fifty alarms at once are one alarm and forty-nine reasons to turn them off."""
    grounds = tuple(
        Ground(key=f"anomaly:tool-{n}", cause="anomaly", owner=OWNER, words=f"tool {n}", onset=None) for n in range(14)
    )
    assert len(tick_incidents(business.desk, Seen(grounds=grounds))) == MOST_A_DAY
    assert tick_incidents(business.desk, Seen(grounds=grounds)) == ()
    business.clock.at += DAY
    assert len(tick_incidents(business.desk, Seen(grounds=grounds))) == 4
    assert business.world.replay(SLICE).ok


def test_a_replay_finds_incidents_that_nothing_demands_and_words_that_nobody_signed(business: Business) -> None:
    """Whoever can write the chain could hide an incident, or blame a colleague with one."""
    business.world.stop(SLICE)
    ticked(business)
    (found,) = incidents(business)
    close = recover_incident(business.desk, business.world.keyring, found.id, "mended", by=OWNER)
    assert close.state == "recovered"
    chain = records(business.world)
    opening = next(place for place, record in enumerate(chain) if record.kind == "incident:open")
    for changed, words in (
        ({"ground": "budget"}, "nothing demands an incident for 'budget'"),
        ({"owner": APPROVER}, f"owner is '{APPROVER}' on record, and replays as '{OWNER}'"),
        ({"as_of": "2199-01-01T00:00:00+00:00"}, "it speaks as of 2199-01-01T00:00:00+00:00, which is not when"),
        ({"cause": "weather"}, "its cause is 'weather', not a cause of incidents"),
    ):
        other = replace(chain[opening], data={**chain[opening].data, **changed})
        again = business.world.replay(SLICE, [*chain[:opening], other, *chain[opening + 1 :]])
        assert words in again.mismatches[0].words
    said = replace(chain[-1], by=EXPERT)
    again = business.world.replay(SLICE, [*chain[:-1], said])
    assert "signed" in again.mismatches[0].words
    assert evaluate(business.desk.standing(), business.agent.declaration.fingerprint).verdict is not None
