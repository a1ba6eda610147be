from __future__ import annotations

from datetime import UTC, datetime

import pytest

from goldenthread.control.stops import Stop
from goldenthread.promise.contract import Contract, parse_contract
from goldenthread.promise.values import Level
from goldenthread.surfaces.gateway import Tool
from goldenthread.surfaces.gateway.listing import View, listed, takes_ticket
from worlds import contract_text

ACTIONS = {"look": {"effect": "read"}, "ask": {"effect": "read", "egress": True}, "wire": {"effect": "irreversible"}}


def contract(ceiling: str = "constrained") -> Contract:
    return parse_contract(contract_text("code", ceiling=ceiling, actions=ACTIONS))


def shown(view: View) -> list[str]:
    return [name for name in ("look", "ask", "wire", "undeclared") if view.shows(name)]


@pytest.mark.parametrize("level", list(Level))
def test_under_a_contract_in_force_what_is_declared_is_shown_at_every_level(level: Level) -> None:
    """At shadow, too: proposals that nobody makes could never earn a level."""
    assert shown(View(contract=contract(), signed=True, level=level)) == ["look", "ask", "wire"]


def test_without_a_signature_or_a_level_to_earn_only_reads_are_shown() -> None:
    """What has no effect and counts for nothing only leads a model astray."""
    assert shown(View(contract=contract(), signed=False, level=Level.SHADOW)) == ["look"]
    assert shown(View(contract=contract("shadow"), signed=True, level=Level.SHADOW)) == ["look"]


def test_what_is_stopped_is_not_shown() -> None:
    """A model that sees a tool will call it."""
    stop = Stop(chain="code", seq=1, at=datetime.now(UTC), by="a", reason="why", tool="wire")
    assert shown(View(contract=contract(), signed=True, level=Level.DRAFT, stops=[stop])) == ["look", "ask"]


def test_an_effect_takes_a_ticket_and_promises_no_output_and_a_read_stays_as_it_is() -> None:
    """A client would refuse 'not done yet' as a breach of the tool's schema, or throw the ticket away."""
    schema = {"type": "object", "properties": {"x": {"type": "string"}}, "additionalProperties": False}
    tool = Tool(name="t", input_schema=schema, output_schema={"type": "object"})
    actions = contract().actions
    effect, read = listed(tool, "p.t", actions["wire"]), listed(tool, "p.t", actions["look"])
    assert effect["name"] == "p.t"
    assert set(effect["inputSchema"]["properties"]) == {"x", "_ticket"}
    assert "outputSchema" not in effect
    assert (read["inputSchema"], read["outputSchema"]) == (schema, {"type": "object"})
    assert not takes_ticket(Tool(name="t", input_schema={"properties": {"_ticket": {}}}))
