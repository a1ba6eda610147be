"""Going on with less: the next way when one is out, people at the end, and a fault is never a failure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from goldenthread.promise.errors import NestedEffect, OutOfService, PathsFailed, ValueProblem
from goldenthread.surfaces.sdk import Run, Thread
from goldenthread.surfaces.sdk.degrading import Breakers
from worlds import World, contract_text, declare_tools

SLICE = "refunds"


@pytest.fixture
def thread(world: World) -> Iterator[Thread]:
    """An agent at approval, with a budget of tokens."""
    world.sign(contract_text(SLICE, level="approval", parts="budgets: [1000 tokens per run]\n"))
    with world.connect() as thread:
        thread.pay = declare_tools(thread)["pay"]  # type: ignore[attr-defined]
        yield thread


def out() -> NoReturn:
    """A model that does not answer."""
    raise ConnectionError("the address of the model, which is nobody's business")


def records(thread: Thread, *kinds: str) -> list[dict[str, Any]]:
    """What records of these kinds say, runs and cases left out."""
    found = thread.ledger.read(SLICE, kinds=kinds)
    return [{key: value for key, value in one.data.items() if key not in ("run", "case")} for one in found]


def test_the_first_way_that_works_is_taken(thread: Thread) -> None:
    """The best costs no record; a lesser one says which it was, and why."""
    with thread.run(SLICE, case="1") as run:
        assert run.first_of("answer", {"large": lambda: "A", "small": lambda: "B"}) == "A"
        assert records(thread, "path:fault", "path:take") == []
        assert run.first_of("answer", {"large": out, "small": lambda: "B"}) == "B"
    assert records(thread, "path:fault", "path:take") == [
        {"step": "answer", "path": "large", "words": "ConnectionError", "taken": False},
        {"step": "answer", "path": "small", "place": 2},
    ]
    assert run.status == "done"


def test_when_no_way_works_people_get_the_case_and_it_is_a_fault(thread: Thread, world: World) -> None:
    """It is in the inbox, no exception reaches the worker, and no observation of quality is made."""
    with thread.run(SLICE, case="1") as run:
        with pytest.raises(OutOfService) as left:
            run.first_of("answer", {"large": out, "small": out})
        raise left.value
    assert run.status == "fault"
    assert str(left.value).startswith("out-of-service: Case '1' went to people: 'answer' is out of service: large: Con")
    (item,) = world.inbox(SLICE).items()
    assert item.kind == "escalation"
    assert item.reason == "'answer' is out of service: large: ConnectionError; small: ConnectionError"
    assert records(thread, "case:observe") == []
    assert records(thread, "run:end")[0]["status"] == "fault"


def test_a_caller_may_take_the_case_on_itself(thread: Thread) -> None:
    """Then it is an error like any other fault, with words that hold no content."""
    with pytest.raises(PathsFailed) as failed, thread.run(SLICE, case="1") as run:
        run.first_of("answer", {"large": out}, otherwise="raise")
    assert str(failed.value) == (
        "paths-failed: 'answer' is out of service: large: ConnectionError. "
        "Try the case again later, or give it to a person."
    )
    assert run.status == "fault"


def test_a_way_that_keeps_failing_is_left_alone_and_tried_again_later(thread: Thread) -> None:
    """Five faults in a row, and nobody waits for it any more until its time is over."""
    thread.breakers = Breakers(faults=5, open_s=600)
    breaker = thread.breakers.of("answer", "large")
    asked: list[str] = []

    def large() -> str:
        asked.append("large")
        if len(asked) <= 5:
            raise TimeoutError
        return "A"

    def once(case: str) -> str:
        with thread.run(SLICE, case=case) as run:
            return run.first_of("answer", {"large": large, "small": lambda: "B"})
        raise AssertionError(run)

    assert [once(str(number)) for number in range(8)] == ["B"] * 8
    assert len(asked) == 5
    assert records(thread, "path:fault")[-1]["words"] == "it failed too often just now, and is left alone"
    breaker.half_open()  # its time is over
    assert once("later") == "A"


def test_a_way_that_would_go_over_a_budget_gives_its_place_to_a_cheaper_one(thread: Thread) -> None:
    """A spent budget ends no run while something cheaper is left, and opens no breaker."""

    def costly(run: Run, tokens: int) -> str:
        with run.model_call(tokens=tokens):
            return f"{tokens} tokens"

    with thread.run(SLICE, case="1") as run:
        ways = {"large": lambda: costly(run, 5_000), "small": lambda: costly(run, 500)}
        assert [run.first_of("answer", ways)] == ["500 tokens"]
    assert records(thread, "path:fault")[0]["words"] == "a budget leaves too little for it"


def test_a_slow_way_is_taken_and_counts_against_itself(thread: Thread) -> None:
    """What took long can't be taken back; the breaker sees it."""
    thread.breakers = Breakers(faults=1, open_s=60)

    def slow() -> str:
        time.sleep(0.05)
        return "A"

    with thread.run(SLICE, case="1") as run:
        ways = {"large": slow, "small": lambda: "B"}
        assert run.first_of("answer", ways, within=0.01) == "A"
        assert run.first_of("answer", ways, within=0.01) == "B"
    assert records(thread, "path:fault")[0]["taken"]


def test_a_coroutine_that_is_slow_is_cancelled(thread: Thread) -> None:
    """The next way is asked while there is time."""
    cancelled = []

    async def slow() -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise
        return "A"

    async def quick() -> str:
        return "B"

    with thread.run(SLICE, case="1") as run:
        assert asyncio.run(run.first_of_async("answer", {"large": slow, "small": quick}, within=0.02)) == "B"
    assert cancelled == [True]
    assert records(thread, "path:fault")[0]["words"] == "TimeoutError"


def test_what_stops_the_run_on_purpose_is_no_fault_of_a_way(thread: Thread) -> None:
    """An escalation inside a way hands the case over; no other way is asked."""
    with thread.run(SLICE, case="1") as run:
        run.first_of("answer", {"large": lambda: run.escalate("unclear"), "small": lambda: "B"})
    assert run.status == "escalated"
    assert records(thread, "path:fault", "path:take") == []


def test_an_effect_inside_a_way_is_refused(thread: Thread) -> None:
    """It might happen twice: once in the way that failed afterwards, once in the next."""
    with pytest.raises(NestedEffect), thread.run(SLICE, case="1") as run:
        run.first_of("answer", {"large": lambda: thread.pay("o", 1)})  # type: ignore[attr-defined]


def test_no_way_at_all_is_a_slip(thread: Thread) -> None:
    """It is said before anything is tried."""
    with pytest.raises(ValueProblem, match="There is no way to do 'answer'"), thread.run(SLICE, case="1") as run:
        run.first_of("answer", {})
