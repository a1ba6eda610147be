"""`goldenthread contract drift`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from goldenthread.promise.errors import ToolsDrifted
from surfaces.cli.typed import Terminal, steady
from worlds import World, contract_text, declare_tools

AGREES = """\
payments, version 1, in force
  Agent agent declared its tools, <time>  [payments#N]
    Its tools are what the contract says.
"""

DIFFERS = """\
payments, version 2, in force
  Agent agent declared its tools, <time>  [payments#N]
    differs  'amount' of 'pay' is a text by the contract, and the tool says 'int'.
             It doesn't start so. Change the tool, or sign a version that says what it takes.
    missing  The contract names the action 'refund', and the agent has no tool for it.
             Register a tool for it, or take the action out of the contract.
    extra    The agent has a tool 'post' that the contract doesn't name: each call of it is denied.
             Sign a version that names it, or take the tool away from the agent.
  Broken in the last 28 days:
    action look, gives: 2 times, last <time>  [payments#N]
      it gave a text, and the contract says a list
"""

PAY: dict[str, Any] = {"effect": "reversible", "key": "order", "takes": {"order": "text", "amount": "whole number"}}
POST: dict[str, Any] = {"effect": "reversible"}
LOOK: dict[str, Any] = {"effect": "read", "gives": "list"}


def settled(text: str) -> str:
    """Text with places and times written alike."""
    import re

    return re.sub(r"#\d+", "#N", steady(text))


def signed(world: World, version: int, actions: dict[str, Any]) -> None:
    """A version of the contract."""
    with world.opened():
        world.sign(contract_text("payments", version=version, level="approval", actions=actions))


def worked(world: World, *, looks: int = 0) -> None:
    """The agent starts, and looks at something that it doesn't get."""
    with world.connect() as thread:
        declare_tools(thread)

        @thread.action("look")
        def look() -> str:
            return "an error page"

        for number in range(looks or 1):
            with thread.run("payments", case=f"case-{number}"):
                if looks:
                    with pytest.raises(Exception, match="broke its contract"):
                        look()


def test_an_agent_that_agrees_is_said_to(terminal: Terminal, world: World) -> None:
    """A check in a pipeline needs a good end as much as a bad one."""
    signed(world, 1, {"pay": PAY, "post": POST, "look": LOOK})
    assert terminal.done("contract drift payments") == (
        "payments, version 1, in force\n  No agent has declared its tools here yet.\n"
    )
    worked(world)
    assert settled(terminal.done("contract drift payments")) == AGREES


def test_what_differs_is_told_with_what_to_do(terminal: Terminal, world: World) -> None:
    """A version that was signed without asking the engineer is found before the agent starts again."""
    signed(world, 1, {"pay": PAY, "post": POST, "look": LOOK})
    worked(world, looks=2)
    takes = {"order": "text", "amount": "text"}
    signed(world, 2, {"pay": {**PAY, "takes": takes}, "refund": POST, "look": LOOK})
    ran = terminal("contract drift")
    assert (ran.code, ran.err, settled(ran.out)) == (1, "", DIFFERS)
    (view,) = json.loads(terminal("contract drift --json").out)
    assert (view["differs"], view["agents"][0]["missing"], view["breaches"][0]["times"]) == (True, ["refund"], 2)


def test_a_refused_start_is_found(terminal: Terminal, world: World) -> None:
    """An agent that can't start leaves no run to look at; the people who signed must learn of it all the same."""
    signed(world, 1, {"pay": {**PAY, "takes": {"order": "text"}}, "post": POST, "look": LOOK})
    with pytest.raises(ToolsDrifted):
        worked(world)
    ran = terminal("contract drift payments")
    assert ran.code == 1
    assert "Agent agent was refused at its start" in ran.out
    assert "The tool of 'pay' has the parameter 'amount', and the contract does not name it." in ran.out


def test_a_slice_that_is_not_there_is_named(terminal: Terminal, world: World) -> None:
    """A slip of the hand must not pass a pipeline."""
    signed(world, 1, {"pay": PAY})
    assert terminal.refused("contract drift paymens").startswith("contract-not-found: No slice 'paymens'")
