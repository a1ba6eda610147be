"""`goldenthread people`, and the signatures that contracts wait for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from control.agents import KEYED, SLICE, Agent, records, sign
from goldenthread.record.ledger import Ledger
from goldenthread.record.principals import record_leave
from surfaces.cli.typed import Terminal
from worlds import APPROVER, EXPERT, World, contract_text

MONDAY = datetime(2099, 11, 23, 8, 0, tzinfo=UTC)  # 09:00 in Berlin


class Hands:
    """Every ledger's clock, set by hand; a microsecond passes with each look."""

    def __init__(self) -> None:
        self.at = MONDAY - timedelta(days=21)

    def __call__(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Hands:
    """The clock of every ledger that is opened from now on."""
    hands = Hands()
    begin = Ledger.__init__

    def with_hands(ledger: Ledger, *given: object, **named: object) -> None:
        begin(ledger, *given, **named)  # type: ignore[arg-type]
        ledger.clock = hands

    monkeypatch.setattr(Ledger, "__init__", with_hands)
    return hands


def work(world: World, clock: Hands) -> None:
    """Three weeks: each working day two questions at ten, answered half an hour later."""
    with world.opened():
        sign(world, level="approval", actions=KEYED)
        agent = Agent(world)
        for ago in range(21, 0, -1):
            clock.at = MONDAY - timedelta(days=ago) + timedelta(hours=1)
            if clock.at.weekday() >= 5:
                continue
            items = [agent.ask(agent.run(f"{ago}-{n}"), order=f"{ago}-{n}").item for n in range(2)]
            for item in items:
                clock.at += timedelta(minutes=15)
                world.inbox(SLICE).reject(str(item), "no", by=APPROVER)
        clock.at = MONDAY


WEEK = ("Mon 2099-11-23", "Tue 2099-11-24", "Wed 2099-11-25", "Thu 2099-11-26", "Fri 2099-11-27")
AFTER = ("Thu 2099-12-03", "Fri 2099-12-04", "Mon 2099-12-07")


def test_people_tells_who_answers_when_and_what_their_queue_will_be(
    world: World, terminal: Terminal, clock: Hands
) -> None:
    """Whoever plans holidays looks here."""
    work(world, clock)
    with world.opened() as ledger:
        begins = MONDAY + timedelta(days=7)
        record_leave(ledger, world.keyring, by=APPROVER, name=APPROVER, begins=begins, ends=begins + timedelta(days=2))
    assert terminal.done("people").splitlines() == [
        "refunds: 64 of 80 working hours covered in the next two weeks (of Mon-Fri 09:00-17:00 Europe/Berlin)",
        "If people leave: fall back to draft after 1 d without an approver. Somebody is there.",
        "Nobody is there from 2099-11-30 08:00 UTC to 2099-12-01 16:00 UTC: 16.0 working hours.",
        "",
        "who                   as        there                                hours ahead  answers in 4 weeks  last",
        "reviewer@example.com  approver  yes, away from 2099-11-30 08:00 UTC  64           30                  "
        "2099-11-20 09:30 UTC",
        "engineer@example.com answers for agent and so approves nothing of it.",
        "",
        "28 items were asked in 14 working days since 2099-11-02 08:00 UTC, 2.0 a day; 0 wait now.",
        "Half of 30 answers took a person at most 15 min and came within 15 min of working time.",
        "",
        "day             comes       waits at most  half answered within",
        *(f"{day}  2 (2 to 2)  2 (2 to 2)     15 min (15 min to 15 min)" for day in WEEK),
        "Mon 2099-11-30  2 (2 to 2)  2 (2 to 2)     15.2 h (15.2 h to 15.2 h)",
        "Tue 2099-12-01  2 (2 to 2)  4 (4 to 4)     7.8 h (7.8 h to 7.8 h)",
        "Wed 2099-12-02  2 (2 to 2)  4 (4 to 4)     15 min (15 min to 15 min)",
        *(f"{day}  2 (2 to 2)  2 (2 to 2)     15 min (15 min to 15 min)" for day in AFTER),
        "Middle (and tenth to nine tenths) of 200 plays of what comes against who is there.",
        "The line 'backlog <= 40 cases' likely holds: broken in at most 0 of 200 plays on any day.",
        "The first step, 'reviewer within 4 h', is likely broken on Mon 2099-11-30: in 200 of 200 plays.",
        "Assumed: items come as they came, weekday by weekday and at the same hours; an item takes as long as items "
        "took, with whatever else people did meanwhile; people take the oldest first and one at a time, and are "
        "there in all working time outside their absences.",
    ]


def test_a_slice_that_has_fallen_back_says_so(world: World, terminal: Terminal, clock: Hands) -> None:
    """Whoever wonders why the agent only drafts finds the reason, and what ends it."""
    with world.opened() as ledger:
        sign(world, level="approval", actions=KEYED)
        Agent(world)
        record_leave(ledger, world.keyring, by=APPROVER, name=APPROVER, begins=clock.at)
    clock.at += timedelta(days=1)
    lines = terminal.done("people refunds").splitlines()
    assert lines[:2] == [
        "refunds: 0 of 80 working hours covered in the next two weeks (of Mon-Fri 09:00-17:00 Europe/Berlin)",
        "agent has fallen back to draft: Nobody was there to answer for it in 1 d of working time, since "
        "2099-11-02 08:00 UTC, so it falls back to draft until somebody is. An answer or a return ends it.",
    ]
    assert any(line.startswith(APPROVER) and "away until they return" in line for line in lines)
    assert lines[-1] == "Nothing can be said yet of the days ahead: 0 full working days are on record, and it takes 5."
    (view,) = json.loads(terminal.done("people refunds --json"))
    assert [one["level"] for one in view["alone"]] == ["draft"]
    assert (view["covered"], view["queue"]["open"], view["forecast"]["plays"]) == (0.0, 0, 0)
    terminal.done("inbox tick")
    with world.opened():
        assert [record.data["why"] for record in records(world, "coverage:lost")] == ["nobody"]


def test_a_slice_that_fell_back_in_silence_replays_the_same(world: World, terminal: Terminal, clock: Hands) -> None:
    """Who was there stands in the grants; a replay that read only stops and rules found that nobody ever was."""
    with world.opened():
        sign(world, level="approval", actions=KEYED)
        agent = Agent(world)
        agent.ask(agent.run("case-1"), order="case-1")
    clock.at += timedelta(days=2)
    terminal.done("inbox tick")
    with world.opened():
        assert [record.data["why"] for record in records(world, "coverage:lost")] == ["silence"]
    assert "all the same" in terminal.done("ledger replay refunds")


def test_what_is_missing_is_listed_asked_for_and_refused(world: World, terminal: Terminal, clock: Hands) -> None:
    """A contract that waits for one signature must not be forgotten."""
    assert terminal.done("contract signatures") == "No contract waits for a signature, and no release.\n"
    with world.opened():
        world.sign(contract_text(SLICE), leave_out=(EXPERT,))
    assert terminal.done("contract signatures").splitlines() == [
        "what       who                 as      state  asked                 due",
        "refunds 1  expert@example.com  expert  waits  2099-11-02 08:00 UTC  2099-11-09 08:00 UTC",
    ]
    assert terminal.done(f"contract ask refunds {EXPERT} --as maya@example.com --within '2 d'") == (
        "expert@example.com is asked to sign version 1 of 'refunds' by 2099-11-04 08:00 UTC.\n"
    )
    assert terminal.done(f"contract refuse refunds --reason 'too wide' --as {EXPERT}") == (
        "expert@example.com refuses to sign version 1 of 'refunds' (record refunds#6).\n"
    )
    assert terminal.done("contract signatures refunds").splitlines() == [
        "what       who                 as      state    asked                 due",
        "refunds 1  expert@example.com  expert  refused  2099-11-02 08:00 UTC  2099-11-04 08:00 UTC",
        "expert@example.com refuses version 1 of 'refunds': too wide",
    ]
    (listed,) = json.loads(terminal.done("contract signatures --json"))
    assert (listed["name"], listed["state"], listed["reason"]) == (EXPERT, "refused", "too wide")
