"""Agents that call agents: a called run never has more than the run that called it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from control.agents import SLICE, Agent, acting_alone, records
from goldenthread.control.guard import (
    Outcome,
    Request,
    Run,
    Seen,
    authorize,
    consume,
    declare,
    declare_agent,
    delegate,
    end_run,
    open_run,
)
from goldenthread.promise.errors import BudgetSpent, DelegationRefused, PermitRefused
from goldenthread.promise.values import Level, Verdict
from goldenthread.record.principals import Role, grant
from worlds import EASY, ENGINEER, OWNER, World, contract_text

BELOW = "shipping"
CHILD = "shipping-agent"
CALLS = "calls: {agents: [shipping-agent], depth: 1}"
PAY: dict[str, Any] = {"pay": {"effect": "reversible"}, "post": {"effect": "reversible"}}


class Below(Agent):
    """The called agent, in its own slice, where it has earned constrained."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.desk = world.desk(BELOW)
        self.declaration = declare(CHILD, {"model": "rules"}, {}, [])
        declare_agent(self.desk, self.declaration)

    def called(self, by: str, case: str = "case-1") -> Run:
        """A run that another agent called."""
        return open_run(self.desk, self.declaration, case, {}, None, by)


@pytest.fixture
def above(world: World) -> Agent:
    """The calling agent, constrained in its slice."""
    text = contract_text(SLICE, level="approval", gates=EASY, actions=PAY, parts="budgets: [5 calls per run]\n")
    world.sign(text.replace("calls: {agents: none, depth: 0}", CALLS))
    agent = Agent(world)
    agent.climb()
    return agent


@pytest.fixture
def below(world: World, above: Agent) -> Below:
    """The called agent."""
    grant_child(world)
    world.sign(contract_text(BELOW, level="approval", gates=EASY, actions=PAY))
    agent = Below(world)
    agent.climb()
    assert agent.desk.standing().level(agent.declaration.fingerprint) is Level.CONSTRAINED
    return agent


def grant_child(world: World) -> None:
    """Make the called agent known."""
    roles = [Role(name="agent")]
    grant(world.ledger, world.keyring, by=OWNER, name=CHILD, kind="agent", roles=roles, responsible=ENGINEER)


def ask(agent: Agent, run: Run, action: str = "pay", call: int = 0, seen: Seen | None = None) -> Outcome:
    """What the guard says to one call."""
    request = Request(run=run, call=call, action=action, arguments={"order": f"o{call}"}, seen=seen or Seen())
    return authorize(agent.desk, request)


def test_a_called_run_acts_within_both(above: Agent, below: Below) -> None:
    """Where both have earned it, the called agent acts alone, and its chain is on record."""
    run = above.run()
    child = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW))
    outcome = ask(below, child)
    assert outcome.verdict is Verdict.ALLOW
    start = list(above.world.ledger.read(BELOW, kinds=["run:start"]))[-1]
    assert start.data["caller"]["chain"] == [f"{SLICE}/{run.id}"]
    assert above.world.replay(BELOW).ok


def test_a_called_run_has_no_higher_level_than_its_caller(world: World, above: Agent, below: Below) -> None:
    """A caller that was put back to approval must not act through an agent that may act alone."""
    run = above.run()
    child = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW))
    permitted = ask(below, child)
    text = contract_text(SLICE, version=2, level="approval", ceiling="approval", gates={}, actions=PAY)
    text = text.replace("    approval: [rework_rate > 3 %]\n", "")
    world.sign(text.replace("calls: {agents: none, depth: 0}", CALLS))
    assert above.level() is Level.APPROVAL
    assert ask(below, child, call=1).verdict is Verdict.ASK
    with pytest.raises(PermitRefused, match="the level is approval now"):
        consume(below.desk, child, permitted)
    assert world.replay(BELOW).ok


def test_a_stopped_caller_stops_those_it_called(world: World, above: Agent, below: Below) -> None:
    """The switch for a slice reaches what its agents set going elsewhere."""
    child = below.called(delegate(above.desk, above.run(), Seen(), CHILD, BELOW))
    world.stop(SLICE)
    assert ask(below, child).verdict is Verdict.DENY


def test_what_a_caller_left_behind_ends_with_it(above: Agent, below: Below) -> None:
    """A run that nobody waits for any more does nothing."""
    run = above.run()
    child = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW))
    above.end(run)
    assert ask(below, child).verdict is Verdict.DENY


@pytest.mark.parametrize("name", ["no-such-slice", "shiping", "organisation", ""])
def test_nobody_is_called_to_a_slice_that_is_not_there(above: Agent, below: Below, name: str) -> None:
    """With a name that is mistyped everything left was held back for a run that could never be opened."""
    run = above.run()
    with pytest.raises(DelegationRefused) as refused:
        delegate(above.desk, run, Seen(), CHILD, name)
    assert str(refused.value) == (
        f"delegation-refused: Agent 'shipping-agent' cannot be called to work in '{name}': this home has no contract "
        "of that name. Name a slice of `goldenthread contract list`, or sign a contract for it."
    )
    assert records(above.world, "run:call") == []
    delegate(above.desk, run, Seen(), CHILD, BELOW, {"calls": Decimal(5)})


