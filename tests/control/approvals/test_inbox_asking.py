"""Asking back, and handing an item to somebody by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from control.agents import KEYED, SLICE, Agent, records, sign
from control.approvals.hours import Hours, asked, item_of
from goldenthread.control.approvals import INBOX_TYPE, Inbox, reply_of_agent, unanswered
from goldenthread.control.guard import escalate
from goldenthread.control.signing import erase_case
from goldenthread.promise.errors import (
    AnswerInvalid,
    GoldenthreadError,
    InboxItemChanged,
    InboxItemClosed,
    NotPermitted,
    PrincipalUnknown,
    SecondRole,
)
from goldenthread.record.principals import Role, grant, open_envelope, record_leave
from worlds import APPROVER, CUSTOMER, EASY, ENGINEER, EXPERT, OWNER, World

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


def test_a_question_and_its_reply_stand_under_the_item(agent: Agent, inbox: Inbox, world: World) -> None:
    """Signed by who said them, sealed with the case, and in order."""
    hours = Hours(world)
    item = item_of(asked(agent))
    due = inbox.item(item).due
    hours.at(0, 10)
    inbox.ask_back(item, "Which of the two orders?", by=APPROVER)
    inbox.reply(item, "The one of March.", by=ENGINEER)
    thread = inbox.dossier(item).messages
    assert [(one.number, one.kind, one.by, one.text) for one in thread] == [
        (1, "question", APPROVER, "Which of the two orders?"),
        (2, "reply", ENGINEER, "The one of March."),
    ]
    now = inbox.item(item)
    assert (now.messages, now.state, now.due) == (2, "open", due)
    question = records(world, "approval:question")[-1]
    assert "Which" not in str(question.data)
    key = agent.desk.principals().get(APPROVER).public_key
    assert open_envelope(question.data["envelope"], key, INBOX_TYPE)["content"] == question.data["content"]
    assert inbox.approve(item, by=APPROVER).answer == "approve"


def test_the_agent_sees_what_is_asked_of_it_and_replies(agent: Agent, inbox: Inbox) -> None:
    """Only of its own run, and only once somebody asked."""
    item, run = item_of(asked(agent)), agent.run(customer="Ada")
    assert unanswered(agent.desk, run.id) == ()
    with pytest.raises(AnswerInvalid) as nothing:
        reply_of_agent(agent.desk, run, item, "it is fine")
    assert str(nothing.value) == (
        f"answer-invalid: Nobody asked anything about item {item}, so there is nothing to reply to. "
        f"See `goldenthread inbox show {item}`."
    )
    inbox.ask_back(item, "Which order?", by=APPROVER)
    assert [one.text for one in unanswered(agent.desk, run.id)] == ["Which order?"]
    with pytest.raises(NotPermitted) as other:
        reply_of_agent(agent.desk, agent.run("case-2"), item, "that of March")
    assert str(other.value).startswith(f"not-permitted: Item {item} belongs to another run than ")
    reply_of_agent(agent.desk, run, item, "that of March")
    assert unanswered(agent.desk, run.id) == ()
    assert [one.by for one in inbox.dossier(item).messages] == [APPROVER, "agent"]
    inbox.approve(item, by=APPROVER)
    with pytest.raises(InboxItemClosed):
        reply_of_agent(agent.desk, run, item, "or that of May")


@pytest.mark.parametrize(
    ("words", "error"), [("", "needs a question, and it is empty"), ("  \n", "needs a question, and it is empty")]
)
def test_an_empty_question_is_none(agent: Agent, inbox: Inbox, words: str, error: str) -> None:
    """Nobody can reply to it."""
    item = item_of(asked(agent))
    with pytest.raises(AnswerInvalid) as refused:
        inbox.ask_back(item, words, by=APPROVER)
    assert str(refused.value) == f"answer-invalid: Item {item} {error}. Say it in a few words."


def test_a_no_needs_its_reason(agent: Agent, inbox: Inbox) -> None:
    """The agent, and whoever reads the record, must know why."""
    item = item_of(asked(agent))
    for reason in ("", " \t"):
        with pytest.raises(AnswerInvalid) as refused:
            inbox.reject(item, reason, by=APPROVER)
        assert str(refused.value) == (
            f"answer-invalid: Item {item} needs a reason, and it is empty. Say it in a few words."
        )
    assert inbox.item(item).state == "open"


def test_a_blind_question_is_not_asked_back(world: World) -> None:
    """What the agent says to it would give its proposal away."""
    sign(world, level="draft", actions=KEYED, blind=100)
    agent = Agent(world)
    agent.ask(agent.run(), "pay", order="a", amount=7)
    inbox = world.inbox(SLICE)
    (item,) = inbox.items()
    with pytest.raises(AnswerInvalid) as refused:
        inbox.ask_back(item.id, "why?", by=APPROVER)
    assert str(refused.value).startswith(f"answer-invalid: Item {item.id} is a blind question: what the agent says")


def test_who_has_no_part_in_the_slice_replies_nothing(agent: Agent, inbox: Inbox, world: World) -> None:
    """A stranger's word beside a question would count with who decides."""
    grant(world.ledger, world.keyring, by=OWNER, name="eve@example.com", kind="person", roles=[Role(name="auditor")])
    item = item_of(asked(agent))
    inbox.ask_back(item, "Which order?", by=APPROVER)
    with pytest.raises(NotPermitted):
        inbox.reply(item, "all of them", by="eve@example.com")
    assert inbox.reply(item, "the first", by=CUSTOMER).messages == 2


