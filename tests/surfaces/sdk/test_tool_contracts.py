"""Tools held to the types, times and tries of their contract, while an agent works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from goldenthread.control.guard import Desk
from goldenthread.promise.errors import AnswerInvalid, Denied, ToolBreach, ToolsDrifted
from goldenthread.record.ledger import Record
from goldenthread.surfaces.sdk import Thread
from goldenthread.surfaces.sdk.tries import pause_s
from goldenthread.surfaces.views import thread, thread_text
from worlds import APPROVER, World, contract_text

SLICE = "refunds"
READ: dict[str, Any] = {"effect": "read"}
KEYED: dict[str, Any] = {"effect": "reversible", "key": "order"}
UNKEYED: dict[str, Any] = {"effect": "reversible"}


class Failing(Exception):
    """The system behind the tool is down."""


def sign(world: World, fields: dict[str, Any], *, level: str = "approval", version: int = 1) -> None:
    """A contract with one action, `act`."""
    world.sign(contract_text(SLICE, version=version, level=level, actions={"act": fields}))


def make(world: World, tool: Callable[[], Any], **manifest: Any) -> tuple[Thread, Callable[..., Any]]:
    """An agent with the tool `act`, which gives what `tool` gives."""
    made = world.connect(**manifest)

    @made.action("act")
    def act(order: str) -> Any:
        return tool()

    return made, act


def work(world: World, made: Thread, act: Callable[..., Any]) -> Any:
    """One case whose action a person approves; what the agent got."""
    for _ in range(2):
        with made.run(SLICE, case="case-1") as run:
            got = act("o-1")
        if run.status != "waiting":
            assert run.status == "done"
            return got
        (item,) = world.inbox(SLICE).items()
        world.inbox(SLICE).approve(item.id, by=APPROVER)
    raise AssertionError("it waits still")


def kept(world: World, *kinds: str) -> list[Record]:
    """Records of these kinds, or of all that say how a contract was kept."""
    return list(world.ledger.read(SLICE, kinds=kinds or ("tool:breach", "tool:try", "action:effect")))


def told(records: list[Record]) -> list[tuple[Any, ...]]:
    """What they say in short."""
    names = ("breach", "words", "try", "error", "outcome")
    return [tuple(record.data[name] for name in names if name in record.data) for record in records]


def broken(*tries: Any) -> Callable[[], Any]:
    """A tool that raises or gives these, one after the other."""
    left = list(tries)

    def tool() -> Any:
        one = left.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    return tool


# --- outputs --------------------------------------------------------------------------------------------


def test_a_read_of_another_type_is_not_handed_to_the_agent(world: World) -> None:
    """The agent must not reason on an error page that it takes for an invoice."""
    sign(world, {**READ, "gives": "text"})
    made, act = make(world, lambda: ["an error page"])
    words = (
        r"^tool-breach: 'act' broke its contract: it gave a list, and the contract says a text "
        r"\(clause actions\.act\.gives\)\. Nothing of what it gave is handed on\. Mend the tool, or sign a contract"
    )
    with made:
        with pytest.raises(ToolBreach, match=words), made.run(SLICE, case="case-1") as run:
            act("o-1")
        assert run.status == "fault"
    assert told(kept(world)) == [("gives", "it gave a list, and the contract says a text")]
    assert "error page" not in str([record.data for record in world.ledger.read(SLICE)])


def test_an_effect_of_another_type_is_done_and_not_handed_on(world: World) -> None:
    """It happened, so it is on record as done, and it isn't done again; but nobody builds on what it gave."""
    sign(world, {**KEYED, "gives": "object"})
    made, act = make(world, lambda: "paid")
    with made:
        for words in ("The effect is on record as done", "The effect is on record as done"):
            with pytest.raises(ToolBreach, match=words):
                work(world, made, act)
    assert told(kept(world)) == [
        ("done",),
        ("gives", "it gave a text, and the contract says an object"),
        ("gives", "it gave a text, and the contract says an object"),
    ]
    (breach, _) = kept(world, "tool:breach")
    (effect,) = kept(world, "action:effect")
    assert breach.data["decision"] == effect.data["decision"]


def test_what_the_contract_gives_is_handed_on(world: World) -> None:
    """The rule is for what breaks it, and costs the others nothing."""
    sign(world, {**KEYED, "gives": "object", "within": "5 s", "tries": 2})
    made, act = make(world, lambda: {"receipt": 7})
    with made:
        assert work(world, made, act) == {"receipt": 7}
    assert told(kept(world)) == [("done",)]


# --- tries and time -------------------------------------------------------------------------------------


def test_a_keyed_effect_is_tried_again_under_the_same_permit(world: World) -> None:
    """A short outage shouldn't cost a person's time; each try is on record before the next."""
    sign(world, {**KEYED, "tries": 3})
    made, act = make(world, broken(Failing("secret"), Failing("secret"), "paid"))
    with made:
        assert work(world, made, act) == "paid"
    assert told(kept(world)) == [(1, "Failing"), (2, "Failing"), ("done",)]
    assert len(kept(world, "permit:consume")) == 1


