"""One person at an item at a time, and one answer, also where two come in the same moment."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from control.agents import KEYED, SLICE, Agent, records, sign
from control.approvals.hours import Hours, asked, item_of
from goldenthread.control.approvals import Inbox, Item
from goldenthread.control.guard import Desk
from goldenthread.promise.errors import (
    AnswerInvalid,
    GoldenthreadError,
    InboxItemClaimed,
    InboxItemClosed,
    NotPermitted,
    SecondRole,
)
from goldenthread.record.principals import KeyRing, Role, grant
from goldenthread.record.store import Home
from goldenthread.surfaces.opening import open_ledger
from worlds import APPROVER, EASY, ENGINEER, EXPERT, FINANCE, OWNER, World

SECOND = "second@example.com"


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent whose every action waits for a yes, and two people who may give it."""
    grant(world.ledger, world.keyring, by=OWNER, name=SECOND, kind="person", roles=[Role(name="approver")])
    sign(world, level="approval", gates=EASY, actions=KEYED)
    return Agent(world)


@pytest.fixture
def inbox(world: World, agent: Agent) -> Inbox:
    """The slice's inbox, with everybody's keys."""
    assert agent.world is world
    return world.inbox(SLICE)


OTHERS: dict[str, Callable[[Inbox, str], Item]] = {
    "approve": lambda inbox, item: inbox.approve(item, by=SECOND),
    "edit": lambda inbox, item: inbox.edit(item, {"amount": 5}, by=SECOND),
    "reject": lambda inbox, item: inbox.reject(item, "no", by=SECOND),
    "escalate": lambda inbox, item: inbox.escalate(item, by=SECOND),
    "hand over": lambda inbox, item: inbox.hand_over(item, SECOND, by=SECOND),
    "ask back": lambda inbox, item: inbox.ask_back(item, "why?", by=SECOND),
    "claim": lambda inbox, item: inbox.claim(item, by=SECOND),
}


@pytest.mark.parametrize("other", OTHERS)
def test_what_somebody_is_at_nobody_else_answers(agent: Agent, inbox: Inbox, world: World, other: str) -> None:
    """Two people on one case waste one of them, and the second overrides what the first thought through."""
    hours = Hours(world)
    item = item_of(asked(agent))
    held = inbox.claim(item, by=APPROVER, minutes=30)
    assert (held.claimed_by, held.claimed_until) == (APPROVER, hours.moment(0, 9.5))
    before = records(world)
    with pytest.raises(InboxItemClaimed) as claimed:
        OTHERS[other](inbox, item)
    assert str(claimed.value) == (
        f"inbox-item-claimed: {APPROVER} is at item {item} until {utc(hours)}. Take another one, or ask them to run "
        f"`goldenthread inbox release {item}`; an owner of the slice may break the claim."
    )
    assert records(world) == before
    assert inbox.approve(item, by=APPROVER).answer == "approve"


def utc(hours: Hours) -> str:
    """Half past nine of the first day, as errors say it."""
    from datetime import UTC

    return hours.moment(0, 9.5).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def test_a_claim_ends_by_itself_and_can_be_renewed(agent: Agent, inbox: Inbox, world: World) -> None:
    """Who went to lunch holds nothing up."""
    hours = Hours(world)
    item = item_of(asked(agent))
    inbox.claim(item, by=APPROVER, minutes=30)
    hours.at(0, 9.4)
    assert inbox.claim(item, by=APPROVER, minutes=30).claimed_until == hours.moment(0, 9.9)
    hours.at(0, 9.9)
    assert inbox.item(item).claimed_by is None
    assert inbox.claim(item, by=SECOND).claimed_by == SECOND
    said = records(world, "approval:claim")
    assert [(one.by, "envelope" in one.data) for one in said] == [(APPROVER, True), (APPROVER, True), (SECOND, True)]


