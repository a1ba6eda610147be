"""Several alike items at once: each shown, each signed, each by itself."""

from __future__ import annotations

import pytest

from control.agents import KEYED, SLICE, UNKEYED, Agent, records, sign
from control.approvals.hours import asked
from goldenthread.control.approvals import Inbox, Shown
from goldenthread.control.guard import escalate
from goldenthread.promise.errors import AnswerInvalid, InboxItemChanged, InboxItemClosed, InboxItemNotFound, SecondRole
from worlds import APPROVER, EASY, ENGINEER, World


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent whose every action waits for a yes."""
    sign(world, level="approval", gates=EASY, actions=KEYED | UNKEYED)
    return Agent(world)


@pytest.fixture
def inbox(world: World, agent: Agent) -> Inbox:
    """The slice's inbox, with everybody's keys."""
    assert agent.world is world
    return world.inbox(SLICE)


def three(agent: Agent, inbox: Inbox) -> list[Shown]:
    """Three alike items, as somebody was shown them."""
    for number in range(3):
        asked(agent, f"case-{number}", order=f"o-{number}", amount=number)
    return [Shown(item=item.id, seen=item.seen) for item in inbox.items()]


def test_a_batch_is_a_yes_to_each_with_a_signature_and_a_permit_of_its_own(
    agent: Agent, inbox: Inbox, world: World
) -> None:
    """What is signed names what was shown."""
    shown = three(agent, inbox)
    answered = inbox.approve_each(shown, by=APPROVER)
    assert [(one.id, one.refused) for one in answered] == [(one.item, None) for one in shown]
    assert {one.item.answer for one in answered if one.item} == {"approve"}
    said = records(world, "approval:answer")
    assert [one.data["seen"] for one in said] == [one.seen for one in shown]
    assert len({one.data["permit"]["digest"] for one in said}) == 3
    assert len({one.data["batch"] for one in said}) == 1
    assert {one.data["of"] for one in said} == {3}
    for number in range(3):
        run = agent.run(f"case-{number}")
        agent.consume(run, agent.ask(run, order=f"o-{number}", amount=number))
    assert world.replay(SLICE).ok


def test_an_item_that_changed_since_is_refused_and_the_others_stand(agent: Agent, inbox: Inbox) -> None:
    """A batch answers exactly what was shown."""
    shown = three(agent, inbox)
    inbox.ask_back(shown[1].item, "which?", by=APPROVER)
    inbox.reject(shown[2].item, "no", by=APPROVER)
    first, second, third = inbox.approve_each(shown, by=APPROVER)
    assert first.item is not None
    assert isinstance(second.refused, InboxItemChanged)
    assert isinstance(third.refused, InboxItemClosed)
    assert inbox.item(shown[1].item).state == "open"


def test_several_are_rejected_for_one_reason(agent: Agent, inbox: Inbox, world: World) -> None:
    """Each agent's run is told."""
    inbox.reject_each(three(agent, inbox), "the shop is closed", by=APPROVER)
    for number in range(3):
        again = agent.ask(agent.run(f"case-{number}"), order=f"o-{number}", amount=number)
        assert again.reason == f"{APPROVER} said no: the shop is closed"
    assert len(records(world, "approval:answer")) == 3


def test_a_no_to_several_needs_its_reason(agent: Agent, inbox: Inbox) -> None:
    """As a no to one does."""
    answered = inbox.reject_each(three(agent, inbox), " ", by=APPROVER)
    assert all(isinstance(one.refused, AnswerInvalid) for one in answered)


def test_the_beginning_of_what_was_shown_is_enough(agent: Agent, inbox: Inbox) -> None:
    """Eight digits, as the list prints them; fewer say nothing."""
    (one, two, three_) = three(agent, inbox)
    digits = [shown.seen.removeprefix("sha256:") for shown in (one, two, three_)]
    short = [Shown(item=one.item, seen=digits[0][:8]), Shown(item=two.item, seen=digits[1][:7])]
    first, second = inbox.approve_each(short, by=APPROVER)
    assert first.item is not None
    assert str(second.refused) == (
        f"answer-invalid: '{digits[1][:7]}' is too short to say what item {two.item} showed; 8 digits are the fewest. "
        "Take it from `goldenthread inbox list --json`."
    )


def test_only_alike_items_are_answered_together(agent: Agent, inbox: Inbox, world: World) -> None:
    """Looking at ten of one kind is quick; at ten of ten kinds it is a rubber stamp."""
    asked(agent, "case-1")
    asked(agent, "case-2", "post", text="hello")
    escalate(agent.desk, agent.run("case-3"), "unclear")
    pay, post, handed = (Shown(item=item.id, seen=item.seen) for item in inbox.items())
    for shown, words in (
        ([pay, post], f"Item {post.item} asks for 'post', and item {pay.item} for 'pay'; only alike items are"),
        ([pay, handed], f"Item {handed.item} is of kind 'escalation', and only approvals are answered together"),
        ([pay, pay], f"Item {pay.item} is named twice"),
        ([], "A batch of 0 items is too many or too few; 1 to 50 are answered together"),
        ([pay] * 51, "A batch of 51 items is too many or too few"),
    ):
        with pytest.raises(AnswerInvalid) as refused:
            inbox.approve_each(shown, by=APPROVER)
        assert str(refused.value).startswith(f"answer-invalid: {words}")
    with pytest.raises(InboxItemNotFound):
        inbox.approve_each([pay, Shown(item="zz", seen=pay.seen)], by=APPROVER)
    assert records(world, "approval:answer") == []


def test_who_may_not_answer_one_answers_none(agent: Agent, inbox: Inbox, world: World) -> None:
    """Rights are judged item by item."""
    answered = inbox.approve_each(three(agent, inbox), by=ENGINEER)
    assert all(isinstance(one.refused, SecondRole) for one in answered)
    assert records(world, "approval:answer") == []