@pytest.mark.parametrize(("fields", "ended"), [(READ, []), (KEYED, [("failed",)])])
def test_an_error_after_the_last_try_is_a_breach(world: World, fields: dict[str, Any], ended: list[Any]) -> None:
    """Retries hide outages from agents, not from the people who answer for them."""
    sign(world, {**fields, "tries": 2})
    made, act = make(world, broken(Failing("secret"), Failing("secret")))
    with made, pytest.raises(Failing):
        work(world, made, act)
    words = "it was tried 2 times, and failed with Failing"
    assert told(kept(world)) == [(1, "Failing"), *ended, ("tries", words)]
    assert "secret" not in str([record.data for record in kept(world)])


def test_without_tries_an_error_is_tried_once_and_in_doubt(world: World) -> None:
    """Nothing changes for tools whose contract says nothing."""
    sign(world, UNKEYED)
    made, act = make(world, broken(Failing()))
    with made, pytest.raises(Failing):
        work(world, made, act)
    assert told(kept(world)) == [("unknown",)]


def test_a_stop_between_two_tries_holds_the_second(world: World) -> None:
    """The kill switch reaches what is being tried again, too."""
    sign(world, {**KEYED, "tries": 3})
    calls: list[int] = []

    def tool() -> None:
        calls.append(1)
        world.stop(SLICE)
        raise Failing

    made, act = make(world, tool)
    with made:
        with made.run(SLICE, case="case-1"):
            act("o-1")
        (item,) = world.inbox(SLICE).items()
        world.inbox(SLICE).approve(item.id, by=APPROVER)
        with made.run(SLICE, case="case-1") as run:
            act("o-1")
        assert run.status == "waiting"
    assert len(calls) == 1


def test_a_refusal_of_ours_is_not_tried_again(world: World) -> None:
    """An agent that hands over from inside a tool has said what it wants."""
    sign(world, {**READ, "tries": 3})
    calls: list[int] = []
    made = world.connect()

    @made.action("act")
    def act(order: str) -> None:
        calls.append(1)
        run.escalate("too odd")

    with made, made.run(SLICE, case="case-1") as run:
        act("o-1")
    assert (run.status, len(calls), kept(world)) == ("escalated", 1, [])


def test_a_slow_function_is_measured(world: World) -> None:
    """What can't be cancelled can be counted."""
    sign(world, {**READ, "within": "1 ms"})
    made, act = make(world, lambda: time.sleep(0.01))
    with made:
        assert work(world, made, act) is None
    ((clause, words),) = told(kept(world))
    assert clause == "within"
    assert words.endswith(" s, over 1 ms")


@pytest.mark.parametrize(("fields", "outcome"), [(UNKEYED, "unknown"), (KEYED, "failed")])
def test_a_slow_coroutine_is_cancelled_and_its_effect_in_doubt(
    world: World, fields: dict[str, Any], outcome: str
) -> None:
    """Waiting longer is no way to find out whether it happened; only a key makes another try safe."""
    sign(world, {**fields, "within": "20 ms"})
    made = world.connect()
    ended: list[str] = []

    @made.action("act")
    async def act(order: str) -> None:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append(order)

    async def once() -> None:
        with made.run(SLICE, case="case-1"):
            await act("o-1")

    with made:
        asyncio.run(once())
        (item,) = world.inbox(SLICE).items()
        world.inbox(SLICE).approve(item.id, by=APPROVER)
        with pytest.raises(ToolBreach, match=r"^tool-breach: 'act' was cancelled after 20 ms, the longest that"):
            asyncio.run(once())
    assert ended == ["o-1"]
    assert told(kept(world)) == [(outcome,), ("within", "it was cancelled after 20 ms")]
    asked = [item.reason for item in world.inbox(SLICE).items()]
    assert asked == (
        ["The tool failed (TimeoutError); whether the effect happened is unknown"] if fields is UNKEYED else []
    )


def test_a_coroutine_is_tried_again_after_its_time(world: World) -> None:
    """A request that hangs once is the commonest of all failures."""
    sign(world, {**READ, "within": "50 ms", "tries": 2, "gives": "text"})
    made = world.connect()
    naps = [30.0, 0.0]

    @made.action("act")
    async def act(order: str) -> str:
        await asyncio.sleep(naps.pop(0))
        return "here"

    got: list[str] = []

    async def once() -> None:
        with made.run(SLICE, case="case-1"):
            got.append(await act("o-1"))

    with made:
        asyncio.run(once())
    assert got == ["here"]
    assert told(kept(world)) == [(1, "TimeoutError"), ("within", "it was cancelled after 50 ms")]


def test_a_tools_own_timeout_is_its_own(world: World) -> None:
    """Whoever reads the record must be able to tell our clock from theirs."""
    sign(world, {**READ, "within": "5 s"})
    made = world.connect()

    @made.action("act")
    async def act(order: str) -> None:
        raise TimeoutError

    async def once() -> None:
        with made.run(SLICE, case="case-1"):
            await act("o-1")

    with made, pytest.raises(TimeoutError):
        asyncio.run(once())
    assert told(kept(world)) == [("tries", "it was tried once, and failed with TimeoutError")]


