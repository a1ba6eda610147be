from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest

from goldenthread.control.approvals import Inbox
from goldenthread.promise.errors import Denied, Drafted, NoRun, NotCanonical, ValueProblem, Waiting
from goldenthread.surfaces.adapters import core
from goldenthread.surfaces.adapters.arguments import as_json, declare, jsonable
from goldenthread.surfaces.sdk import Thread
from worlds import APPROVER, World, contract_text

SLICE = "refunds"
ACTIONS = {"pay": {"effect": "reversible", "key": "order"}, "look": {"effect": "read"}}
SCHEMA = {
    "properties": {"order": {"type": "string"}, "amount": {"type": "integer"}},
    "required": ["order", "amount"],
}


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Parcel:
    weight: int


class Model:
    def model_dump(self, *, mode: str) -> dict[str, str]:
        return {"mode": mode}


def pay(order: str, amount: int) -> str:
    return f"paid {amount} for {order}"


def whole_euros(arguments: dict[str, Any]) -> dict[str, Any]:
    return {**arguments, "amount": int(arguments["amount"])}


def ended(error: Exception, _: core.Call) -> BaseException:
    return core.Halt(error)


def guarded(thread: Thread, tool: Any = pay) -> Any:
    declare(thread, "pay", SCHEMA, tool)
    return core.wrapped("pay", tool, ["order", "amount"], ended)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        (Colour.RED, "red"),
        (dt.date(2026, 11, 21), "2026-11-21"),
        (Decimal("1.10"), "1.10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (PurePosixPath("/a"), "/a"),
        (Parcel(weight=3), {"weight": 3}),
        (Model(), {"mode": "json"}),
        ({"a": (1, {2})}, {"a": [1, [2]]}),
        (True, True),
        (None, None),
    ],
)
def test_what_frameworks_pass_is_shown_as_json(value: object, json: object) -> None:
    """People approve what they can read, so each usual type has its usual form."""
    assert jsonable(value) == json


def test_an_argument_that_nobody_could_read_stops_the_call() -> None:
    """What can't be shown can't be approved, and what can't be hashed can't be bound to a permit."""
    with pytest.raises(NotCanonical) as refused:
        as_json("pay", {"order": object()})
    assert str(refused.value) == (
        "not-canonical: Tool 'pay' was called with 'order' of type object, which JSON cannot carry, so nobody could "
        "approve it. Let the tool take text, numbers, lists or objects."
    )


def test_an_argument_without_a_name_is_refused(world: World) -> None:
    """A person edits arguments by name."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    with world.connect() as thread, pytest.raises(ValueProblem) as refused:
        declare(thread, "pay", {"properties": {"order-number": {}}})
    assert str(refused.value) == (
        "value-problem: Tool 'pay' has an argument 'order-number', which cannot be passed by name. Rename it, for "
        "example to 'order_number', in the function that you give to the framework."
    )


def test_a_schema_is_part_of_the_fingerprint(world: World) -> None:
    """Another tool is another agent, also where the tool's code is on another machine."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    fingerprints = set()
    for kind in ("integer", "integer", "number"):
        with world.connect() as thread:
            declare(thread, "pay", {"properties": {"amount": {"type": kind}}})
            fingerprints.add(thread.fingerprint)
    assert len(fingerprints) == 2


def test_outside_a_run_a_tool_does_not_run(world: World) -> None:
    """Without a run there is no contract to allow it."""
    ran: list[str] = []
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    with world.connect() as thread:
        tool = guarded(thread, lambda order, amount: ran.append(order))
        with pytest.raises(NoRun, match="Tool 'pay' was called outside a run"), core.released():
            tool(order="o", amount=1)
    assert ran == []


