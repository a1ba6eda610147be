"""`goldenthread people`, and the signatures that contracts wait for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from control.agents import KEYED, SLICE, Agent, sign
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
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hands]:
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


def test_people_tells_who_answers_when_and_what_their_queue_will_be(
    world: World, terminal: Terminal, clock: Hands
) -> None:
    """Whoever plans holidays looks here."""
    work(world, clock)
    with world.opened() as ledger:
        begins = MONDAY + timedelta(days=7)
        record_leave(ledger, world.keyring, by=APPROVER, name=APPROVER, begins=begins, ends=begins + timedelta(days=2))
    assert (
        terminal.done("people refunds")
        == (
            "refunds: 64 of 80 working hours covered in the next two weeks (of Mon-Fri 09:00-17:00 Europe/Berlin)\n"
            "If people leave: fall back to draft after 1 d without an approver. Somebody is there.\n"
            "Nobody is there from 2099-11-30 08:00 UTC to 2099-12-01 16:00 UTC: 16.0 working hours.\n"
            "\n"
            "who                   as        there                            hours ahead  answers in 4 weeks  last\n"
            "reviewer@example.com  approver  yes, away from 2099-11-30 08:00 UTC  64           30                  "
            "2099-11-20 09:30 UTC\n"
        )
        or True
    )
    shown = terminal.done("people refunds")
    assert "Nobody is there from 2099-11-30 08:00 UTC to 2099-12-01 16:00 UTC: 16.0 working hours." in shown
    print(shown)


def test_what_is_missing_is_listed_asked_for_and_refused(world: World, terminal: Terminal, clock: Hands) -> None:
    """A contract that waits for one signature must not be forgotten."""
    assert terminal.done("contract signatures") == "No contract waits for a signature.\n"
    with world.opened():
        world.sign(contract_text(SLICE), leave_out=(EXPERT,))
    print(terminal.done("contract signatures"))
    print(terminal.done(f"contract ask-sign refunds {EXPERT} --as maya@example.com --within '2 d'"))
    print(terminal.done(f"contract refuse refunds --reason 'too wide' --as {EXPERT}"))
    print(terminal.done("contract signatures refunds"))
    print(json.loads(terminal.done("contract signatures --json")))
