from __future__ import annotations

from standardwebhooks import Webhook

from control.agents import Agent
from goldenthread.record.ledger import ORGANISATION
from goldenthread.work.events import chosen_types, load_subscriptions
from work.conftest import Outside
from worlds import APPROVER, OWNER


def test_what_happens_arrives_once_and_in_order(outside: Outside) -> None:
    """The whole way of a case, as another system sees it."""
    outside.subscribe()
    agent = Agent(outside.world)
    run = agent.run("case-1")
    asked = agent.ask(run, order="a", amount=3)
    agent.pause(run)
    outside.world.inbox("refunds").approve(str(asked.item), by=APPROVER)
    again = agent.run("case-1")
    agent.act(again, order="a", amount=3)
    agent.end(again)
    ticked = outside.tick()
    types = [one["type"].removeprefix("goldenthread.") for one in outside.receiver.taken()]
    assert types == [
        "agent.declared",
        "run.started",
        "action.decided",
        "approval.asked",
        "approval.answered",
        "action.effected",
        "run.ended",
    ]
    assert ticked.arrived == 7
    assert outside.tick().arrived == 0


def test_signature_is_one_that_another_implementation_verifies(outside: Outside) -> None:
    """Receivers use a library of theirs."""
    outside.subscribe("run.started")
    Agent(outside.world).run("case-1")
    outside.tick()
    came = outside.receiver.came[0]
    assert Webhook(outside.secret).verify(came.body, dict(came.headers))["type"] == "goldenthread.run.started"


def test_subscription_is_on_record_and_its_secret_is_not(outside: Outside) -> None:
    """The ledger goes to auditors."""
    made = outside.subscribe("approval.*")
    found = load_subscriptions(outside.world.ledger).find(made.id[:4])
    assert (found.types, found.by, found.slices) == (chosen_types(["approval.*"]), OWNER, ("*",))
    [record] = outside.world.ledger.read(ORGANISATION, kinds=["subscription:add"])
    assert set(record.data) == {"subscription", "host", "digest", "types", "slices", "envelope"}
    assert outside.secret.encode() not in record.body
