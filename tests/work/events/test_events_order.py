"""What fails waits, what waits keeps its order, and a process that dies loses nothing."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from typing import Any

import pytest

from control.agents import Agent
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger
from goldenthread.work.events import deliveries, replay, retry, standing, tick
from work.conftest import Outside
from worlds import OWNER

CASES = 12
SEED = 20261121


def work(outside: Outside, *cases: str) -> None:
    """An agent begins and ends a run on each case, one after the other."""
    agent = Agent(outside.world)
    runs = [agent.run(case) for case in cases]
    for run in runs:
        agent.ask(run, order="a", amount=3)
    for run in runs:
        agent.end(run)


def by_case(events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Ids in the order in which they came first, by case."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in events:
        if one["id"] not in found[one["subject"]]:
            found[one["subject"]].append(one["id"])
    return dict(found)


def expected(outside: Outside, *types: str) -> dict[str, list[str]]:
    """The same, from the ledger."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in outside.world.ledger.read("refunds", kinds=["run:start", "action:decide", "approval:ask", "run:end"]):
        found[str(record.data["case"])].append(f"refunds/{record.seq}")
    return dict(found)


ABOUT_CASES = ("run.*", "action.decided", "approval.asked")


def test_a_case_that_fails_waits_and_the_others_go_on(outside: Outside) -> None:
    """One broken case must not hold up a thousand good ones, nor be overtaken by its own later events."""
    made = outside.subscribe(*ABOUT_CASES)
    work(outside, "case-1", "case-2")
    poisoned = next(iter(expected(outside)))
    outside.receiver.answering = lambda event: 500 if event["subject"] == poisoned else 204
    outside.tick()
    wanted = expected(outside)
    assert by_case(outside.receiver.taken()) == {case: ids for case, ids in wanted.items() if case != poisoned}
    assert len([one for one in outside.receiver.came if one.status == 500]) == 1, "only the first is tried"
    outside.receiver.answering = lambda _: 204
    assert outside.tick().arrived == 0, "it is left alone for a while"
    outside.clock.move(seconds=7)
    assert outside.tick().arrived == len(wanted[poisoned])
    assert by_case(outside.receiver.taken()) == wanted
    assert standing(outside.world.ledger, outside.home)[0].waiting == 0, made.id


def test_a_case_of_which_one_event_fails_at_last_goes_on_without_it(outside: Outside) -> None:
    """After three days nobody waits any more; what was given up is shown, and can be sent again."""
    made = outside.subscribe("run.*")
    work(outside, "case-1")
    outside.receiver.answering = lambda event: 500 if event["type"].endswith("started") else 204
    for _ in range(11):
        outside.tick()
        outside.clock.move(days=2)
    outside.tick()
    with outside.world.ledger.store.session() as connection:
        [parked] = deliveries(connection, made.id)
    assert (parked.state, parked.attempts, parked.error) == ("parked", 11, "it answered 500")
    assert [one["type"] for one in outside.receiver.taken()] == ["goldenthread.run.ended"]
    outside.receiver.answering = lambda _: 204
    assert retry(outside.world.ledger, made.id) == 1
    assert outside.tick().arrived == 1


def test_a_receiver_that_is_down_is_asked_seldom_and_gets_everything_when_it_is_back(outside: Outside) -> None:
    """A receiver that comes back must not be met by a thousand failures' worth of retries, nor miss anything."""
    outside.subscribe(*ABOUT_CASES)
    work(outside, *(f"case-{number}" for number in range(CASES)))
    outside.receiver.answering = lambda _: 503
    outside.tick()
    assert len(outside.receiver.came) == 5
    outside.tick()
    assert len(outside.receiver.came) == 5
    for _ in range(10):
        outside.clock.move(minutes=6)
        outside.tick()
    assert len(outside.receiver.came) <= 5 + 2 * 10
    outside.receiver.answering = lambda _: 204
    outside.clock.move(minutes=6)
    for _ in range(4):
        outside.tick()
    assert by_case(outside.receiver.taken()) == expected(outside)


def test_a_receiver_that_wants_to_be_left_alone_is(outside: Outside) -> None:
    """`Retry-After` is how a receiver defends itself."""
    outside.subscribe("run.started")
    work(outside, "case-1")
    outside.receiver.answering = lambda _: 429
    outside.receiver.more = {"Retry-After": "120"}
    outside.tick()
    outside.receiver.answering = lambda _: 204
    outside.clock.move(seconds=110)
    assert outside.tick().arrived == 0
    outside.clock.move(seconds=11)
    assert outside.tick().arrived == 1


