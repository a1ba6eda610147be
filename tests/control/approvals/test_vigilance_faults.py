"""Whatever goes wrong in looking whether people look, their answers stand, and reminders and expiry go on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from control.agents import SLICE, Agent, later, records
from control.watched import apart, approve_one, give, people, watched, wrong
from goldenthread.control.approvals import Shown, tick, tick_vigilance, vigilance
from worlds import APPROVER, World

SECRET = "sk-live-4242"


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent at approval, every one of whose approvals is drawn for a second person."""
    people(world, "lee@example.com")
    watched(world, "checks: 20 % of approvals, shared: 20 % of approvals")
    return Agent(world)


def asked(agent: Agent, number: int = 1) -> str:
    """An approval that waits."""
    outcome = agent.ask(agent.run(f"case-{number}"), "pay", order=f"o{number}", amount=number)
    assert outcome.item is not None
    return outcome.item


def broken(*_: Any, **__: Any) -> Any:
    """What fails, with words that nobody may read."""
    raise RuntimeError(SECRET)


def no_table(agent: Agent) -> None:
    """The table is not what the code takes it for: a fault of the database, in the answer's own transaction."""
    with agent.world.ledger.store.connect_as_owner() as connection:
        connection.execute("alter table vigilance_due rename column due_at to due_some_day")


ANSWERS: dict[str, Callable[[Any, str], Any]] = {
    "approve": lambda box, item: box.approve(item, by=APPROVER),
    "edit": lambda box, item: box.edit(item, {"amount": 3}, by=APPROVER),
    "reject": lambda box, item: box.reject(item, "no", by=APPROVER),
    "batch": lambda box, item: box.approve_each([Shown(item=item, seen=box.item(item).seen)], by=APPROVER),
    "reject a batch": lambda box, item: box.reject_each(
        [Shown(item=item, seen=box.item(item).seen)], "no", by=APPROVER
    ),
}


@pytest.mark.parametrize("way", ANSWERS)
@pytest.mark.parametrize("fault", ["_draw", "ask_due", "table"])
def test_an_answer_stands_whatever_happens_to_vigilance(
    agent: Agent,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    way: str,
    fault: str,
) -> None:
    """The approver said so; a fault beside it rolled that back, and told them that nothing had happened."""
    item = asked(agent)
    monkeypatch.setattr(vigilance, "_drawn", lambda *_: 0)
    if fault == "table":
        no_table(agent)
    else:
        monkeypatch.setattr(vigilance, fault, broken)
    with caplog.at_level(logging.WARNING):
        ANSWERS[way](world.inbox(SLICE), item)
    assert world.inbox(SLICE).item(item).state == "answered"
    assert [record.data["item"] for record in records(world, "approval:answer")] == [item]
    assert "RuntimeError" in caplog.text or "UndefinedColumn" in caplog.text
    assert SECRET not in caplog.text
    assert world.verify_ok()
    assert world.replay(SLICE).ok


def test_what_was_drawn_with_an_answer_is_asked_by_the_next_look(
    agent: Agent, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer draws in its own transaction, so that no draw is lost with a process; asking comes after it."""
    give(agent, [wrong(1)])
    monkeypatch.setattr(vigilance, "_drawn", lambda *_: 0)
    monkeypatch.setattr(vigilance, "ask_due", broken)
    approve_one(agent, 1)
    assert (apart(world), apart(world, "shared")) == ([], [])
    monkeypatch.undo()
    found = tick_vigilance(agent.desk)
    assert (found.checks, found.shared) == (1, 1)


def test_a_fault_of_vigilance_stops_no_expiry(
    agent: Agent, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What waits for people is reminded of, passed on and let expire, whoever watches whom."""
    asked(agent)
    monkeypatch.setattr(vigilance, "_drawn", lambda *_: 0)
    monkeypatch.setattr(vigilance, "ask_due", broken)
    approve_one(agent, 2)
    later(world, days=60)
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        assert tick(agent.desk).expired == 1
    assert caplog.messages == [f"asking what is due in '{SLICE}' failed: RuntimeError"]
