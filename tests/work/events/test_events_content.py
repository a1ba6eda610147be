"""What an event says, and what it never says."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from control.agents import Agent
from goldenthread.control.guard import order_undo
from goldenthread.control.signing import erase_case
from goldenthread.promise.errors import ValueProblem
from goldenthread.record.ledger import ORGANISATION
from goldenthread.work.events import NAMES, TYPES, Event, chosen_types, data_schema, derive, replay, signature, type_of
from work.conftest import Outside
from worlds import AGENT, APPROVER, OWNER, PEOPLE, contract_text

SAID_IN_CONFIDENCE = "order-of-a-real-person"


def everything(outside: Outside) -> list[Event]:
    """The events of every record there is."""
    ledger = outside.world.ledger
    records = [record for chain in ledger.chains() for record in ledger.read(chain)]
    organisation = outside.world.desk("refunds").principals().organisation
    return derive(ledger, records, organisation)


def live_through_much(outside: Outside) -> None:
    """A day in the life: asked, approved, done; failed and in doubt; stopped and let go; escalated; erased."""
    world = outside.world
    agent = Agent(world)
    run = agent.run("case-1", name=SAID_IN_CONFIDENCE)
    asked = agent.ask(run, order=SAID_IN_CONFIDENCE, amount=3)
    agent.pause(run)
    world.inbox("refunds").approve(str(asked.item), by=APPROVER)
    run = agent.run("case-1", name=SAID_IN_CONFIDENCE)
    agent.act(run, order=SAID_IN_CONFIDENCE, amount=3)
    agent.end(run)
    other = agent.run("case-2")
    asked = agent.ask(other, order=SAID_IN_CONFIDENCE, amount=4)
    world.inbox("refunds").escalate(str(asked.item), by=APPROVER)
    world.inbox("refunds").reject(str(asked.item), SAID_IN_CONFIDENCE, by=APPROVER)
    agent.end(other)
    done = world.inbox("refunds").desk.read_rows("select id from action where state = 'done'")[0]["id"]
    order_undo(world.desk("refunds"), done, SAID_IN_CONFIDENCE, by=OWNER, sign=world.keyring.sign)
    world.lift(world.stop("refunds", tool="pay"))
    world.lift(world.stop(product="shop"))
    erase_case(world.desk("refunds"), "case-2", by=OWNER)


def test_every_event_is_a_cloudevent_whose_data_is_as_its_schema_says(outside: Outside) -> None:
    """Receivers check what they get against what was promised."""
    live_through_much(outside)
    schemas = {one.full_name: data_schema(one) for one in TYPES}
    found = everything(outside)
    for one in found:
        attributes = json.loads(one.body())
        assert attributes["specversion"] == "1.0"
        assert {"id", "source", "type", "time", "datacontenttype", "dataschema"} <= attributes.keys()
        assert attributes["dataschema"] == schemas[one.type]["$id"]
        assert attributes["time"].endswith("Z")
        jsonschema_rs.validate(schemas[one.type], attributes["data"])
    assert len({(one.source, one.id) for one in found}) == len(found)
    assert len({one.message_id for one in found}) == len(found)
    assert {one.type.removeprefix("goldenthread.") for one in found} >= {
        "action.decided", "action.effected", "approval.answered", "approval.asked", "approval.escalated",
        "case.erased", "contract.signed", "organisation.lift-said", "organisation.stopped", "run.ended",
        "slice.lift-said", "slice.stopped", "undo.ordered",
    }  # fmt: skip


def test_no_event_holds_content_or_a_persons_name(outside: Outside) -> None:
    """Events leave the house."""
    live_through_much(outside)
    said = b"\n".join(one.body() for one in everything(outside)).decode()
    people = [name for name, _, _ in PEOPLE]
    for word in (SAID_IN_CONFIDENCE, "case-1", "an odd payment", "hmac-sha256", *people):
        assert word not in said
    assert AGENT in said, "an agent is no person"


@pytest.mark.parametrize("level", ["shadow", "draft"])
def test_what_is_proposed_unseen_is_not_told(outside: Outside, level: str) -> None:
    """People decide before they see the proposal; a webhook into their chat must not show it."""
    outside.world.sign(contract_text("unseen", level=level, blind=100))
    from goldenthread.control.guard import Request, authorize, declare, declare_agent, open_run

    desk = outside.world.desk("unseen")
    declaration = declare(AGENT, {"model": "rules"}, {}, [])
    declare_agent(desk, declaration)
    run = open_run(desk, declaration, "case-1", {})
    authorize(desk, Request(run=run, call=0, action="pay", arguments={"order": "a", "amount": 3}))
    about = [one for one in everything(outside) if one.chain == "unseen" and one.subject]
    assert {one.type.removeprefix("goldenthread.") for one in about} >= {"run.started", "action.decided"}
    for one in about:
        assert "pay" not in one.body().decode()


def test_the_same_record_is_the_same_event_for_ever(outside: Outside) -> None:
    """A receiver tells by the id what it has."""
    live_through_much(outside)
    assert [one.body() for one in everything(outside)] == [one.body() for one in everything(outside)]


def test_an_event_names_the_page_about_it_where_the_console_is_known(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads it wants to look."""
    agent = Agent(outside.world)
    run = agent.run("case-1")
    item = agent.ask(run, order="a", amount=3).item
    monkeypatch.setenv("GOLDENTHREAD_CONSOLE_URL", "https://agents.example.com/")
    links = {one.type.removeprefix("goldenthread."): one.data.get("link") for one in everything(outside)}
    base = "https://agents.example.com/slices/refunds"
    assert links["run.started"] == f"{base}/cases/{run.id}"
    assert links["approval.asked"] == f"https://agents.example.com/inbox/{item}"
    assert links["contract.signed"] == base


