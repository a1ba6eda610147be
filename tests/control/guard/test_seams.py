"""What an attacker tries where two parts of the guard meet: a permit held back, a rule asked too early, money counted
by one and spent through the other.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, later, records, sign
from control.guard.test_delegation import BELOW, CALLS, CHILD, PAY, Below, grant_child
from goldenthread.control.guard import Outcome, Request, Run, Seen, authorize, consume, delegate, reserve
from goldenthread.control.guard.authorize import authorize_batch
from goldenthread.control.guard.drafts import prepare
from goldenthread.promise.errors import AnswerInvalid, BudgetSpent, DelegationRefused, PermitRefused, ValueProblem
from goldenthread.promise.values import Verdict
from worlds import APPROVER, EASY, World, contract_text

ACTIONS: dict[str, Any] = {
    "look": {"effect": "read"},
    "pay": {"effect": "reversible"},
    "post": {"effect": "reversible"},
}
NEVER = "rules:\n  - after pay or look, never post\n"


def ask(agent: Agent, run: Run, seen: Seen, action: str, call: int = 0) -> Outcome:
    """What the guard says to a call of a run that has seen this much."""
    request = Request(run=run, call=call, action=action, arguments={"order": f"o{call}"}, seen=seen)
    return authorize(agent.desk, request)


def test_a_permit_kept_for_later_does_not_slip_past_what_came_before(world: World) -> None:
    """An agent that first fetches all permits could otherwise do in any order what a rule keeps in order."""
    agent = acting_alone(world, actions=ACTIONS, parts=NEVER)
    run, seen = agent.run(), Seen()
    pay, post = ask(agent, run, seen, "pay", 0), ask(agent, run, seen, "post", 1)
    assert (pay.state, post.state) == ("permitted", "permitted")
    consume(agent.desk, run, pay, seen)
    with pytest.raises(PermitRefused, match="'pay' came before, and the contract says"):
        consume(agent.desk, run, post, seen)
    agent.desk.saw(seen, "pay", None)
    again = ask(agent, run, seen, "post", 1)
    assert (again.verdict, again.clause) == (Verdict.DENY, "rules 'after pay or look, never post'")
    assert world.replay(SLICE).ok


def test_what_a_run_read_since_counts_when_its_permit_is_used(world: World) -> None:
    """Reads stand in no table of actions; whoever uses a permit says what the run has seen by then."""
    agent = acting_alone(world, actions=ACTIONS, parts=NEVER)
    run, seen = agent.run(), Seen()
    post = ask(agent, run, seen, "post")
    agent.desk.saw(seen, "look", "a customer")
    with pytest.raises(PermitRefused, match="'look' came before"):
        consume(agent.desk, run, post, seen)


def test_a_yes_that_a_person_gave_outlasts_what_only_asks_for_a_person(world: World) -> None:
    """A rule that wants a person has one; the permit must not be asked for in a circle."""
    agent = acting_alone(world, actions=ACTIONS, parts="rules:\n  - after look, post only with a person\n")
    run, seen = agent.run(), Seen()
    agent.desk.saw(seen, "look", "a customer")
    world.inbox(SLICE).approve(str(ask(agent, run, seen, "post").item), by=APPROVER)
    agent.desk.saw(seen, "look", "another")
    consume(agent.desk, run, ask(agent, run, seen, "post"), seen)


def test_a_permit_that_a_read_has_spoiled_is_asked_of_a_person(world: World) -> None:
    """Refused for good it would be lost work; asked anew, a person can say yes."""
    agent = acting_alone(world, actions=ACTIONS, parts="rules:\n  - after look, post only with a person\n")
    run, seen = agent.run(), Seen()
    assert ask(agent, run, seen, "post").state == "permitted"
    agent.desk.saw(seen, "look", "a customer")
    again = ask(agent, run, seen, "post")
    assert (again.verdict, again.state) == (Verdict.ASK, "asked")


REDACT = "content: {personal_data: redact}\n"


def test_what_a_new_version_takes_out_is_taken_out_of_the_very_next_call(world: World) -> None:
    """A process that still knows the version before must not carry an address past the one in force."""
    agent = acting_alone(world, actions=ACTIONS)
    run = agent.run()
    request = Request(run=run, call=0, action="post", arguments={"text": "write to anna@example.com"})
    ready = prepare(agent.desk, request)
    sign(world, version=2, level="approval", gates=EASY, actions=ACTIONS, parts=REDACT)
    with agent.desk.transaction() as writing:
        (outcome,) = authorize_batch(writing, [ready])
    assert "anna@example.com" not in str(outcome.arguments)
    decided = records(world, "action:decide")[-1]
    assert "anna@example.com" not in str(world.ledger.open(decided.data["arguments"]))


def test_an_approver_cannot_write_in_what_the_contract_keeps_from_leaving(world: World) -> None:
    """A person says yes to what is asked; what is denied to everybody stays denied."""
    sign(world, level="approval", gates=EASY, actions=ACTIONS, parts="content: {secrets: deny}\n")
    agent = Agent(world)
    asked = agent.ask(agent.run(), "post", text="hello")
    secret = "key AKIAIOSFODNN7EXAMPLA and -----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n"
    with pytest.raises(AnswerInvalid, match="secrets stand in 'text', and the contract denies that"):
        world.inbox(SLICE).edit(str(asked.item), {"text": secret}, by=APPROVER)


def test_a_days_budget_holds_on_the_day_on_which_the_money_goes(world: World) -> None:
    """A yes lasts a week: seven days' permits used on one day would be seven budgets in one."""
    actions = {
        "pay": {"effect": "reversible", "budget": ["100 EUR of amount per day"]},
        "post": {"effect": "reversible"},
    }
    sign(world, level="approval", gates=EASY, actions=actions)
    agent = Agent(world)
    first, second = agent.run("a"), agent.run("b")
    one = agent.ask(first, order="a", amount=100)
    world.inbox(SLICE).approve(str(one.item), by=APPROVER)
    later(world, days=1)
    two = agent.ask(second, order="b", amount=100)
    world.inbox(SLICE).approve(str(two.item), by=APPROVER)
    agent.consume(second, agent.ask(second, order="b", amount=100))
    with pytest.raises(PermitRefused, match="over the budget '100 EUR of amount per day'"):
        agent.consume(first, agent.ask(first, order="a", amount=100))
    later(world, days=1)
    agent.consume(first, agent.ask(first, order="a", amount=100))
    third = agent.run("c")
    assert agent.ask(third, order="c", amount=1).verdict is Verdict.DENY
    assert world.replay(SLICE).ok