def test_a_claim_is_given_back_or_broken_by_an_owner(agent: Agent, inbox: Inbox, world: World) -> None:
    """Not by anybody else: a claim that everybody breaks is none."""
    item = item_of(asked(agent))
    inbox.claim(item, by=APPROVER)
    with pytest.raises(InboxItemClaimed) as claimed:
        inbox.release(item, by=SECOND)
    assert str(claimed.value) == (
        f"inbox-item-claimed: Item {item} is claimed by {APPROVER}, and '{SECOND}' is no owner of '{SLICE}', who could "
        f"break that. Ask {APPROVER}, or {OWNER}."
    )
    assert inbox.release(item, by=APPROVER).claimed_by is None
    with pytest.raises(AnswerInvalid) as nobody:
        inbox.release(item, by=APPROVER)
    assert str(nobody.value) == (
        f"answer-invalid: Nobody is at item {item}, so there is no claim to release. Answer it, or claim it."
    )
    inbox.claim(item, by=APPROVER)
    assert inbox.release(item, by=OWNER).claimed_by is None
    assert records(world, "approval:release")[-1].data["of"] == APPROVER


@pytest.mark.parametrize(("who", "error"), [(ENGINEER, SecondRole), (FINANCE, NotPermitted), (EXPERT, NotPermitted)])
def test_who_may_not_answer_claims_nothing(
    agent: Agent, inbox: Inbox, who: str, error: type[GoldenthreadError]
) -> None:
    """Else they could keep an item from everybody who may."""
    item = item_of(asked(agent))
    with pytest.raises(error):
        inbox.claim(item, by=who)
    assert inbox.item(item).claimed_by is None


@pytest.mark.parametrize("minutes", [0, -1, 481])
def test_a_claim_is_neither_nothing_nor_for_ever(agent: Agent, inbox: Inbox, minutes: int) -> None:
    """A claim for a year would be a veto."""
    item = item_of(asked(agent))
    with pytest.raises(AnswerInvalid) as refused:
        inbox.claim(item, by=APPROVER, minutes=minutes)
    assert str(refused.value) == (
        f"answer-invalid: Item {item} cannot be claimed for {minutes} minutes; a claim lasts 1 to 480. "
        "Claim it again before it ends if you need longer."
    )


@pytest.mark.parametrize("act", ["approve", "claim"])
def test_of_two_people_in_one_moment_one_is_first(agent: Agent, world: World, act: str) -> None:
    """Each with a desk of their own, as in two processes; twenty times."""
    for number in range(20):
        item = item_of(asked(agent, f"case-{number}"))
        outcomes = _at_once(world, item, act)
        assert sorted(name for name, _ in outcomes) == ["done", "refused"]
        (refusal,) = (words for name, words in outcomes if name == "refused")
        assert ("is closed: approve by" if act == "approve" else " is at item ") in refusal
    kind = "approval:answer" if act == "approve" else "approval:claim"
    assert len(records(world, kind)) == 20


def _at_once(world: World, item: str, act: str) -> list[tuple[str, str]]:
    outcomes: list[tuple[str, str]] = []
    gate = threading.Barrier(2)

    def one(by: str) -> None:
        box = Inbox(Desk(world.ledger, SLICE), world.keyring.sign)
        gate.wait()
        try:
            getattr(box, act)(item, by=by)
            outcomes.append(("done", by))
        except (InboxItemClosed, InboxItemClaimed) as refused:
            outcomes.append(("refused", refused.message))

    people = [threading.Thread(target=one, args=(by,)) for by in (APPROVER, SECOND)]
    for person in people:
        person.start()
    for person in people:
        person.join(30)
    return outcomes


def test_two_processes_give_one_answer(agent: Agent, world: World) -> None:
    """What holds must hold in the database, not in one process's lock."""
    item = item_of(asked(agent))
    context = multiprocessing.get_context("spawn")
    gate, told = context.Barrier(2), context.Queue()
    people = [
        context.Process(target=_answer_apart, args=(str(world.home), item, by, gate, told)) for by in (APPROVER, SECOND)
    ]
    for person in people:
        person.start()
    outcomes = sorted(told.get(timeout=60) for _ in people)
    for person in people:
        person.join(30)
    assert outcomes == ["done", "inbox-item-closed"]
    assert len(records(world, "approval:answer")) == 1
    assert world.replay(SLICE).ok


def _answer_apart(home: str, item: str, by: str, gate: Any, told: Any) -> None:
    """A person in a process of their own."""
    ledger = open_ledger(Path(home))
    try:
        box = Inbox(Desk(ledger, SLICE), KeyRing(Home(Path(home))).sign)
        gate.wait(60)
        try:
            box.approve(item, by=by)
            told.put("done")
        except GoldenthreadError as refused:
            told.put(refused.code)
    finally:
        ledger.store.close()
