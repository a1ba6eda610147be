"""What a whiteboard rests on: runs that may be seen, decisions that stand, and what was read last."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from control.agents import SLICE, Agent, acting_alone, sign
from goldenthread.control.guard import Step
from goldenthread.record.store import Home
from goldenthread.surfaces.views import whiteboard_seen
from goldenthread.surfaces.views.whiteboard_seen import Seen, seen_of
from worlds import World, make_world


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """An installation with its people; no slice yet."""
    made = make_world(home.path)
    with made.opened():
        yield made


def seen(world: World) -> Seen:
    """As a page sees it that knows of no telemetry."""
    return seen_of(world.desk(SLICE), None)


def reads(agent: Agent, case: str, tool: str) -> None:
    """A run that reads something and ends."""
    run = agent.run(case)
    agent.end(run, steps=[Step(kind="read", content={"action": tool})])


def unaudited(world: World, count: int) -> list[str]:
    """Cases that nobody is asked about blind, which would hide them: the contract audits a tenth, drawn by key."""
    desk, ref = world.desk(SLICE), world.ledger.vault.ref
    found = (case for case in map("case-{}".format, range(10_000)) if desk.drawn(ref(SLICE, case)) >= 0.1)
    return list(islice(found, count))


def test_a_case_that_nobody_may_see_yet_shows_nothing_of_what_it_read(world: World) -> None:
    """At shadow, what was read tells what is going to be proposed."""
    sign(world, level="shadow")
    reads(Agent(world), "case-1", "secret_tool")
    found = seen(world)
    assert (found.runs, found.hidden, found.reads) == (0, 1, {})


def test_what_was_read_last_is_what_is_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the time of the step: a run that began long ago may be at work still."""
    agent = acting_alone(world)
    slow = agent.run("slow")
    for number in range(3):
        reads(agent, f"case-{number}", "common_tool")
    agent.end(slow, steps=[Step(kind="read", content={"action": "late_tool"})])
    monkeypatch.setattr(whiteboard_seen, "OPENED", 2)
    assert {name: one.times for name, one in seen(world).reads.items()} == {"late_tool": 1, "common_tool": 1}


def test_a_decision_counts_once_it_stands_and_only_of_the_latest_runs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permits that nobody used are no calls, and what an older run does late belongs to none of the latest."""
    agent = acting_alone(world)
    old, new = (agent.run(case) for case in unaudited(world, 2))
    agent.act(new, order="a", amount=1)
    unused = agent.ask(new, call=1, order="b", amount=2)
    agent.act(old, order="c", amount=3)
    with world.ledger.store.session() as session:
        session.execute("update action set state = 'expired' where id = %s", (unused.id,))
    monkeypatch.setattr(whiteboard_seen, "RUNS", 1)
    assert {name: (one.asked, one.done) for name, one in seen(world).calls.items()} == {"pay": (1, 1)}
    monkeypatch.setattr(whiteboard_seen, "RUNS", 2)
    assert {name: (one.asked, one.done) for name, one in seen(world).calls.items()} == {"pay": (2, 2)}
