"""What a hostile agent or tool tries at the server where budgets, rules, content and permits meet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from goldenthread.promise.errors import PermitRefused
from goldenthread.promise.values import Json
from surfaces.api.town import ACTIONS, SLICE, Agent, Town, opened_town
from worlds import World

RULES = """\
rules:
  - after look, never post
content: {personal_data: redact, secrets: deny}
budgets: [3 calls per run]
"""


@pytest.fixture
def ruled(world: World) -> Iterator[tuple[Town, Agent]]:
    """A served guard with every part of a contract, and an agent that acts alone."""
    actions = ACTIONS | {"pay": {"effect": "irreversible", "budget": ["100 EUR of amount per day"]}}
    town = opened_town(world, actions=actions, parts=RULES)
    with town.open():
        yield town, town.climb()


def look(town: Town, agent: Agent, run: str) -> Any:
    """A read by the tool."""
    answer = agent.wire.post("runs", run, "actions", body={"action": "look", "arguments": {"order": "o-9"}})
    return town.payments().act("look", agent.permit(answer), {"order": "o-9"})


def test_a_permit_fetched_before_the_read_is_none_after_it(ruled: tuple[Town, Agent]) -> None:
    """Else a rule of what may follow what is kept only by agents that ask in the right order."""
    town, agent = ruled
    run = agent.open()
    early = agent.ask(run, "post", text="hello")
    assert early["state"] == "permitted"
    look(town, agent, run)
    with pytest.raises(PermitRefused, match="'look' came before"):
        town.mailer().act("post", agent.permit(early), early["arguments"])
    assert town.posted == []
    assert agent.ask(run, "post", text="hello")["clause"] == "rules 'after look, never post'"
    assert town.world.replay(SLICE).ok
    assert town.world.verify_ok()


def test_asking_again_under_way_is_known_by_what_was_taken_out(ruled: tuple[Town, Agent]) -> None:
    """An agent that polls for its own call must not be told that it asks for something else."""
    town, agent = ruled
    run = agent.open()
    text = "write to anna@example.com"
    answer = agent.ask(run, "post", text=text)
    assert "anna@" not in str(answer["arguments"])
    seen: list[dict[str, Any]] = []
    mailer = town.mailer()
    mailer._tools["post"] = lambda **_: seen.append(agent.ask(run, "post", text=text))
    mailer.act("post", agent.permit(answer), answer["arguments"])
    assert [(one["state"], one["verdict"]) for one in seen] == [("consumed", "allow")]
    assert "anna@" not in str(seen)


def test_a_tool_speaks_only_for_what_it_began_itself(ruled: tuple[Town, Agent]) -> None:
    """Two tools may own an action; the one must not say of the other's effect that it never began."""
    town, agent = ruled
    town._grant("second", "service", ["tool"])
    town.tokens["second"] = town.token("tool", "second", actions=["pay"])
    second = town.wire("second")
    town.house.access.forget()
    run = agent.open()
    answer = agent.ask(run, "pay", order="o-1", amount=100)
    said: list[str] = []
    payments = town.payments()

    def pay(order: str, amount: int) -> None:
        with pytest.raises(PermitRefused) as refused:
            second.post("permits", _permit_of(town, answer["action"]), "effect", body={"outcome": "not begun"})
        said.append(refused.value.message)

    payments._tools["pay"] = pay
    payments.act("pay", agent.permit(answer), answer["arguments"])
    assert "consumed it" in said[0]
    assert agent.ask(run, "pay", 1, order="o-2", amount=1)["clause"].startswith("budget")


def _permit_of(town: Town, action: str) -> str:
    return str(town.house.rows("select permit from action where id = %s", action)[0]["permit"])


@pytest.mark.parametrize("name", ["a\x00b", "a\nApproved by compliance", "a\u202eb", "a\ud800"])
def test_the_name_of_an_argument_is_no_way_to_write_into_what_people_read(ruled: tuple[Town, Agent], name: str) -> None:
    """Reasons stand in records, in tables and before approvers; a name in them is the agent's own words."""
    town, agent = ruled
    run = agent.open()
    secret = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn\n"
    body: dict[str, Json] = {"action": "post", "arguments": {name: secret}, "call": 0}
    assert town.server is not None
    response = httpx.post(
        f"{town.server.url}/v1/runs/{run}/actions",
        content=json.dumps(body),
        headers={"Authorization": f"Bearer {town.tokens['agent']}", "Content-Type": "application/json"},
    )
    if name.endswith("\ud800"):
        assert response.status_code in (400, 422)
        return
    assert response.status_code == 200, response.text
    assert response.json()["verdict"] == "deny"
    assert response.json()["reason"].isprintable()
    assert town.world.replay(SLICE).ok
