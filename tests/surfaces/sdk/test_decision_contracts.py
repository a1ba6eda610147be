"""Decisions of an agent held to the contract's `decisions`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from goldenthread.promise.errors import (
    DecisionBreach,
    DecisionUndeclared,
    NestedEffect,
    ValueProblem,
)
from goldenthread.promise.values import digest
from goldenthread.surfaces.sdk import Thread
from worlds import World, contract_text

SLICE = "refunds"
ACTIONS = {"post": {"effect": "reversible"}, "look": {"effect": "read", "gives": "text"}}
DECISIONS = """decisions:
  choose: {{takes: {{text: text}}, gives: {{licence: text}}, within: {within}, tries: {tries}, otherwise: {otherwise}}}
"""


@pytest.fixture
def agent(world: World) -> Iterator[Callable[..., Thread]]:
    """An agent under a contract with one decision, `choose`."""
    made: list[Thread] = []

    def make(otherwise: str = "fail", tries: int = 2, within: str = "5 s") -> Thread:
        parts = DECISIONS.format(otherwise=otherwise, tries=tries, within=within)
        world.sign(contract_text(SLICE, level="draft", actions=ACTIONS, parts=parts))
        made.append(world.connect())
        return made[-1]

    yield make
    for thread in made:
        thread.close()


def told(world: World) -> list[tuple[Any, ...]]:
    """What is on record of decisions, in short."""
    names = ("breach", "words", "try", "error")
    records = world.ledger.read(SLICE, kinds=("decision:breach", "decision:try"))
    return [tuple(record.data[name] for name in names if name in record.data) for record in records]


def steps(world: World) -> list[Any]:
    """The decisions among the steps of the run."""
    (end,) = world.ledger.read(SLICE, kinds=("run:end",))
    found: list[Any] = [world.ledger.open(one) for one in end.data["steps"]]
    return [step["content"] for step in found if step["kind"] == "decision"]


def test_a_decision_that_keeps_its_contract_is_on_record_by_its_digests(
    agent: Callable[..., Thread], world: World
) -> None:
    """Later anybody who has the text can check that it was this one; nobody can read it from the record."""
    with agent().run(SLICE, case="case-1") as run:
        got = run.decision("choose", lambda text: {"licence": text.upper()}, text="mit")
    assert (got, run.status, told(world)) == ({"licence": "MIT"}, "done", [])
    assert steps(world) == [
        {"decision": "choose", "inputs": digest({"text": "mit"}), "output": digest({"licence": "MIT"}), "tries": 1}
    ]


def test_an_answer_of_another_type_is_asked_for_again(agent: Callable[..., Thread], world: World) -> None:
    """Models that answer in prose once answer in form the second time; the first is counted."""
    answers: list[Any] = ["MIT", {"licence": "MIT"}]
    with agent().run(SLICE, case="case-1") as run:
        assert run.decision("choose", lambda text: answers.pop(0), text="mit") == {"licence": "MIT"}
    assert told(world) == [
        (1, "DecisionBreach"),
        ("gives", "it gave a text, and the contract says an object with licence"),
    ]
    assert steps(world)[0]["tries"] == 2


def test_a_breach_after_the_last_try_is_a_fault(agent: Callable[..., Thread], world: World) -> None:
    """What can't be decided must not be decided by whatever came last."""
    words = (
        r"^decision-breach: Decision 'choose' broke its contract: it gave a text, and the contract says an object with "
        r"licence \(clause decisions\.choose\.gives\)\. Mend what decides, or sign a contract that says what it gives"
    )
    with pytest.raises(DecisionBreach, match=words), agent().run(SLICE, case="case-1") as run:
        run.decision("choose", lambda text: "MIT", text="mit")
    assert run.status == "fault"
    assert steps(world)[0]["output"] is None


def test_a_breach_after_the_last_try_goes_to_a_person(agent: Callable[..., Thread], world: World) -> None:
    """The contract may say that people decide what the agent couldn't."""

    def fails(text: str) -> None:
        raise RuntimeError(f"no licence in {text}")

    with agent("escalate").run(SLICE, case="case-1") as run:
        run.decision("choose", fails, text="mit")
    assert run.status == "escalated"
    assert told(world) == [(1, "RuntimeError"), ("tries", "it was tried 2 times, and failed with RuntimeError")]
    (item,) = world.inbox(SLICE).items()
    assert item.reason.startswith("Decision 'choose' broke its contract: it was tried 2 times, and failed")