def test_pauses_double_up_to_a_limit() -> None:
    """Ten tries must neither storm a system that is down nor hold a run for minutes."""
    assert [pause_s(number) for number in (1, 2, 3, 9)] == [0.1, 0.2, 0.4, 2.0]


# --- arguments ------------------------------------------------------------------------------------------


def test_arguments_of_another_type_reach_no_tool_and_no_person(world: World) -> None:
    """A person who approves expects that it can be done."""
    sign(world, {**KEYED, "takes": {"order": "text"}})
    calls: list[int] = []
    made, act = make(world, lambda: calls.append(1))
    with made, made.run(SLICE, case="case-1") as run:
        act(17)
    assert (run.status, calls, world.inbox(SLICE).items()) == ("denied", [], [])
    (decided,) = kept(world, "action:decide")
    assert decided.data["clause"] == "actions.act.takes"
    assert world.replay(SLICE).mismatches == []


def test_a_read_with_arguments_of_another_type_is_denied(world: World) -> None:
    """Reads need no permit, but they have types as well."""
    sign(world, {**READ, "takes": {"order": "text"}})
    made, act = make(world, lambda: None)
    with made, made.run(SLICE, case="case-1") as run, pytest.raises(Denied, match=r"'order' is a whole number"):
        act(17)
    assert run.status == "done"


def test_a_person_cannot_edit_to_another_type(world: World) -> None:
    """A slip of a person is refused while they can still mend it."""
    sign(world, {**READ, "effect": "reversible", "takes": {"order": "text"}})
    made, act = make(world, lambda: None)
    with made, made.run(SLICE, case="case-1"):
        act("o-1")
    (item,) = world.inbox(SLICE).items()
    words = (
        r"^answer-invalid: The action 'act' can't be done so: 'order' is a whole number, and the contract says a "
        r"text\. Give it what the contract says\.$"
    )
    with pytest.raises(AnswerInvalid, match=words):
        world.inbox(SLICE).edit(item.id, {"order": 2}, by=APPROVER)
    world.inbox(SLICE).edit(item.id, {"order": "o-2"}, by=APPROVER)


# --- at start -------------------------------------------------------------------------------------------


def test_an_agent_whose_tools_differ_does_not_start(world: World) -> None:
    """A contract that limits what the tool calls otherwise holds nobody; the refusal is on record, once."""
    sign(world, {**KEYED, "takes": {"order": "text", "amount": "number"}})
    words = (
        r"^tools-drifted: Agent 'agent' doesn't start in 'refunds' under version 1: 'act' takes 'amount' by the "
        r"contract, and the tool has no such parameter\. Change the tool, or sign a version that says what it takes; "
        r"`goldenthread contract drift refunds` lists what differs\.$"
    )
    for _ in range(2):
        made, _act = make(world, lambda: None)
        with made, pytest.raises(ToolsDrifted, match=words), made.run(SLICE, case="case-1"):
            raise AssertionError("it started")
    (refused,) = kept(world, "agent:fingerprint:refuse")
    assert refused.data["problems"] == ["'act' takes 'amount' by the contract, and the tool has no such parameter"]
    assert kept(world, "agent:fingerprint:declare", "run:start") == []


def test_a_new_version_that_differs_is_met_at_the_next_run(world: World) -> None:
    """A process that lives for weeks must not work under a contract that its tools don't keep."""
    sign(world, {**READ, "takes": {"order": "text"}})
    made, act = make(world, lambda: None)
    with made:
        with made.run(SLICE, case="case-1"):
            act("o-1")
        sign(world, {**READ, "takes": {"order": "number"}}, version=2)
        with pytest.raises(ToolsDrifted, match="under version 2"), made.run(SLICE, case="case-2"):
            raise AssertionError("it started")
        assert len(kept(world, "agent:fingerprint:refuse")) == 1
        sign(world, {**READ, "takes": {"order": "text"}}, version=3)
        with made.run(SLICE, case="case-2") as run:
            act("o-1")
        assert run.status == "done"


# --- people ---------------------------------------------------------------------------------------------


def test_why_shows_what_the_tool_broke(world: World) -> None:
    """Whoever asks why an effect came late must not have to read the ledger."""
    sign(world, {**KEYED, "tries": 2, "within": "1 ms"})
    made, act = make(world, broken(Failing("secret"), "paid"))
    with made:
        work(world, made, act)
    (decided,) = kept(world, "action:decide")
    lines = thread_text(thread(world.ledger, decided.data["decision"], lambda name: Desk(world.ledger, name)))
    (tried,) = [line for line in lines.splitlines() if line.startswith("o tried")]
    assert "number 1 failed with Failing, and it was called again" in tried


def test_replay_passes_over_what_tools_did(world: World) -> None:
    """Verdicts and levels don't rest on breaches, so replay derives the same with them."""
    sign(world, {**KEYED, "tries": 2, "gives": "text"})
    made, act = make(world, broken(Failing(), 7))
    with made, pytest.raises(ToolBreach):
        work(world, made, act)
    assert world.replay(SLICE).mismatches == []
    assert world.verify_ok()
