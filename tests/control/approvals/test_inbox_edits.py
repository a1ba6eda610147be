"""What an edit may do: more than the agent alone, never what the contract lets nobody do."""

from __future__ import annotations

from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, records, sign
from control.approvals.hours import item_of
from control.rules.files import put_in_force
from goldenthread.control.approvals import Inbox
from goldenthread.promise.errors import AnswerInvalid
from worlds import APPROVER, EASY, World

PAY: dict[str, Any] = {
    "pay": {
        "effect": "reversible",
        "undo": "take_back",
        "takes": {"order": "text", "amount": "number", "note": "text?"},
        "limit": "amount <= 50 EUR",
        "budget": ["500 EUR of amount per day"],
    }
}


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that acts alone up to 50."""
    return acting_alone(world, actions=PAY, parts="content: {secrets: deny}\n")


def asked(agent: Agent, inbox: Inbox, amount: float = 60) -> str:
    """A payment above the limit, which a person is asked about."""
    return item_of(agent.ask(agent.run(), order="a", amount=amount, note="n"))


def test_an_edit_may_go_over_the_levels_limit(agent: Agent, world: World) -> None:
    """A limit makes a person be asked; this is the person."""
    inbox = world.inbox(SLICE)
    item = asked(agent, inbox)
    inbox.edit(item, {"amount": 80}, by=APPROVER)
    run = agent.run()
    permitted = agent.ask(run, order="a", amount=60, note="n")
    assert permitted.arguments == {"order": "a", "amount": 80, "note": "n"}
    agent.consume(run, permitted)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"amount": 501},
            "Item <id> would go over the budget '500 EUR of amount per day' of the contract. "
            "Reject it, edit it to what is left, or answer it when the budget allows.",
        ),
        (
            {"amount": "much"},
            "The action 'pay' can't be done so: <type>. Give it what the contract says.",
        ),
        (
            {"note": "AKIAIOSFODNN7EXAMPLQ"},
            "The action 'pay' can't be done so: secrets stand in 'note', and the contract denies that to everybody. "
            "Leave it out.",
        ),
    ],
)
def test_no_edit_goes_over_what_holds_for_everybody(
    agent: Agent, world: World, change: dict[str, Any], words: str
) -> None:
    """A budget, the tool's types, and what the contract denies to everybody."""
    inbox = world.inbox(SLICE)
    item = asked(agent, inbox)
    with pytest.raises(AnswerInvalid) as refused:
        inbox.edit(item, change, by=APPROVER)
    said = refused.value.message
    if "<type>" in words:
        before, _, after = words.partition("<type>")
        assert said.startswith(before)
        assert said.endswith(after)
        assert "'amount'" in said
    else:
        assert said == words.replace("<id>", item)
    assert inbox.item(item).state == "open"
    assert [one for one in records(world, "approval:answer") if one.data.get("permit")] == []


@pytest.mark.parametrize("act", ["approve", "edit"])
def test_no_yes_goes_over_a_rule_that_forbids(agent: Agent, world: World, act: str) -> None:
    """Also one that came into force since the question was asked; what it allows may be permitted."""
    inbox = world.inbox(SLICE)
    item = asked(agent, inbox, amount=120)
    put_in_force(world)
    with pytest.raises(AnswerInvalid) as refused:
        inbox.edit(item, {"amount": 110}, by=APPROVER) if act == "edit" else inbox.approve(item, by=APPROVER)
    assert refused.value.message.startswith("The action 'pay' can't be done so: ")
    assert refused.value.message.endswith(
        f"(clause organisation.not-more), and no yes goes over that. Edit it to what is allowed, or reject item {item}."
    )
    assert inbox.edit(item, {"amount": 99}, by=APPROVER).answer == "edit"


@pytest.mark.parametrize("again", [1, 2])
def test_a_later_run_gets_what_was_done_and_with_which_arguments(agent: Agent, world: World, again: int) -> None:
    """It asks for 60 as the first run did: told only the result, it would go on as if 60 had been paid."""
    keyed(world)
    inbox = world.inbox(SLICE)
    run = agent.run()
    inbox.edit(item_of(agent.ask(run, order="a", amount=60, note="n")), {"amount": 55}, by=APPROVER)
    agent.act(run, order="a", amount=60, note="n", result={"receipt": 1})
    agent.end(run)
    for _ in range(again):
        run = agent.run()
        given = agent.ask(run, order="a", amount=60, note="n")
        assert (given.state, given.result, given.permit) == ("done", {"receipt": 1}, None)
        assert given.arguments == {"order": "a", "amount": 55, "note": "n"}
        assert agent.ask(run, order="a", amount=60, note="n") == given
        agent.end(run)
    run = agent.run()
    other = agent.ask(run, order="a", amount=55, note="n")
    assert (other.state, other.arguments["amount"]) == ("done", 55)
    assert world.replay(SLICE).mismatches == []
    assert world.verify_ok()


def keyed(world: World) -> None:
    """A further version in which the tool takes an idempotency key."""
    actions = {"pay": {**PAY["pay"], "key": "order"}}
    sign(world, level="approval", gates=EASY, actions=actions, version=2, parts="content: {secrets: deny}\n")


def test_an_edit_leaves_what_tells_one_effect_from_another(world: World) -> None:
    """Under another key it would be an effect that nobody asked for, and that the guard knows by the first one's."""
    sign(world, level="approval", gates=EASY, actions={"pay": {"effect": "reversible", "key": "order"}})
    agent, inbox = Agent(world), world.inbox(SLICE)
    item = item_of(agent.ask(agent.run(), order="a", amount=60))
    with pytest.raises(AnswerInvalid, match="'order' tells one effect of 'pay' from another, so an edit leaves it"):
        inbox.edit(item, {"order": "b", "amount": 50}, by=APPROVER)
    assert inbox.edit(item, {"order": "a", "amount": 50}, by=APPROVER).answer == "edit"
