"""Enforcing mode from end to end: an agent asks, a tool acts on a signed permit, and nobody can cheat."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from goldenthread.promise.errors import GoldenthreadError, PermitRefused, ScopeRefused, StopInForce
from goldenthread.promise.values import Json, Level
from surfaces.api.town import SLICE, Agent, Town
from worlds import APPROVER


def refusal(caught: pytest.ExceptionInfo[GoldenthreadError]) -> str:
    """The words of an error, with its code."""
    return str(caught.value)


def test_an_agent_that_earned_it_acts_through_a_signed_permit(town: Town, alone: Agent) -> None:
    """The agent holds a token and nothing else; the tool acts once, and the server hears it from the tool."""
    run = alone.open()
    answer = alone.ask(run, "pay", order="o-1", amount=7)
    assert (answer["verdict"], answer["state"], answer["tools"]) == ("allow", "permitted", ["payments"])
    assert town.payments().act("pay", alone.permit(answer), {"order": "o-1", "amount": 7}) == "paid o-1"
    assert town.paid == [("o-1", 7)]
    again = alone.ask(run, "pay", order="o-1", amount=7)
    assert (again["state"], again["result"], again["permit"]) == ("done", "paid o-1", None)
    assert alone.end(run) == "done"
    assert town.world.verify_ok()
    assert town.world.replay(SLICE).mismatches == []


def test_the_signed_permit_is_the_one_on_record(town: Town, alone: Agent) -> None:
    """A permit that says other than the ledger would prove nothing to an auditor."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    signed = json.loads(base64.b64decode(answer["permit"]["payload"]))
    record = list(town.world.ledger.read(SLICE, kinds=["action:decide"]))[-1]
    kept = record.data["permit"]
    assert (signed["permit"], signed["digest"], signed["expires"]) == (kept["id"], kept["digest"], kept["expires"])
    assert record.data["mode"] == "enforcing"


def test_an_approval_shows_as_a_permit_when_the_agent_asks_again(town: Town) -> None:
    """At approval a person says yes to exactly these arguments; an edit comes back as what was permitted."""
    agent = town.agent(model="a new one")
    run = agent.open("approved")
    asked = agent.ask(run, "pay", order="o-1", amount=7)
    assert (asked["verdict"], asked["state"], asked["permit"]) == ("ask", "asked", None)
    assert agent.ask(run, "pay", order="o-1", amount=7)["item"] == asked["item"]
    assert agent.end(run) == "waiting"
    town.world.inbox(SLICE).edit(asked["item"], {"amount": 5}, by=APPROVER)
    run = agent.open("approved")
    allowed = agent.ask(run, "pay", order="o-1", amount=7)
    assert (allowed["verdict"], allowed["arguments"]) == ("allow", {"order": "o-1", "amount": 5})
    proposed: dict[str, Json] = {"order": "o-1", "amount": 7}
    with pytest.raises(PermitRefused, match="it was given for other arguments"):
        town.payments().act("pay", agent.permit(allowed), proposed)
    town.payments().act("pay", agent.permit(allowed), allowed["arguments"])
    assert town.paid == [("o-1", 5)]


def test_a_permit_counts_once(town: Town, alone: Agent) -> None:
    """A replayed permit would be a second payment."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    permit, arguments = alone.permit(answer), answer["arguments"]
    town.payments().act("pay", permit, arguments)
    with pytest.raises(PermitRefused) as caught:
        town.payments().act("pay", permit, arguments)
    assert refusal(caught).startswith("permit-refused: Permit ")
    assert "it was used before (the action is 'done')" in refusal(caught)
    assert town.paid == [("o-1", 7)]


def test_a_permit_stolen_by_another_agent_is_refused(town: Town, alone: Agent) -> None:
    """Who found the envelope in a log can't prove to hold the token of the agent that it was given to."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    thief = town.agent("other")
    thief.declare()
    with pytest.raises(PermitRefused, match="does not prove to be agent 'agent'"):
        town.payments().act("pay", thief.permit(answer), {"order": "o-1", "amount": 7})
    assert town.paid == []


