from __future__ import annotations

from typing import Any

import pytest

from control.agents import SLICE, Agent, sign
from goldenthread.control.guard import Calls, Seen, consume, recall, remember_seen
from goldenthread.promise.errors import AnswerLate
from goldenthread.promise.values import Json
from worlds import APPROVER, World

ACTIONS: dict[str, Any] = {
    "pay": {"effect": "reversible", "key": "order"},
    "post": {"effect": "reversible"},
    "look": {"effect": "read"},
}


@pytest.fixture
def agent(world: World) -> Agent:
    """An agent that asks for each action."""
    sign(world, level="approval", actions=ACTIONS)
    return Agent(world)


def resumed(agent: Agent, seen: Seen | None = None) -> Calls:
    """The calls of the run, as another process finds them."""
    return recall(agent.desk, agent.run(), seen or Seen())


def approved(agent: Agent, call: int, action: str = "pay", **arguments: Json) -> None:
    """A call that a person said yes to, and that was done."""
    run = agent.run()
    outcome = agent.ask(run, action, call, **arguments)
    agent.world.inbox(SLICE).approve(str(outcome.item), by=APPROVER)
    outcome = agent.ask(run, action, call, **arguments)
    agent.consume(run, outcome)
    agent.done(run, outcome, "ok")


def test_a_run_that_begins_again_numbers_its_calls_as_before(agent: Agent) -> None:
    """A permit is for a call of a run, so the call must be found again."""
    approved(agent, 0, order="a", amount=1)
    agent.ask(agent.run(), "pay", 1, order="b", amount=2)
    calls = resumed(agent)
    assert calls.take("pay", {"order": "a", "amount": 1}) == 0
    assert calls.take("pay", {"order": "b", "amount": 2}) == 1
    assert calls.take("pay", {"order": "c", "amount": 3}) == 2


def test_a_run_that_goes_on_where_it_stopped_finds_the_call_that_waited(agent: Agent) -> None:
    """A framework that keeps the conversation does not call again what was done."""
    approved(agent, 0, order="a", amount=1)
    agent.ask(agent.run(), "pay", 1, order="b", amount=2)
    calls = resumed(agent)
    assert calls.take("pay", {"order": "b", "amount": 2}) == 1
    assert calls.take("pay", {"order": "c", "amount": 3}) == 2


def test_calls_side_by_side_are_found_in_any_order(agent: Agent) -> None:
    """Threads do not come in order, and both calls wait for their own answer."""
    agent.ask(agent.run(), "pay", 0, order="a", amount=1)
    agent.ask(agent.run(), "pay", 1, order="b", amount=2)
    calls = resumed(agent)
    assert calls.take("pay", {"order": "b", "amount": 2}) == 1
    assert calls.take("pay", {"order": "a", "amount": 1}) == 0


def test_what_was_done_before_the_pause_is_new_when_it_is_asked_for_again(agent: Agent) -> None:
    """To give an earlier result back for a second note would say that it was posted, and it was not."""
    approved(agent, 0, "post", text="hello")
    agent.ask(agent.run(), "pay", 1, order="b", amount=2)
    calls = resumed(agent)
    assert calls.take("pay", {"order": "b", "amount": 2}) == 1
    assert calls.take("post", {"text": "hello"}) == 2


def test_an_agent_that_changes_its_mind_does_not_get_a_call_of_its_own(agent: Agent) -> None:
    """Call 0 was paid; the same place with another amount is no new call, so the guard can refuse it."""
    approved(agent, 0, order="a", amount=1)
    assert resumed(agent).take("pay", {"order": "a", "amount": 9}) == 0


def test_a_call_that_only_waits_is_the_same_when_it_is_asked_for_again(agent: Agent) -> None:
    """LangGraph runs a step again from its start, so the second look must find the first question."""
    calls = resumed(agent)
    assert calls.take("pay", {"order": "a", "amount": 1}) == 0
    calls.give_back(0, "pay", {"order": "a", "amount": 1})
    assert calls.take("pay", {"order": "a", "amount": 1}) == 0
    assert calls.take("pay", {"order": "a", "amount": 1}) == 1


def test_what_was_read_and_done_before_counts_for_rules_after(agent: Agent) -> None:
    """Otherwise a pause would wash off what the agent has seen."""
    approved(agent, 0, order="a", amount=1)
    run = agent.run()
    earlier = Seen()
    earlier.before.add("look")
    earlier.injected.add("look")
    remember_seen(agent.desk, run, earlier)
    seen = Seen()
    resumed(agent, seen)
    assert seen.before == {"look", "pay"}
    assert seen.injected == {"look"}


def test_leave_that_comes_late_is_no_leave(agent: Agent) -> None:
    """Whoever asked may have told the model by then that nothing happened."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.world.inbox(SLICE).approve(str(outcome.item), by=APPROVER)
    outcome = agent.ask(run, order="a", amount=7)
    with pytest.raises(AnswerLate) as late:
        consume(agent.desk, run, outcome, until=agent.desk.uptime() - 3)
    assert str(late.value) == (
        f"answer-late: The guard's leave for action {outcome.id} came 3.0 s after the time in which it was wanted, so "
        "nothing happened. Look why the guard or its database is so slow; open the case again."
    )
    agent.consume(run, agent.ask(run, order="a", amount=7))


def test_a_permit_used_just_too_late_is_put_back(agent: Agent) -> None:
    """Nothing was called, so nothing is in doubt, and the action is decided anew."""
    run = agent.run()
    outcome = agent.ask(run, "post", text="hello")
    agent.world.inbox(SLICE).approve(str(outcome.item), by=APPROVER)
    outcome = agent.ask(run, "post", text="hello")
    times = iter([0.0, 0.5, 0.6, 2.0])
    clock, agent.desk.uptime = agent.desk.uptime, lambda: next(times)
    with pytest.raises(AnswerLate):
        consume(agent.desk, run, outcome, until=1.0)
    agent.desk.uptime = clock
    assert agent.ask(run, "post", text="hello").state == "asked"
    assert agent.world.open_items(SLICE, "in-doubt effect") == []


def test_another_action_put_before_one_that_waits_takes_neither_its_number_nor_its_yes(agent: Agent) -> None:
    """A new version of the code posts first: the payment that a person said yes to is made all the same."""
    run = agent.run()
    outcome = agent.ask(run, order="a", amount=7)
    agent.world.inbox(SLICE).approve(str(outcome.item), by=APPROVER)
    calls = resumed(agent)
    assert calls.take("post", {"text": "hello"}) == 1
    assert calls.take("pay", {"order": "a", "amount": 7}) == 0
    approved(agent, 1, "post", text="hello")
    paid = agent.ask(run, order="a", amount=7)
    assert (paid.state, paid.id) == ("permitted", outcome.id)
    agent.consume(run, paid)


def test_what_was_done_keeps_its_number_from_every_other_action(agent: Agent) -> None:
    """An agent that does something else in place of what it did is refused, as long as the guard can tell."""
    approved(agent, 0, order="a", amount=1)
    call = resumed(agent).take("post", {"text": "hello"})
    assert agent.ask(agent.run(), "post", call, text="hello").state == "denied"
