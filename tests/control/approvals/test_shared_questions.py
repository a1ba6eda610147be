"""Questions that two people answer apart: what they show of either, and what nobody can know."""

from __future__ import annotations

import pytest

from control.agents import SLICE, Agent, later, records
from control.watched import LEE, PAM, answer, apart, approve_one, everything, flagged, people, watched
from goldenthread.control.approvals import Said, tick_vigilance
from goldenthread.promise.errors import AnswerInvalid
from goldenthread.surfaces.views import case_page
from worlds import APPROVER, World


@pytest.fixture
def twice(world: World) -> Agent:
    """An agent at approval, whose approvals are all asked of two people."""
    people(world, LEE, PAM)
    watched(world, "shared: 100 % of approvals")
    return Agent(world)


def answer_twice(agent: Agent, number: int, first: str, second: str, *, second_says: str = "approve") -> None:
    """One case approved by the first; the second is asked later."""
    approve_one(agent, number, by=first)
    later(agent.world, hours=1)
    tick_vigilance(agent.desk)
    item = apart(agent.world, "shared")[-1]
    answer(agent.world.inbox(SLICE), item, second_says, by=second)


def test_a_second_person_is_asked_apart_and_nothing_waits_for_them(twice: Agent, world: World) -> None:
    """The action goes on; the second answer is a look at the first."""
    run = twice.run("case-1", order="o")
    outcome = twice.ask(run, "pay", order="o", amount=1)
    world.inbox(SLICE).approve(str(outcome.item), by=APPROVER)
    twice.act(twice.run("case-1", order="o"), order="o", amount=1)
    later(world, hours=1)
    assert tick_vigilance(twice.desk).shared == 1
    assert tick_vigilance(twice.desk).shared == 0
    (second,) = world.inbox(SLICE).items()
    assert (second.kind, second.case, second.action, second.revealed) == ("approval", "case-1", "pay", None)
    with pytest.raises(AnswerInvalid, match=r"asks a second person what 'reviewer@example\.com' answered already"):
        world.inbox(SLICE).approve(second.id, by=APPROVER)
    (shown,) = [one for one in case_page(twice.desk, limit=9).cases if one.case.words == "case-1"]
    assert [(one.answer, one.by) for one in shown.answers] == [(None, None)]  # until the second has answered
    before = everything(world)
    answered = world.inbox(SLICE).reject(second.id, "never", by=LEE)
    assert everything(world) == before
    assert answered.revealed == (
        "This was asked of two people apart, and reviewer@example.com said 'approve'; nothing more happens."
    )
    assert world.replay(SLICE).ok


def test_what_the_first_said_stays_hidden_until_the_second_has_answered(twice: Agent, world: World) -> None:
    """And what the second said is shown then, as they changed it."""
    inbox = world.inbox(SLICE)
    outcome = twice.ask(twice.run("case-1", order="o"), "pay", order="o", amount=9)
    first = str(outcome.item)
    inbox.edit(first, {"amount": 7}, by=APPROVER)
    said = Said(arguments={"order": "o", "amount": 7}, changed=("amount",))
    assert inbox.dossier(first).said == said
    later(world, hours=1)
    tick_vigilance(twice.desk)
    (second,) = inbox.items()
    assert inbox.dossier(first).said is None
    inbox.edit(second.id, {"amount": 6}, by=LEE)
    assert inbox.dossier(first).said == said
    assert inbox.dossier(second.id).said == Said(arguments={"order": "o", "amount": 6}, changed=("amount",))


def test_of_two_who_differ_neither_is_flagged(twice: Agent, world: World) -> None:
    """Nobody can know which of them does not look."""
    for number in range(10):
        answer_twice(twice, number, APPROVER, LEE, second_says="reject")
    assert flagged(twice) == []


def test_who_lets_through_what_several_others_refuse_is_flagged(twice: Agent, world: World) -> None:
    """Two colleagues, each apart, are no quarrel between two."""
    for number in range(16):
        answer_twice(twice, number, APPROVER, (LEE, PAM)[number % 2], second_says="reject")
        if flagged(twice):
            break
    assert flagged(twice) == [APPROVER]
    (record,) = records(world, "approver:flag")
    assert (record.data["ground"], record.data["evidence"]["items"]) == ("agreement", 14)
    assert world.replay(SLICE).ok


def test_nobody_is_asked_twice_where_there_is_no_second_person(world: World) -> None:
    """A question that nobody may answer would lie there for ever."""
    watched(world, "shared: 100 % of approvals")
    agent = Agent(world)
    approve_one(agent, 1, by=APPROVER)
    later(world, hours=1)
    found = tick_vigilance(agent.desk)
    assert (found.shared, found.dropped) == (0, 1)  # the engineer answers for the agent