def test_every_kind_of_record_is_an_event_or_known_to_be_none(outside: Outside) -> None:
    """A new kind of record must not go out, or stay in, because nobody thought of it."""
    live_through_much(outside)
    ledger = outside.world.ledger
    silent = {record.kind for chain in ledger.chains() for record in ledger.read(chain) if type_of(record) is None}
    assert silent <= {"principal:bootstrap", "principal:grant", "permit:consume", "case:observe", "subscription:add"}


def test_signature_is_that_of_the_specification() -> None:
    """The specification's own example, with its own secret."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_types_are_chosen_by_name_or_pattern() -> None:
    """Nobody wants to write twenty names."""
    assert chosen_types([]) == tuple(sorted(NAMES))
    assert chosen_types(["goldenthread.level.changed"]) == ("level.changed",)
    assert chosen_types(["rules.*", "rules.signed"]) == ("rules.committed", "rules.signed")
    with pytest.raises(ValueProblem, match=r"'approvals' is no type of event. See `goldenthread events types`."):
        chosen_types(["approvals"])


def test_events_of_everything_concern_who_subscribed_to_one_slice(outside: Outside) -> None:
    """When everything is stopped, so is their slice."""
    outside.subscribe("*.stopped", slices=["refunds"])
    outside.world.stop()
    outside.tick()
    said: list[dict[str, Any]] = outside.receiver.taken()
    assert [one["type"] for one in said] == ["goldenthread.organisation.stopped"]
    assert said[0]["data"] == {"record": f"{ORGANISATION}#{said[0]['id'].partition('/')[2]}"}


def test_records_of_events_and_notices_leave_replay_and_verification_as_they_are(outside: Outside) -> None:
    """What goes out decides nothing."""
    live_through_much(outside)
    before = outside.world.replay("refunds")
    made = outside.subscribe()
    replay(outside.world.ledger, outside.world.keyring, made.id, by=OWNER, start=1, slices=["refunds"])
    assert outside.world.replay("refunds") == before
    assert outside.world.verify_ok()