def test_a_permit_is_for_the_tool_that_it_names(town: Town, alone: Agent) -> None:
    """Another tool has neither the right nor the function; it is refused there and at the server."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    mailer = town.mailer()

    @mailer.action("pay")
    def pay(order: str, amount: int) -> None:
        town.paid.append((order, amount))

    with pytest.raises(PermitRefused, match="it is for payments, not for 'mailer'"):
        mailer.act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})
    body = {"permit": answer["permit"], "proof": alone.permit(answer)["proof"], "arguments": answer["arguments"]}
    with pytest.raises(PermitRefused, match="it is for payments, not for 'mailer'"):
        town.wire("mailer").post("permits", _id(answer), "consume", body=body)
    assert town.paid == []


@pytest.mark.parametrize("field", ["action", "level", "expires", "arguments", "audience", "agent", "run", "kind"])
def test_an_edited_permit_is_refused(town: Town, alone: Agent, field: str) -> None:
    """Whatever is changed in the envelope, the signature no longer holds: here and at the server."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    terms = json.loads(base64.b64decode(answer["permit"]["payload"]))
    terms[field] = ["mailer"] if field == "audience" else "2099-01-01T00:00:00+00:00" if field == "expires" else "read"
    payload = base64.b64encode(json.dumps(terms).encode()).decode()
    edited = {**answer, "permit": {**answer["permit"], "payload": payload}}
    with pytest.raises(PermitRefused, match="none that this server signed"):
        town.payments().act("pay", alone.permit(edited), {"order": "o-1", "amount": 7})
    body = {"permit": edited["permit"], "proof": alone.permit(edited)["proof"], "arguments": answer["arguments"]}
    with pytest.raises(PermitRefused, match="none that this server signed"):
        town.wire("payments").post("permits", _id(answer), "consume", body=body)
    assert town.paid == []


def test_a_permit_for_other_arguments_is_refused_at_the_server_too(town: Town, alone: Agent) -> None:
    """A tool side that forgot to look must not be enough to pay somebody else."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    body = {
        "permit": answer["permit"],
        "proof": alone.permit(answer)["proof"],
        "arguments": {"order": "o-1", "amount": 7000},
    }
    with pytest.raises(PermitRefused, match="it was given for other arguments"):
        town.wire("payments").post("permits", _id(answer), "consume", body=body)


def test_an_expired_permit_is_refused(town: Town, alone: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was right an hour ago may be wrong now; the tool's clock says so, and the server's."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    clock = town.world.ledger.clock

    def later() -> datetime:
        return clock() + timedelta(hours=1)

    monkeypatch.setattr(town.world.ledger, "clock", later)
    with pytest.raises(PermitRefused, match="it expired at"):
        town.payments().act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})  # the server's clock
    with pytest.raises(PermitRefused, match="it expired at"):
        town.payments(clock=later).act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})
    assert town.paid == []


def test_a_permit_of_another_level_is_refused(own_town: Town) -> None:
    """What was permitted at constrained is not permitted after the fall."""
    alone = own_town.climb()
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    with own_town.world.connect() as thread:
        thread.observe(SLICE, case="past-0", metric="policy_violation", value=1.0, by=APPROVER)
    assert own_town.house.desk(SLICE).standing().level(alone.fingerprint) is Level.DRAFT
    with pytest.raises(PermitRefused, match="the level is draft now, and it was issued at constrained"):
        own_town.payments().act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})
    assert own_town.paid == []


def test_a_permit_is_held_while_something_is_stopped(own_town: Town) -> None:
    """The kill switch reaches permits that are out already; lifted, the same permit is good again."""
    alone = own_town.climb()
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    stopped = own_town.world.stop(tool="pay")
    with pytest.raises(StopInForce, match="is held: The tool 'pay' is stopped everywhere"):
        own_town.payments().act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})
    own_town.world.lift(stopped)
    own_town.payments().act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})
    assert own_town.paid == [("o-1", 7)]


def test_a_permit_under_an_earlier_contract_is_refused(own_town: Town) -> None:
    """A new version is signed: what the old one allowed has to be asked anew."""
    alone = own_town.climb()
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    own_town.sign(level="approval", gates={"constrained": ["agreement >= 50 %"]}, version=2)
    with pytest.raises(PermitRefused, match="another contract version is in force"):
        own_town.payments().act("pay", alone.permit(answer), {"order": "o-1", "amount": 7})
    assert own_town.paid == []


def test_an_agent_cannot_consume_its_own_permit(town: Town, alone: Agent) -> None:
    """What the agent's token may not do, no detour through the API does."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    body = {"permit": answer["permit"], "proof": alone.permit(answer)["proof"], "arguments": answer["arguments"]}
    with pytest.raises(ScopeRefused) as caught:
        alone.wire.post("permits", _id(answer), "consume", body=body)
    assert refusal(caught) == (
        "scope-refused: This takes the token of a tool; 'agent' came with that of an agent. "
        "Nothing happened; leave this to whoever it is for."
    )


def test_irreversible_effects_need_a_person_in_a_cooperative_process_only(town: Town, alone: Agent) -> None:
    """The same agent at the same level acts alone here, since its process holds neither keys nor tools."""
    answer = alone.ask(alone.open(), "pay", order="o-1", amount=7)
    assert (answer["verdict"], answer["clause"]) == ("allow", "autonomy.gates.constrained")


def _id(answer: dict[str, Any]) -> str:
    return str(json.loads(base64.b64decode(answer["permit"]["payload"]))["permit"])