def test_money_of_another_currency_is_no_way_round_a_budget(world: World) -> None:
    """Nobody can add dollars to euros, so what can't be added up isn't spent."""
    agent = acting_alone(world, actions=ACTIONS, parts='budgets: ["5 EUR per run"]\n')
    with pytest.raises(ValueProblem, match="USD"):
        reserve(agent.desk, agent.run(), cost="1000 USD")


@pytest.fixture
def above(world: World) -> Agent:
    """The calling agent, constrained in its slice."""
    text = contract_text(SLICE, level="approval", gates=EASY, actions=ACTIONS, parts="budgets: [5 calls per run]\n")
    world.sign(text.replace("calls: {agents: none, depth: 0}", CALLS))
    agent = Agent(world)
    agent.climb()
    return agent


def child_of(world: World, *, level: str = "approval", climbs: bool = True, parts: str = "") -> Below:
    """The called agent."""
    grant_child(world)
    world.sign(contract_text(BELOW, level=level, gates=EASY, actions=PAY, parts=parts))
    agent = Below(world)
    if climbs:
        agent.climb()
    return agent


def test_what_people_approve_counts_against_what_was_allotted(world: World, above: Agent) -> None:
    """A called run that asks for much before anybody answers would otherwise do it all."""
    below = child_of(world, climbs=False)
    leave = delegate(above.desk, above.run(), Seen(), CHILD, BELOW, {"calls": Decimal(1)})
    child = below.called(leave)
    one, two = ask(below, child, Seen(), "pay", 0), ask(below, child, Seen(), "pay", 1)
    inbox = world.inbox(BELOW)
    inbox.approve(str(one.item), by=APPROVER)
    with pytest.raises(AnswerInvalid, match="allotted by the caller"):
        inbox.approve(str(two.item), by=APPROVER)


def test_what_the_caller_does_after_it_called_counts_below(world: World, above: Agent) -> None:
    """First fetch the leave, then pay, then let the other agent post: the order of the calls must not matter."""
    below = child_of(world, parts="rules:\n  - after pay, never post\n")
    run, seen = above.run(), Seen()
    child = below.called(delegate(above.desk, run, seen, CHILD, BELOW, {"calls": Decimal(2)}))
    held = ask(below, child, Seen(), "post", 0)
    assert held.state == "permitted"
    above.act(run, call=0, order="o")
    with pytest.raises(PermitRefused, match="'pay' came before"):
        consume(below.desk, child, held, Seen())
    refused = ask(below, child, Seen(), "post", 1)
    assert (refused.verdict, refused.clause) == (Verdict.DENY, "rules 'after pay, never post'")


def test_what_one_called_agent_read_counts_for_the_next(world: World, above: Agent) -> None:
    """Through one agent in, through another out: the caller between them did nothing itself."""
    below = child_of(world, parts="rules:\n  - after pay, never post\n")
    run, seen = above.run(), Seen()
    first = below.called(delegate(above.desk, run, seen, CHILD, BELOW, {"calls": Decimal(1)}))
    below.act(first, order="o")
    second = below.called(delegate(above.desk, run, seen, CHILD, BELOW, {"calls": Decimal(1)}), "case-2")
    assert ask(below, second, Seen(), "post", 0).clause == "rules 'after pay, never post'"


def test_a_leave_of_last_week_is_none(world: World, above: Agent) -> None:
    """What was held back for it is the caller's again by then, so two would spend the same."""
    below = child_of(world)
    run = above.run()
    taken = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW, {"calls": Decimal(5)}))
    later(world, days=8)
    assert ask(below, taken, Seen(), "pay", 0).verdict is Verdict.DENY
    with pytest.raises(BudgetSpent, match="What was allotted to this run is its caller's again, since too long ago"):
        reserve(below.desk, taken, tokens=1)
    leave = delegate(above.desk, run, Seen(), CHILD, BELOW)
    later(world, days=8)
    with pytest.raises(DelegationRefused, match="was given too long ago, and what was allotted with it"):
        below.called(leave, "case-2")
