"""`goldenthread undo`: what stands, what is ordered, and what came of it."""

from __future__ import annotations

import json

import pytest

from surfaces.cli.conftest import Worked
from surfaces.cli.typed import Terminal, steady
from worlds import World, declare_tools

BY = '--by maya@example.com --reason "the wrong price list"'


@pytest.fixture
def paid(terminal: Terminal, world: World, work: Worked) -> str:
    """The id of an effect: case-1 was paid."""
    world.slice("payments", level="approval")
    work("case-1")
    (item,) = json.loads(terminal.done("inbox list --json"))
    terminal.done(f"inbox approve {item['id']} --as reviewer@example.com")
    assert work("case-1") == ["done"]
    (effect,) = json.loads(terminal.done("undo list payments --json"))
    return str(effect["action"])


def taken_back(world: World) -> list[str]:
    """The agent's process has a moment."""
    with world.connect() as thread:
        declare_tools(thread)

        @thread.undo("take_back")
        def take_back(order: str) -> None: ...

        return list(thread.carry_out_undos("payments").values())


def test_what_stands_is_listed_with_what_undoes_it(terminal: Terminal, paid: str) -> None:
    """Whoever decides sees the effects first."""
    lines = steady(terminal.done("undo list payments")).replace(paid[:8], "<action>").splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "action case what when undone by",
        "<action> case-1 pay <time> take_back",
    ]
    assert terminal.done("undo list payments --case another") == "No such effect stands.\n"
    assert terminal.done("undo list payments --until 2020-01-01") == "No such effect stands.\n"


def test_an_order_is_carried_out_and_shown(terminal: Terminal, world: World, paid: str) -> None:
    """From the order to the effect's end, with nothing but these commands and the agent."""
    said = terminal.done(f"undo order payments --case case-1 {BY} --yes")
    assert said.endswith("1 ordered. The agent's process carries it out; see `goldenthread undo orders payments`.\n")
    assert taken_back(world) == ["done"]
    (order,) = json.loads(terminal.done("undo orders payments --json"))
    assert (order["state"], order["by"], order["tool"]) == ("done", "maya@example.com", "take_back")
    assert "maya@example.com" in terminal.done("undo orders payments")
    assert terminal.done("undo list payments") == "No such effect stands.\n"


def test_what_is_under_way_is_not_ordered_twice(terminal: Terminal, paid: str) -> None:
    """The list says who ordered it, and a second order is refused with the reason."""
    terminal.done(f"undo order payments --case case-1 {BY} --yes")
    assert "no: maya@example.com ordered that already" in terminal.done("undo list payments")
    assert terminal.done(f"undo order payments --case case-1 {BY} --yes").endswith("Nothing of this can be undone.\n")


def test_everything_at_once_is_no_order(terminal: Terminal, paid: str) -> None:
    """An order without a choice is a slip more often than a wish."""
    said = terminal(f"undo order payments {BY} --yes").err
    assert "This would undo everything that the slice ever did." in " ".join(said.split())


def test_without_a_terminal_it_wants_a_yes(terminal: Terminal, paid: str) -> None:
    """Nobody is there to see what would be undone."""
    assert "Missing option '--yes'" in terminal(f"undo order payments --case case-1 {BY}").err


def test_an_unknown_action_says_so(terminal: Terminal, paid: str) -> None:
    """With the place where ids are found."""
    said = terminal.refused(f"undo order payments --action ffff {BY} --yes")
    assert "undo-refused: No action 'ffff' in 'payments', so nothing is undone." in said


def test_a_time_that_is_none_is_refused(terminal: Terminal, paid: str) -> None:
    """And the words show what one looks like."""
    assert "Write it like 2026-11-21" in terminal("undo list payments --since yesterday").err


def test_nothing_ordered_says_so(terminal: Terminal, paid: str) -> None:
    """An empty table says less."""
    assert terminal.done("undo orders payments") == "Nothing was ordered to be undone.\n"
