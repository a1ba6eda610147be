"""Undo orders under the auditor's verifier: honest ones hold, and what was taken back without one is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit_worlds import Verdict, run_verifier
from goldenthread.control.guard import begin_undo, order_undo
from goldenthread.promise.errors import StopUnconfirmed
from goldenthread.record.audit import export
from goldenthread.record.principals import load_principals
from goldenthread.record.store import Home
from worlds import APPROVER, OWNER, World, declare_tools, make_world

SLICE = "payments"


@pytest.fixture
def world(home: Home) -> Any:
    """A slice at approval in which an effect was taken back by order, opened."""
    made = make_world(home.path)
    made.slice(SLICE, level="approval")
    with made.opened():
        _worked(made)
        yield made


def _worked(world: World) -> None:
    with world.connect() as thread:
        pay = declare_tools(thread)["pay"]
        thread.undo("take_back")(lambda order: None)
        with thread.run(SLICE, case="1"):
            pay("o", 1)
        for item in world.inbox(SLICE).items():
            world.inbox(SLICE).approve(item.id, by=APPROVER)
        with thread.run(SLICE, case="1") as run:
            pay("o", 1)
        order_undo(world.desk(SLICE), run.actions[-1], "wrong", by=OWNER, sign=world.keyring.sign)
        assert list(thread.carry_out_undos(SLICE).values()) == ["done"]


def verified(world: World, folder: Path) -> Verdict:
    """What an auditor is told."""
    export(world.ledger, load_principals(world.ledger), [], folder, made_at=world.ledger.clock())
    return run_verifier(folder)


def test_what_was_taken_back_by_order_verifies(world: World, tmp_path: Path) -> None:
    """An honest ledger is called honest, and replays."""
    assert verified(world, tmp_path / "export").wrong == []
    assert world.replay(SLICE).mismatches == []


def test_an_order_that_was_not_begun_after_all_may_be_taken_up_again(world: World, tmp_path: Path) -> None:
    """Its tool was not called: a process that stood still put it back, and the next one carries it out."""
    with world.connect() as thread:
        pay = declare_tools(thread)["pay"]
        thread.undo("take_back")(lambda order: None)
        with thread.run(SLICE, case="2"):
            pay("p", 1)
        for item in world.inbox(SLICE).items():
            world.inbox(SLICE).approve(item.id, by=APPROVER)
        with thread.run(SLICE, case="2") as run:
            pay("p", 1)
        desk = thread.desk(SLICE)
        order = order_undo(world.desk(SLICE), run.actions[-1], "wrong", by=OWNER, sign=world.keyring.sign)
        late = iter([0.0, 2.0, 4.0, 6.0, 8.0])
        real, desk.uptime = desk.uptime, lambda: next(late)
        with pytest.raises(StopUnconfirmed):
            begin_undo(desk, order.id, "agent")
        desk.uptime = real
        assert thread.carry_out_undos(SLICE) == {order.id: "done"}
    assert verified(world, tmp_path / "export").wrong == []
    assert world.replay(SLICE).mismatches == []


def _ended_as_if_not_begun(world: World) -> str:
    (ended,) = world.ledger.read(SLICE, kinds=["undo:end"])
    world.ledger.append(SLICE, "undo:end", "agent", {"undo": ended.data["undo"], "outcome": "not begun"})
    world.ledger.append(SLICE, "undo:begin", "agent", {"undo": ended.data["undo"]})
    return f"no order {ended.data['undo']} asks for it now"


def _without_order(world: World) -> str:
    world.ledger.append(SLICE, "undo:begin", "agent", {"undo": "ffff"})
    return "no order ffff asks for it now"


def _again(world: World) -> str:
    (ended,) = world.ledger.read(SLICE, kinds=["undo:end"])
    world.ledger.append(SLICE, "undo:begin", "agent", {"undo": ended.data["undo"]})
    return f"no order {ended.data['undo']} asks for it now"


def _other_arguments(world: World) -> str:
    (order,) = world.ledger.read(SLICE, kinds=["undo:order"])
    world.ledger.append(SLICE, "undo:order", OWNER, {**order.data, "undo": "ffff"})
    return f"it does not say what '{OWNER}' signed"


def _by_the_agent(world: World) -> str:
    (order,) = world.ledger.read(SLICE, kinds=["undo:order"])
    world.ledger.append(SLICE, "undo:order", "agent", dict(order.data))
    return "undo:order does not hold"


@pytest.mark.parametrize("wrong", [_without_order, _again, _ended_as_if_not_begun, _other_arguments, _by_the_agent])
def test_what_was_taken_back_without_leave_is_found(
    world: World, tmp_path: Path, wrong: Callable[[World], str]
) -> None:
    """Nobody takes back in a person's name, nor twice."""
    words = wrong(world)
    found = verified(world, tmp_path / "export").wrong
    assert len(found) == 1
    assert words in str(found[0])
