"""What must not follow what, through the whole guard: on record, when a permit is used, and when it is replayed."""

from __future__ import annotations

from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, observed, sign
from goldenthread.control.guard import Outcome, Request, Run, Seen, authorize
from goldenthread.promise.errors import AnswerInvalid
from goldenthread.promise.values import Verdict
from worlds import APPROVER, ENGINEER, World

ACTIONS: dict[str, Any] = {
    "look": {"effect": "read"},
    "pay": {"effect": "reversible"},
    "post": {"effect": "reversible"},
}


def ask(agent: Agent, run: Run, seen: Seen, action: str, call: int = 0) -> Outcome:
    """What the guard says to a call of a run that has seen this much."""
    request = Request(run=run, call=call, action=action, arguments={"order": f"o{call}"}, seen=seen)
    return authorize(agent.desk, request)


def after(agent: Agent, *actions: str) -> Seen:
    """A run's memory in which these were done."""
    seen = Seen()
    for action in actions:
        agent.desk.saw(seen, action, None)
    return seen


def test_after_a_read_a_message_needs_a_person(world: World) -> None:
    """Who has read customers' data does not write to the world outside alone."""
    agent = acting_alone(world, actions=ACTIONS, parts="rules:\n  - after look, post only with a person\n")
    run = agent.run()
    assert ask(agent, run, Seen(), "post", 0).verdict is Verdict.ALLOW
    held = ask(agent, run, after(agent, "look"), "post", 1)
    assert held.verdict is Verdict.ASK
    assert held.reason == "'look' came before, and the contract says 'after look, post only with a person'"
    assert held.clause == "rules 'after look, post only with a person'"
    assert ask(agent, run, after(agent, "look"), "pay", 2).verdict is Verdict.ALLOW
    world.inbox(SLICE).approve(str(held.item), by=APPROVER)
    again = ask(agent, run, after(agent, "look"), "post", 1)
    agent.consume(run, again)
    assert world.replay(SLICE).ok


def test_what_must_never_follow_is_denied_at_every_level_and_counts_as_a_violation(world: World) -> None:
    """A forbidding rule that was run into is what a tripwire watches for."""
    agent = acting_alone(world, actions=ACTIONS, parts="rules:\n  - after pay, never post\n")
    run = agent.run()
    refused = ask(agent, run, after(agent, "pay"), "post")
    assert (refused.verdict, refused.clause) == (Verdict.DENY, "rules 'after pay, never post'")
    assert observed(world, "policy_violation")[-1] == 1.0


def test_the_second_of_two_duties_needs_a_person(world: World) -> None:
    """An agent that did one of two duties alone must not do the other alone, in whichever order."""
    agent = acting_alone(world, actions=ACTIONS, parts="rules:\n  - two people for pay and post\n")
    run = agent.run()
    assert ask(agent, run, Seen(), "pay", 0).verdict is Verdict.ALLOW
    assert ask(agent, run, after(agent, "pay"), "post", 1).verdict is Verdict.ASK
    assert ask(agent, run, after(agent, "post"), "pay", 2).verdict is Verdict.ASK


def test_nobody_says_yes_to_both_of_two_duties(world: World) -> None:
    """Separation of duties is about people: the second yes must be somebody else's."""
    sign(world, level="approval", actions=ACTIONS, parts="rules:\n  - two people for pay and post\n")
    agent = Agent(world)
    run, inbox = agent.run(), world.inbox(SLICE)
    pay, post = ask(agent, run, Seen(), "pay", 0), ask(agent, run, Seen(), "post", 1)
    inbox.approve(str(pay.item), by=APPROVER)
    with pytest.raises(AnswerInvalid, match="said yes to 'pay' in this case"):
        inbox.approve(str(post.item), by=APPROVER)
    inbox.approve(str(post.item), by=world_other(world))


def world_other(world: World) -> str:
    """A second approver who does not answer for the agent."""
    from goldenthread.record.principals import Role, grant
    from worlds import OWNER

    name = "second@example.com"
    grant(world.ledger, world.keyring, by=OWNER, name=name, kind="person", roles=[Role(name="approver")])
    assert name != ENGINEER
    return name
