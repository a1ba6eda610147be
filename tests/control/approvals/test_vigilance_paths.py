"""Whatever people can do with an item, they can do with a check, and never does anything come of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from control.agents import SLICE, Agent, later, records
from control.watched import LEE, apart, everything, flagged, give, people, until_checks, watched, wrong
from goldenthread.control.approvals import Inbox, Shown, due, tick
from goldenthread.promise.errors import AnswerInvalid, InboxItemClaimed, InboxItemClosed, InboxItemExpired, SecondRole
from goldenthread.record.metrics import Proposal
from goldenthread.record.principals import open_envelope
from worlds import APPROVER, ENGINEER, World


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent at approval, whose approvers are watched by checks."""
    people(world, LEE)
    watched(world, "checks: 20 % of approvals")
    return Agent(world)


@pytest.fixture
def check(agent: Agent) -> str:
    """A check that waits, and is wrong."""
    give(agent, [wrong(1)])
    return until_checks(agent, 1)[0]


def batch(box: Inbox, item: str) -> None:
    """Answer it with others."""
    box.approve_each([Shown(item=item, seen=box.item(item).seen)], by=APPROVER)


PATHS: dict[str, Callable[[Inbox, str], Any]] = {
    "approve": lambda box, item: box.approve(item, by=APPROVER),
    "approve what was seen": lambda box, item: box.approve(item, by=APPROVER, seen=box.item(item).seen),
    "edit": lambda box, item: box.edit(item, {"amount": 3}, by=APPROVER),
    "reject": lambda box, item: box.reject(item, "no", by=APPROVER),
    "batch": batch,
    "reject a batch": lambda box, item: box.reject_each(
        [Shown(item=item, seen=box.item(item).seen)], "no", by=APPROVER
    ),
    "escalate": lambda box, item: box.escalate(item, by=APPROVER),
    "hand over": lambda box, item: box.hand_over(item, LEE, by=APPROVER),
    "ask back": lambda box, item: box.ask_back(item, "why so much?", by=APPROVER),
    "claim": lambda box, item: box.claim(item, by=APPROVER),
    "look": lambda box, item: box.dossier(item),
}


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_from_a_check_to_a_permit(agent: Agent, world: World, check: str, path: str) -> None:
    """Proved on every path that there is."""
    before = everything(world)
    PATHS[path](world.inbox(SLICE), check)
    assert everything(world) == before
    assert not any(record.data.get("permit") for record in records(world) if record.data.get("item") == check)
    assert (world.replay(SLICE).ok, world.verify_ok()) == (True, True)


def test_every_way_to_answer_is_tried(world: World) -> None:
    """A new way to answer must be tried with a check, too."""
    tried = {"approve", "edit", "reject", "approve_each", "reject_each", "escalate", "hand_over", "ask_back", "claim"}
    looking = {"item", "items", "dossier"}
    others = {"answer", "settle", "reply", "release"}  # of other kinds, or after a question or a claim
    offered = {name for name, one in vars(Inbox).items() if callable(one) and not name.startswith("_")}
    assert offered == tried | looking | others


def test_what_does_not_answer_an_approval_does_not_answer_a_check(world: World, check: str) -> None:
    """The same refusal as of any approval."""
    box, words = world.inbox(SLICE), "is of kind 'approval', which this does not answer"
    with pytest.raises(AnswerInvalid, match=words):
        box.answer(check, Proposal(action="pay", arguments={"amount": 1}), by=APPROVER)
    with pytest.raises(AnswerInvalid, match=words):
        box.settle(check, happened=True, by=APPROVER)


def test_a_check_is_answered_once(world: World, check: str) -> None:
    """A second answer could mend the first."""
    world.inbox(SLICE).approve(check, by=APPROVER)
    with pytest.raises(InboxItemClosed):
        world.inbox(SLICE).reject(check, "oh", by=APPROVER)


def test_a_check_that_somebody_has_is_not_anothers(world: World, check: str) -> None:
    """Claims hold for it as for any item."""
    world.inbox(SLICE).claim(check, by=LEE)
    with pytest.raises(InboxItemClaimed):
        world.inbox(SLICE).approve(check, by=APPROVER)


def test_who_answers_for_the_agent_answers_no_check_of_it(world: World, check: str) -> None:
    """The rights are those of an approval."""
    with pytest.raises(SecondRole):
        world.inbox(SLICE).approve(check, by=ENGINEER)


def test_a_check_that_nobody_answers_expires_and_says_nothing(agent: Agent, world: World, check: str) -> None:
    """Silence is no miss: nobody looked away, nobody was there."""
    before = everything(world)
    later(world, days=60)
    assert [one.kind for one in due(agent.desk) if one.item == check] == ["expire"]
    with pytest.raises(InboxItemExpired):
        world.inbox(SLICE).approve(check, by=APPROVER)
    tick(agent.desk)
    assert [record.data["item"] for record in records(world, "vigilance:expire")] == [check]
    assert everything(world)["observations"] == before["observations"]
    assert flagged(agent) == []
    assert world.replay(SLICE).ok


def test_reminders_of_a_check_are_those_of_an_approval(agent: Agent, world: World, check: str) -> None:
    """Else it would be known by nobody being reminded."""
    later(world, days=4)
    tick(agent.desk)
    overdue = [record for record in records(world, "approval:overdue") if record.data["item"] == check]
    assert overdue
    assert set(overdue[0].data) == {"item", "kind", "run", "case", "step", "of", "to", "due"}
    assert len(overdue[0].data["run"]) == 16


def test_the_answer_of_a_check_is_signed_like_any(agent: Agent, world: World, check: str) -> None:
    """Whoever signs must not learn from what they sign."""
    world.inbox(SLICE).reject(check, "no", by=APPROVER)
    (record,) = records(world, "vigilance:answer")
    key = agent.desk.principals().get(APPROVER).public_key
    said = open_envelope(record.data["envelope"], key)
    assert set(said) == {"slice", "item", "action", "answer", "content"}
    assert apart(world) == [check]


def test_the_dossier_of_a_check_has_what_one_of_an_approval_has(agent: Agent, world: World, check: str) -> None:
    """What would happen stands beside it, as ever."""
    run = agent.run("case-real", order="r")
    real = world.inbox(SLICE).dossier(str(agent.ask(run, "pay", order="r", amount=950).item))
    made = world.inbox(SLICE).dossier(check)
    assert made.would == real.would
    assert (made.before, made.messages, made.doubts) == (real.before, real.messages, real.doubts)
