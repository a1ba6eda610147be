"""A slice falls back while nobody is there to answer for it, and comes back with people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, records, sign
from goldenthread.control.guard import tick_coverage
from goldenthread.promise.errors import PermitRefused
from goldenthread.promise.values import Level, Verdict
from goldenthread.record.ledger import Record
from goldenthread.record.principals import Role, end_leave, grant, record_leave, revoke
from worlds import APPROVER, EASY, ENGINEER, OWNER, World, contract_text

# 09:00 in Berlin, when the calendar of these contracts opens; after any day on which these tests run.
WEDNESDAY = datetime(2099, 11, 25, 8, 0, tzinfo=UTC)
LATER = timedelta(microseconds=1)


class Clock:
    """The ledger's clock, set by hand; a microsecond passes with each look."""

    def __init__(self, world: World) -> None:
        self.at = WEDNESDAY
        world.ledger.clock = self

    def __call__(self) -> datetime:
        self.at += LATER
        return self.at

    def set(self, day: int, hour: int, minute: int = 0) -> None:
        """November's day and hour, UTC."""
        self.at = datetime(2099, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def clock(world: World) -> Clock:
    """A clock that stands at Wednesday morning, once everybody has been granted what they hold."""
    return Clock(world)


@pytest.fixture
def agent(world: World, clock: Clock) -> Agent:
    """An agent at approval; reviewer and engineer approve, and the engineer answers for it."""
    sign(world, level="approval", gates=EASY, actions=KEYED)
    return Agent(world)


def goes(world: World, *names: str, **when: Any) -> None:
    """They are away from now on."""
    for name in names:
        begins = when.get("begins", world.ledger.clock())
        record_leave(world.ledger, world.keyring, by=name, name=name, begins=begins, ends=when.get("ends"))


def coverage(world: World) -> list[Record]:
    """What is on record of people leaving and coming back."""
    return records(world, "coverage:lost", "coverage:back")


def kinds(world: World) -> list[str]:
    """The same, without what they say."""
    return [record.kind.removeprefix("coverage:") for record in coverage(world)]


def require_sound(world: World) -> None:
    """Every verdict and level is derived again, and the chain verifies."""
    replayed = world.replay(SLICE)
    assert replayed.ok, replayed.mismatches
    assert world.verify_ok()


def test_an_absent_approver_demotes_the_slice_in_working_time_and_it_recovers(
    world: World, clock: Clock, agent: Agent
) -> None:
    """Done when: nights and weekends do not count, and the earned level comes back with the person."""
    clock.set(27, 11)  # Friday 12:00 in Berlin: five working hours are left of the day
    goes(world, APPROVER)
    clock.set(30, 10, 59)  # Monday: 5 h of Friday and 2 h 59 min; the weekend does not count
    run = agent.run("monday")
    assert agent.ask(run, order=1).verdict is Verdict.ASK
    clock.set(30, 11)
    outcome = agent.ask(run, order=2, call=1)
    assert (outcome.verdict, outcome.clause) == (Verdict.DRAFT, "autonomy.when_people_leave")
    assert outcome.reason == (
        "Nobody was there to answer for it in 1 d of working time, since 2099-11-27 11:00 UTC, "
        "so it falls back to draft until somebody is"
    )
    assert agent.level() is Level.APPROVAL  # what was earned is kept
    end_leave(world.ledger, world.keyring, by=APPROVER, name=APPROVER)
    assert agent.ask(run, order=3, call=2).verdict is Verdict.ASK
    assert kinds(world) == ["lost", "back"]
    assert coverage(world)[1].data["why"] == "return"
    require_sound(world)


def test_nights_do_not_count_to_the_second(world: World, clock: Clock, agent: Agent) -> None:
    """One working day after Wednesday 16:00 in Berlin is Thursday 16:00, not a moment sooner."""
    clock.set(25, 15)
    goes(world, APPROVER)
    since = coverage_since(world)
    run = agent.run()
    clock.at = since + timedelta(days=1) - timedelta(milliseconds=50)
    assert agent.ask(run, order=1).verdict is Verdict.ASK
    clock.at = since + timedelta(days=1)
    assert agent.ask(run, order=2, call=1).verdict is Verdict.DRAFT
    require_sound(world)


def coverage_since(world: World) -> datetime:
    """When the last absence on record began."""
    return world.desk(SLICE).principals().leaves()[-1].begins


def test_what_nobody_answers_for_a_working_day_is_as_if_nobody_were_there(
    world: World, clock: Clock, agent: Agent
) -> None:
    """Somebody who holds the role and never looks is no approver either."""
    run = agent.run("case-1")
    asked = agent.ask(run, order=1)
    clock.set(26, 8, 1)
    other = agent.run("case-2")
    assert agent.ask(other, order=2).verdict is Verdict.DRAFT
    assert coverage(world)[0].data["why"] == "silence"
    assert agent.ask(run, order=1) == asked  # what waited goes on waiting, and is still answerable
    assert [item.id for item in world.inbox(SLICE).items() if item.kind == "approval"] == [asked.item]
    world.inbox(SLICE).approve(str(asked.item), by=APPROVER)
    permitted = agent.ask(run, order=1)
    assert permitted.state == "permitted"
    agent.consume(run, permitted)
    agent.done(run, permitted)
    assert agent.ask(other, order=3, call=1).verdict is Verdict.ASK
    assert [record.data["why"] for record in coverage(world)] == ["silence", "answer"]
    assert coverage(world)[1].data["reason"] == f"{APPROVER} answered"
    require_sound(world)


def test_whoever_answers_is_there(world: World, clock: Clock, agent: Agent) -> None:
    """A queue longer than a day is no sign that people left, as long as they answer."""
    first, second = (agent.ask(agent.run(f"case-{n}"), order=n) for n in range(2))
    clock.set(25, 15)
    world.inbox(SLICE).reject(str(first.item), "no", by=APPROVER)
    clock.set(26, 14)
    assert agent.ask(agent.run("case-9"), order=9).verdict is Verdict.ASK
    clock.set(26, 15, 1)
    assert agent.ask(agent.run("case-8"), order=8).verdict is Verdict.DRAFT
    world.inbox(SLICE).reject(str(second.item), "no", by=APPROVER)
    assert agent.ask(agent.run("case-7"), order=7).verdict is Verdict.ASK
    require_sound(world)


def test_an_answer_from_leave_counts_for_a_working_day(world: World, clock: Clock, agent: Agent) -> None:
    """Whoever answers from the beach is there, and then away again."""
    asked = agent.ask(agent.run("case-1"), order=1)
    goes(world, APPROVER)
    clock.set(26, 9)
    tick_coverage(agent.desk)
    world.inbox(SLICE).approve(str(asked.item), by=APPROVER)
    assert agent.ask(agent.run("case-2"), order=2).verdict is Verdict.ASK
    clock.set(27, 9, 1)
    assert agent.ask(agent.run("case-3"), order=3).verdict is Verdict.DRAFT
    assert kinds(world) == ["lost", "back", "lost"]
    require_sound(world)


def test_a_persons_yes_stands_though_people_leave_afterwards(world: World, clock: Clock, agent: Agent) -> None:
    """Somebody looked at exactly this; that they are on leave by now changes nothing about it."""
    run = agent.run()
    asked = agent.ask(run, order=1)
    world.inbox(SLICE).approve(str(asked.item), by=APPROVER)
    goes(world, APPROVER)
    clock.set(27, 9)
    assert agent.ask(agent.run("case-2"), order=2).verdict is Verdict.DRAFT
    permitted = agent.ask(run, order=1)
    agent.consume(run, permitted)
    require_sound(world)


def test_a_permit_that_the_guard_gave_alone_does_not_outlast_the_people(world: World, clock: Clock) -> None:
    """Acting alone rests on somebody being there to be asked."""
    sign(world, level="approval", gates=EASY, actions=KEYED)
    agent = Agent(world)
    agent.climb()
    assert agent.level() is Level.CONSTRAINED
    goes(world, APPROVER)
    clock.set(26, 7, 59)
    run = agent.run("live")
    permitted = agent.ask(run, order=1)
    assert permitted.verdict is Verdict.ALLOW
    clock.set(26, 8, 5)
    with pytest.raises(PermitRefused, match="the level is draft now, and it was issued at constrained"):
        agent.consume(run, permitted)
    assert agent.ask(run, order=1).verdict is Verdict.DRAFT
    end_leave(world.ledger, world.keyring, by=APPROVER, name=APPROVER)
    assert agent.ask(run, order=2, call=1).verdict is Verdict.ALLOW
    require_sound(world)


def test_whoever_answers_for_the_agent_does_not_cover_it(world: World, clock: Clock, agent: Agent) -> None:
    """The engineer is there all the time, and may approve nothing of their own agent."""
    revoke(world.ledger, world.keyring, by=OWNER, name=APPROVER, reason="left")
    clock.set(26, 9)
    assert agent.ask(agent.run(), order=1).clause == "autonomy.when_people_leave"
    assert coverage(world)[0].data["why"] == "nobody"
    require_sound(world)


def test_a_new_approver_brings_it_back(world: World, clock: Clock, agent: Agent) -> None:
    """People who leave for good are replaced."""
    revoke(world.ledger, world.keyring, by=OWNER, name=APPROVER, reason="left")
    clock.set(26, 9)
    assert agent.ask(agent.run(), order=1).verdict is Verdict.DRAFT
    grant(world.ledger, world.keyring, by=OWNER, name="new@example.com", roles=[Role(name="approver", slice=SLICE)])
    assert agent.ask(agent.run(), order=2, call=1).verdict is Verdict.ASK
    require_sound(world)


def test_a_slice_may_fall_back_to_asking(world: World, clock: Clock) -> None:
    """What then waits for a person waits once, however often the agent comes back."""
    text = contract_text(SLICE, level="approval", gates=EASY, actions=KEYED)
    world.sign(text.replace("fall back to draft", "fall back to approval"))
    agent = Agent(world)
    agent.climb()
    goes(world, APPROVER)
    clock.set(26, 9)
    run = agent.run("live")
    asked = agent.ask(run, order=1)
    assert (asked.verdict, asked.clause) == (Verdict.ASK, "autonomy.when_people_leave")
    assert agent.ask(run, order=1) == asked
    world.inbox(SLICE).approve(str(asked.item), by=APPROVER)
    require_sound(world)


def test_a_tick_puts_on_record_what_is_due_and_nothing_twice(world: World, clock: Clock, agent: Agent) -> None:
    """Without an agent at work somebody must still learn that nobody is there."""
    goes(world, APPROVER)
    assert tick_coverage(agent.desk) == ()
    clock.set(26, 9)
    (lost,) = tick_coverage(world.desk(SLICE))
    assert lost.data == {
        "agent": "agent",
        "why": "nobody",
        "since": lost.data["since"],
        "due": lost.data["due"],
        "level": "draft",
        "contract_version": 1,
        "reason": "Nobody was there to answer for it in 1 d of working time, since 2099-11-25 08:00 UTC",
        "as_of": lost.data["as_of"],
        "organisation": world.ledger.head("organisation").seq,
    }
    assert tick_coverage(world.desk(SLICE)) == ()
    assert tick_coverage(agent.desk) == ()
    end_leave(world.ledger, world.keyring, by=APPROVER, name=APPROVER)
    (back,) = tick_coverage(agent.desk)
    assert (back.data["why"], back.data["reason"]) == ("return", f"{APPROVER} is there")
    require_sound(world)


def test_a_clock_that_steps_back_brings_nobody_back(world: World, clock: Clock, agent: Agent) -> None:
    """Else whoever sets the clock sets the level."""
    goes(world, APPROVER)
    clock.set(26, 9)
    run = agent.run()
    assert agent.ask(run, order=1).verdict is Verdict.DRAFT
    clock.set(25, 9)
    assert agent.ask(run, order=2, call=1).verdict is Verdict.DRAFT
    assert world.desk(SLICE).decide(agent.declaration.fingerprint, "pay", {}, replay=False).verdict is Verdict.DRAFT
    assert kinds(world) == ["lost"]
    require_sound(world)


def test_a_clock_that_jumps_ahead_and_is_set_right_needs_one_answer(world: World, clock: Clock, agent: Agent) -> None:
    """A wrong clock costs work, never safety; and somebody who answers puts it right."""
    run = agent.run()
    asked = agent.ask(run, order=1)
    clock.set(30, 9)
    assert agent.ask(agent.run("case-2"), order=2).verdict is Verdict.DRAFT
    clock.set(25, 9)
    assert agent.ask(agent.run("case-3"), order=3).verdict is Verdict.DRAFT
    world.inbox(SLICE).approve(str(asked.item), by=APPROVER)
    assert agent.ask(agent.run("case-4"), order=4).verdict is Verdict.ASK
    require_sound(world)


def test_deciding_without_the_chain_is_as_strict_before_it_is_on_record(
    world: World, clock: Clock, agent: Agent
) -> None:
    """A read is decided from what the clock says, though nobody wrote it down yet."""
    goes(world, APPROVER)
    clock.set(26, 9)
    fingerprint = agent.declaration.fingerprint
    assert agent.desk.decide(fingerprint, "pay", {}, replay=False).clause == "autonomy.when_people_leave"
    assert kinds(world) == []


def test_an_absence_of_one_among_two_changes_nothing(world: World, clock: Clock, agent: Agent) -> None:
    """As long as somebody who may answer is there, it is covered."""
    grant(world.ledger, world.keyring, by=OWNER, name="kim", roles=[Role(name="approver", slice=SLICE)])
    goes(world, APPROVER, ENGINEER)
    clock.set(30, 16)
    assert agent.ask(agent.run(), order=1).verdict is Verdict.ASK
    assert kinds(world) == []


def without(chain: list[Record], kind: str) -> list[Record]:
    """A chain with records of a kind left out; replay does not look at hashes."""
    return [record for record in chain if record.kind != kind]


def words_of(world: World, chain: list[Record]) -> list[str]:
    """What a replay of a changed chain says."""
    return [found.words for found in world.replay(SLICE, chain).mismatches]


def test_a_replay_finds_an_action_that_went_ahead_when_people_had_left(
    world: World, clock: Clock, agent: Agent
) -> None:
    """Whoever keeps a slice at its level by saying nothing of it is found out."""
    goes(world, APPROVER)
    agent.desk.covering.settle = lambda writing: None  # type: ignore[method-assign]
    clock.set(26, 9)
    assert agent.ask(agent.run(), order=1).verdict is Verdict.ASK
    assert words_of(world, records(world)) == [
        "nobody was there to answer for it in 1 d of working time, since 2099-11-25 08:00 UTC, "
        "and that is not on record"
    ]


def test_a_replay_finds_a_state_that_is_not_so(world: World, clock: Clock, agent: Agent) -> None:
    """Whoever writes that people are back, or gone, must have the organisation's chain with them."""
    goes(world, APPROVER)
    clock.set(26, 9)
    agent.ask(agent.run(), order=1)
    (lost,) = coverage(world)
    chain = records(world)
    said = {"agent": "agent", "as_of": lost.data["as_of"], "organisation": lost.data["organisation"]}
    back = replace(lost, kind="coverage:back", data=said)
    at = chain.index(lost) + 1
    assert words_of(world, [*chain[:at], back, *chain[at:]])[0].startswith("'agent' replays as left alone since 2099-")
    early = replace(lost, data={**lost.data, "since": "2099-11-24T08:00:00+00:00"})
    assert words_of(world, [*chain[: at - 1], early, *chain[at:]])[0].startswith("'agent' replays as left alone since")
    assert words_of(world, [*chain[:at], lost, *chain[at:]]) == [
        "nothing was to be said of people who answer for 'agent'"
    ]


def test_a_clock_that_was_ahead_for_one_record_is_forgotten_alike_by_all(
    world: World, clock: Clock, agent: Agent
) -> None:
    """A process folds only what moves a level, a replay reads everything: both must know the same instant as now."""
    run = agent.run("case-1")
    asked = agent.ask(run, order=1)
    world.inbox(SLICE).approve(str(asked.item), by=APPROVER)
    permitted = agent.ask(run, order=1)
    before = clock.at
    clock.at += timedelta(hours=1)
    agent.consume(run, permitted)  # on record an hour ahead, and of a kind that moves no level
    clock.at = before
    agent.done(run, permitted)
    again = agent.ask(run, order=2, call=1)
    world.inbox(SLICE).reject(str(again.item), "no", by=APPROVER)
    agent.ask(run, order=3, call=2)
    clock.set(27, 8, 1)
    tick_coverage(world.desk(SLICE))
    assert coverage(world)[0].data["why"] == "silence"
    require_sound(world)