def test_inputs_of_another_type_are_decided_by_nobody(agent: Callable[..., Thread], world: World) -> None:
    """A decision on the wrong thing is worse than none."""

    def step(text: Any) -> None:
        raise AssertionError("somebody decided")

    with agent("escalate").run(SLICE, case="case-1") as run:
        run.decision("choose", step, text=7)
    assert run.status == "escalated"
    assert told(world) == [("takes", "'text' is a whole number, and the contract says a text")]


def test_a_slow_decision_is_cancelled(agent: Callable[..., Thread], world: World) -> None:
    """A model that hangs must not hold the case."""

    async def slow(text: str) -> None:
        await asyncio.sleep(30)

    async def once() -> str:
        with agent("escalate", tries=1, within="20 ms").run(SLICE, case="case-1") as run:
            await run.decision_async("choose", slow, text="mit")
        return run.status

    assert asyncio.run(once()) == "escalated"
    assert told(world) == [("within", "it was cancelled after 20 ms")]


def test_a_coroutine_decides_as_well(agent: Callable[..., Thread]) -> None:
    """Most models are asked by coroutines; the plain call refuses them instead of losing their answer."""

    async def quick(text: str) -> dict[str, str]:
        return {"licence": text}

    async def once() -> Any:
        with agent().run(SLICE, case="case-1") as run:
            with pytest.raises(ValueProblem, match=r"Call `await run\.decision_async"):
                run.decision("choose", quick, text="mit")
            return await run.decision_async("choose", quick, text="mit")

    assert asyncio.run(once()) == {"licence": "mit"}


def test_an_undeclared_decision_is_named(agent: Callable[..., Thread]) -> None:
    """A decision under no contract would look as if it were under one."""
    words = (
        r"^decision-undeclared: The contract 'refunds' names no decision 'guess'; it names choose\. "
        r"Write it under `decisions`, and sign that version\.$"
    )
    with pytest.raises(DecisionUndeclared, match=words), agent().run(SLICE, case="case-1") as run:
        run.decision("guess", dict)


def test_no_effect_happens_inside_a_decision(agent: Callable[..., Thread], world: World) -> None:
    """It may be tried again, and with it whatever it did."""
    made = agent("escalate")

    @made.action("post")
    def post(text: str) -> None:
        raise AssertionError("it acted")

    words = "Action 'post' was called inside the decision 'choose'"
    with pytest.raises(NestedEffect, match=words), made.run(SLICE, case="case-1") as run:
        run.decision("choose", post, text="mit")
    assert told(world) == []


def test_a_decision_may_read_and_hand_over(agent: Callable[..., Thread]) -> None:
    """Both belong to deciding, and neither is a breach of it."""
    made = agent()

    @made.action("look")
    def look() -> str:
        return "MIT"

    with made.run(SLICE, case="case-1") as run:
        assert run.decision("choose", lambda text: {"licence": look()}, text="mit") == {"licence": "MIT"}
        run.decision("choose", lambda text: run.escalate("unsure"), text="mit")
    assert run.status == "escalated"


def test_a_tool_that_breaks_inside_a_decision_breaks_it(agent: Callable[..., Thread], world: World) -> None:
    """Nothing can be decided on what was not handed on."""
    made = agent("escalate", tries=1)

    @made.action("look")
    def look() -> int:
        return 7

    with made.run(SLICE, case="case-1") as run:
        run.decision("choose", lambda text: {"licence": look()}, text="mit")
    assert run.status == "escalated"
    (breach,) = world.ledger.read(SLICE, kinds=("tool:breach",))
    assert breach.data["action"] == "look"


def test_a_coroutine_function_decides_in_the_other_call(agent: Callable[..., Thread]) -> None:
    """Called as a plain function it would give back a coroutine that nobody awaits."""

    async def choose(text: str) -> dict[str, str]:
        return {"licence": text}

    with agent().run(SLICE, case="case-1") as run, pytest.raises(ValueProblem) as caught:
        run.decision("choose", choose, text="MIT")
    assert str(caught.value) == (
        "value-problem: What decides 'choose' is a coroutine function. Call `await run.decision_async(...)`."
    )
