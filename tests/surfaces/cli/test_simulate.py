"""`goldenthread simulate`: what a product owner asks before anything runs."""

from __future__ import annotations

import json

from surfaces.cli.conftest import Written
from surfaces.cli.typed import Terminal

FEW = ("--agents", "3", "--cases", "120")


def test_simulate_says_how_an_agent_of_that_quality_fares(terminal: Terminal, contract: Written) -> None:
    """The answer in words: how many reach a level, after how many cases, and how many of them wrongly."""
    done = terminal("simulate", str(contract(gates={"draft": ["agreement >= 80 %"]}, ceiling="draft")), *FEW)
    assert done.code == 0
    assert "Draft was reached in" in done.out
    assert "Rollbacks without cause" in done.out


def test_simulate_gives_the_same_plays_for_the_same_seed(terminal: Terminal, contract: Written) -> None:
    """Two people who look at one contract must see one result."""
    asked = ("simulate", str(contract()), *FEW, "--quality", "agreement=97%", "--json")
    first, second = terminal(*asked), terminal(*asked)
    assert json.loads(first.out) == json.loads(second.out)
    assert json.loads(first.out)["agents"] == 3
    assert json.loads(terminal(*asked, "--seed", "2").out)["reached"] != json.loads(first.out)["reached"]


def test_simulate_names_what_the_contract_asks(terminal: Terminal, contract: Written) -> None:
    """An unknown metric would be played and never looked at: a play of nothing."""
    done = terminal("simulate", str(contract()), "--quality", "cost=1 EUR/case")
    assert done.code == 1
    assert done.err.startswith("value-problem: The contract asks nothing about 'cost'; it asks about agreement")


def test_simulate_plays_turns_and_shared_luck(terminal: Terminal, contract: Written) -> None:
    """An agent that wavers, and cases that are as hard for people, can be stated in one line each."""
    page = str(contract(gates={"draft": ["task_success not below people by 3 %"]}, ceiling="draft"))
    stated = ("--change", "task_success=60% from case 41 in turns of 20", "--together", "60%")
    done = terminal("simulate", page, *FEW, *stated)
    assert done.code == 0
    assert "task_success from case 41 on: 60 %, 20 cases so and 20 as before" in done.out
    assert "In 60 % of the cases what is hard for the agent is as hard for people." in done.out