def test_a_clock_that_goes_back_holds_nothing_up(outside: Outside) -> None:
    """A clock set a year ahead and back again must not put deliveries off by a year."""
    outside.subscribe("run.started")
    work(outside, *(f"case-{number}" for number in range(CASES)))
    outside.receiver.answering = lambda _: 500
    outside.clock.move(days=365)
    outside.tick()
    outside.clock.move(days=-365)
    outside.receiver.answering = lambda _: 204
    for _ in range(3):
        outside.tick()
    assert by_case(outside.receiver.taken()).keys() == expected(outside).keys()


def test_what_happened_before_can_be_sent_again_under_the_same_ids(outside: Outside) -> None:
    """A receiver that lost its state gets it back, and one that didn't recognises what it has."""
    made = outside.subscribe(*ABOUT_CASES)
    work(outside, "case-1", "case-2")
    outside.tick()
    first = [one.body for one in outside.receiver.came]
    places = replay(outside.world.ledger, outside.world.keyring, made.id, by=OWNER, start=1, slices=["refunds"])
    assert places == {"refunds": 1}
    outside.tick()
    assert [one.body for one in outside.receiver.came] == first * 2
    assert len({one.headers["webhook-id"] for one in outside.receiver.came}) == len(first)


def test_replay_from_a_moment_sends_what_came_after_it(outside: Outside) -> None:
    """People know when their system was down, not which record that was."""
    made = outside.subscribe("run.started")
    work(outside, "case-1")
    outside.clock.move(hours=1)
    moment = outside.clock()
    work(outside, "case-2")
    outside.tick()
    outside.receiver.came.clear()
    replay(outside.world.ledger, outside.world.keyring, made.id, by=OWNER, start=moment)
    outside.tick()
    [again] = outside.receiver.taken()
    assert again["subject"] == outside.world.ledger.vault.ref("refunds", "case-2")


def test_a_slice_that_begins_later_is_told_from_its_first_record(outside: Outside) -> None:
    """Who subscribed to every slice meant those to come too."""
    from worlds import contract_text

    outside.subscribe("contract.*")
    outside.world.sign(contract_text("later"))
    outside.tick()
    assert [one["id"] for one in outside.receiver.taken()][:1] == ["later/1"]


@pytest.mark.crash
def test_killed_deliverers_and_a_receiver_that_fails_at_random_lose_and_reorder_nothing(outside: Outside) -> None:
    """The promise: at least once, in order per case, whatever dies."""
    draw, killed = random.Random(SEED), 0
    outside.subscribe(*ABOUT_CASES)
    work(outside, *(f"case-{number}" for number in range(3 * CASES)))
    wanted, child = expected(outside), 0

    def answer(_: dict[str, Any]) -> int:
        nonlocal killed
        chance = draw.random()
        if chance < 0.2:  # it took the event, and whoever sent it dies before that is noted
            os.kill(child, signal.SIGKILL)
            killed += 1
        return 500 if chance > 0.7 else 204

    outside.receiver.answering = answer
    while by_case(outside.receiver.taken()) != wanted:
        child = os.fork()
        if child == 0:
            _deliver_until_killed(outside.home)
        until, reaped = time.monotonic() + draw.uniform(0.3, 1.0), 0
        while not reaped and time.monotonic() < until:
            reaped, _ = os.waitpid(child, os.WNOHANG)
            time.sleep(0.005)
        if not reaped:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert killed < 300, by_case(outside.receiver.taken())
    came = outside.receiver.taken()
    twice = len(came) - sum(map(len, wanted.values()))
    assert killed >= 10, "it must have been killed between sending and noting"
    assert twice >= 1, "what was not noted is sent again"
    print(f"{killed} kills between sending and noting, {twice} events came twice")


def _deliver_until_killed(home: Home) -> None:
    """Deliver with a clock on which every delay is over at once."""
    from datetime import UTC, datetime, timedelta

    try:
        ledger = open_ledger(home.path)
        began = time.monotonic()
        while True:
            ledger.clock = lambda: datetime.now(UTC) + timedelta(days=(time.monotonic() - began) * 100)
            tick(ledger, home)
    finally:
        os._exit(1)