def test_messages_of_an_erased_case_are_gone(agent: Agent, inbox: Inbox) -> None:
    """They are case content."""
    item = item_of(asked(agent))
    inbox.ask_back(item, "Is Ada the payer?", by=APPROVER)
    erase_case(agent.desk, "case-1", by=OWNER)
    assert inbox.dossier(item).messages == ()


def test_what_was_said_since_changes_what_one_answers(agent: Agent, inbox: Inbox) -> None:
    """A yes to what was shown before the reply is no yes to what stands there now."""
    item = item_of(asked(agent))
    seen = inbox.item(item).seen
    inbox.ask_back(item, "Which order?", by=APPROVER)
    with pytest.raises(InboxItemChanged) as changed:
        inbox.approve(item, by=APPROVER, seen=seen)
    assert str(changed.value) == (
        f"inbox-item-changed: Item {item} is not any more what you were shown: it was answered or asked about since, "
        f"or the contract changed. Look at it again: `goldenthread inbox show {item}`."
    )
    assert inbox.approve(item, by=APPROVER, seen=inbox.item(item).seen).answer == "approve"


def test_an_item_is_handed_to_a_person_and_its_clock_runs_on(agent: Agent, inbox: Inbox, world: World) -> None:
    """Handing it around must not keep it from coming due."""
    hours = Hours(world)
    item = item_of(asked(agent))
    hours.at(0, 12)
    now = inbox.hand_over(item, SECOND, by=APPROVER)
    assert (now.assigned, now.due, now.state) == (SECOND, hours.moment(0, 13), "open")
    said = records(world, "approval:handover")[-1]
    assert (said.by, said.data["to"], said.data["step"], "envelope" in said.data) == (APPROVER, SECOND, 0, True)
    hours.at(0, 13)
    assert inbox.item(item).assigned == "lead"
    assert inbox.approve(item, by=APPROVER).answer == "approve"


@pytest.mark.parametrize(
    ("to", "error"),
    [
        (ENGINEER, SecondRole),
        (EXPERT, NotPermitted),
        (CUSTOMER, NotPermitted),
        ("nobody@example.com", PrincipalUnknown),
    ],
)
def test_an_item_goes_only_to_who_may_answer_it(
    agent: Agent, inbox: Inbox, to: str, error: type[GoldenthreadError]
) -> None:
    """Else it would wait with somebody who can't."""
    item = item_of(asked(agent))
    with pytest.raises(error):
        inbox.hand_over(item, to, by=APPROVER)
    assert inbox.item(item).assigned == "reviewer"


def test_an_item_is_handed_to_somebody_else(agent: Agent, inbox: Inbox) -> None:
    """To who has it, it is a slip."""
    item = item_of(asked(agent))
    inbox.hand_over(item, SECOND, by=APPROVER)
    with pytest.raises(AnswerInvalid) as refused:
        inbox.hand_over(item, SECOND, by=APPROVER)
    assert str(refused.value) == (
        f"answer-invalid: Item {item} is with '{SECOND}' already. Name another person, or answer it."
    )


def test_a_deputy_stands_in_for_who_is_away(agent: Agent, inbox: Inbox, world: World) -> None:
    """By rights of their own; and nothing new is handed to who is not there."""
    now = world.ledger.clock()
    item, other = item_of(asked(agent)), item_of(asked(agent, "case-2"))
    inbox.hand_over(item, SECOND, by=APPROVER)
    record_leave(
        world.ledger,
        world.keyring,
        by=SECOND,
        name=SECOND,
        begins=now - timedelta(minutes=1),
        ends=now + timedelta(days=3),
        deputy=APPROVER,
    )
    assert inbox.item(item).deputies == (APPROVER,)
    assert inbox.item(other).deputies == ()
    with pytest.raises(AnswerInvalid) as away:
        inbox.hand_over(other, SECOND, by=APPROVER)
    assert str(away.value).startswith(f"answer-invalid: '{SECOND}' is away until ")
    assert str(away.value).endswith(f"so item {other} would wait there. Hand it to {APPROVER}, who stands in.")
    assert inbox.approve(item, by=APPROVER).answered_by == APPROVER


def test_a_deputy_approves_nothing_of_their_own_agent(agent: Agent, inbox: Inbox, world: World) -> None:
    """Standing in gives work, never rights."""
    item = item_of(asked(agent))
    inbox.hand_over(item, SECOND, by=APPROVER)
    now = world.ledger.clock()
    record_leave(
        world.ledger,
        world.keyring,
        by=SECOND,
        name=SECOND,
        begins=now - timedelta(minutes=1),
        ends=None,
        deputy=ENGINEER,
    )
    assert inbox.item(item).deputies == ()
    with pytest.raises(SecondRole):
        inbox.approve(item, by=ENGINEER)


def test_an_escalation_can_be_asked_back(agent: Agent, inbox: Inbox) -> None:
    """Whoever takes the case over may ask what was unclear."""
    item = escalate(agent.desk, agent.run("case-3"), "unclear")
    assert item is not None
    assert inbox.ask_back(item, "what exactly?", by=APPROVER).messages == 1