def test_only_named_agents_are_called_and_no_deeper_than_stated(above: Agent, below: Below) -> None:
    """The graph of calls is the contract's, not the model's."""
    run = above.run()
    with pytest.raises(DelegationRefused, match="lets its agent call shipping-agent, and not 'somebody'"):
        delegate(above.desk, run, Seen(), "somebody", BELOW)
    child = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW))
    with pytest.raises(DelegationRefused, match="lets its agent call nobody"):
        delegate(below.desk, child, Seen(), CHILD, BELOW)


def test_depth_counts_from_the_first_caller(world: World, above: Agent, below: Below) -> None:
    """A called agent's own contract cannot make the chain longer than the first one allows."""
    text = contract_text(BELOW, version=2, level="approval", gates=EASY, actions=PAY)
    world.sign(text.replace("calls: {agents: none, depth: 0}", "calls: {agents: [shipping-agent], depth: 5}"))
    child = below.called(delegate(above.desk, above.run(), Seen(), CHILD, BELOW))
    with pytest.raises(DelegationRefused, match="as deep as it may be"):
        delegate(below.desk, child, Seen(), CHILD, BELOW)


def test_leave_is_for_one_run_of_one_agent_in_one_slice(above: Agent, below: Below) -> None:
    """What was given for one job opens no other."""
    leave = delegate(above.desk, above.run(), Seen(), CHILD, BELOW)
    stranger = declare("agent", {"model": "rules"}, {}, [])
    for show, declaration in ((leave, stranger), ("0" * 32, below.declaration)):
        with pytest.raises(DelegationRefused, match="was not called to work"):
            open_run(below.desk, declaration, "x", {}, None, show)
    below.called(leave)
    with pytest.raises(DelegationRefused, match="was used by run"):
        below.called(leave, case="case-2")
    other = delegate(above.desk, above.run(), Seen(), CHILD, BELOW)
    with pytest.raises(DelegationRefused, match="which this call did not open"):
        below.called(other)


def test_a_called_run_spends_what_was_allotted_and_gives_back_the_rest(above: Agent, below: Below) -> None:
    """Five calls are five calls, however many agents share them."""
    run = above.run()
    child = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW, {"calls": Decimal(3)}))
    for call in range(3):
        outcome = ask(below, child, call=call)
        consume(below.desk, child, outcome)
        below.done(child, outcome)
    assert ask(below, child, call=3).reason == "It would go over the budget '3 calls allotted by the caller'"
    with pytest.raises(BudgetSpent, match="3 calls were to be allotted, and 2 are left"):
        delegate(above.desk, run, Seen(), CHILD, BELOW, {"calls": Decimal(3)})
    end_run(below.desk, child, "done", [], 0.1, Seen())
    assert [above.act(run, call=call, order=f"a{call}").verdict for call in range(2)] == [Verdict.ALLOW] * 2
    assert ask(above, run, call=2).verdict is Verdict.DENY


def test_what_was_not_used_is_the_callers_again(above: Agent, below: Below) -> None:
    """A call that came to nothing costs nothing."""
    run = above.run()
    child = below.called(delegate(above.desk, run, Seen(), CHILD, BELOW))
    assert ask(above, run).verdict is Verdict.DENY
    end_run(below.desk, child, "done", [], 0.1, Seen())
    assert ask(above, run, call=1).verdict is Verdict.ALLOW


def test_rules_see_what_was_done_along_the_chain(world: World) -> None:
    """Reading through one agent and sending through another is reading and sending."""
    rules = "rules:\n  - after post, pay only with a person\n"
    text = contract_text(SLICE, level="approval", gates=EASY, actions=PAY, parts=rules)
    world.sign(text.replace("calls: {agents: none, depth: 0}", CALLS))
    above = Agent(world)
    above.climb()
    grant(
        world.ledger,
        world.keyring,
        by=OWNER,
        name=CHILD,
        kind="agent",
        roles=[Role(name="agent")],
        responsible=ENGINEER,
    )
    world.sign(contract_text(BELOW, level="approval", gates=EASY, actions=PAY, parts=rules))
    below = Below(world)
    below.climb()
    run, seen = above.run(), Seen()
    child = below.called(delegate(above.desk, run, seen, CHILD, BELOW))
    done = Seen()
    below.desk.saw(done, "post", None)
    end_run(below.desk, child, "done", [], 0.1, done)
    assert ask(above, run, "pay", seen=seen).verdict is Verdict.ASK


def test_an_acting_agent_that_calls_nobody_is_as_before(world: World) -> None:
    """No chain, no cap."""
    agent = acting_alone(world, actions=PAY)
    assert agent.run().caller is None
    assert [one.data.get("cap") for one in records(world, "action:decide")] == [None] * 12