def test_what_ends_a_loop_comes_out_as_the_error_that_it_is(world: World) -> None:
    """`except Exception` of a framework must not turn a question to a person into an answer for the model."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    with world.connect() as thread:
        tool = guarded(thread)
        run = thread.run(SLICE, case="case-1")
        with run, core.released():
            try:
                tool("o-1", 5)
            except Exception:  # noqa: BLE001 - as frameworks do
                pytest.fail("a framework could have swallowed it")
    assert run.status == "waiting"


def test_an_edit_reaches_tool_and_model_also_when_it_is_given_back(world: World) -> None:
    """After a crash the model must not believe that its own arguments were used."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    told = []
    for turn in range(3):
        with world.connect() as thread:
            tool = guarded(thread)
            with thread.run(SLICE, case="case-1") as run, core.released():
                told.append(tool(order="o-1", amount=5))
                run.escalate("look at it again") if turn == 2 else thread.ledger.clock()
                run.propose("pay", {"order": "o-2", "amount": 1})  # keeps the run open
        if turn == 0:
            inbox = world.inbox(SLICE)
            inbox.edit(inbox.items()[0].id, {"amount": 3}, by=APPROVER)
    note = 'Before this was done, a person changed its arguments. It was done with: {"amount": 3, "order": "o-1"}'
    assert told == [f"paid 3 for o-1\n\n{note}"] * 2


def test_an_edit_that_the_tool_does_not_take_is_not_done(world: World) -> None:
    """A slip of a person's pen must not become an effect in doubt."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    for turn in range(2):
        with world.connect() as thread:
            declare(thread, "pay", SCHEMA, pay)
            run = thread.run(SLICE, case="case-1")
            call = core.Call(name="pay", wanted={"order": "o-1", "amount": 5}, fits=whole_euros)
            if turn == 0:
                with run:
                    call.perform(lambda _: None)
                inbox = world.inbox(SLICE)
                inbox.edit(inbox.items()[0].id, {"amount": "much"}, by=APPROVER)
                continue
            with pytest.raises(ValueProblem, match="does not take the arguments that a person wrote"), run:
                call.perform(lambda _: pytest.fail("it ran"))
    assert world.open_items(SLICE, "in-doubt effect") == []


def test_words_for_the_model_say_what_happened_and_what_not_to_do() -> None:
    """A model that is told nothing tries again in other words."""
    assert core.refusal(Denied("'pay' does not happen: too much.")) == (
        "Refused: 'pay' does not happen: too much. Nothing was done. Do not try the same again in other words; "
        "go on without it, and say that it was refused."
    )
    assert core.refusal(Drafted("'pay' is a draft for people.")) == (
        "Not done by you: 'pay' is a draft for people. It is recorded as a draft, and people do this work. "
        "Do not try again; go on with the rest, and say that this is left to people."
    )


def test_an_error_of_ours_takes_the_kind_that_a_framework_lets_through() -> None:
    """It must still be told apart from a fault: a run that waits is no fault."""

    class Loud(Exception):
        pass

    dressed = core.of_kind(Waiting("'pay' waits."), Loud)
    assert isinstance(dressed, Loud)
    assert isinstance(dressed, Waiting)
    assert str(dressed) == "waiting: 'pay' waits."
    assert core.of_kind(dressed, Loud) is dressed
    assert str(core.of_kind(RuntimeError("broken"), Loud)) == "RuntimeError: broken"


def test_a_yes_is_used_once_however_often_the_agent_comes_back(world: World) -> None:
    """The same call is the same call, in whichever process it is asked for."""
    world.sign(contract_text(SLICE, level="approval", actions=ACTIONS))
    done: list[int] = []

    def count(order: str, amount: int) -> str:
        done.append(amount)
        return "ok"

    for turn in range(4):
        with world.connect() as thread:
            tool = guarded(thread, count)
            with thread.run(SLICE, case="case-1") as run, core.released():
                tool(order="o-1", amount=5)
                run.propose("pay", {"order": "o-9", "amount": 1})
        if turn == 0:
            item = next(one for one in world.inbox(SLICE).items() if one.kind == "approval")
            Inbox.approve(world.inbox(SLICE), item.id, by=APPROVER)
    assert done == [5]
