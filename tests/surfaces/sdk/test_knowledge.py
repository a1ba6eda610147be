"""An agent retrieves and cites; whether a citation bears the claim is our own check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from goldenthread.promise.errors import ValueProblem
from goldenthread.promise.values import Json
from goldenthread.surfaces.sdk import Document, Thread
from worlds import World, contract_text

SLICE = "refunds"
PAST = [
    Document(id="d1", content={"action": "pay", "amount": 7}, score=0.9),
    Document(id="d2", content={"action": "refuse"}, score=0.5),
]


def bears(document: Document, action: str, arguments: Mapping[str, Json]) -> bool:
    """A past decision bears the same action."""
    return document.content["action"] == action


@pytest.fixture
def agent(world: World) -> Iterator[tuple[Thread, Callable[..., Any]]]:
    """An agent in shadow whose contract asks for citations."""
    world.sign(contract_text(SLICE, grounding="retrieval, citations required"))
    with world.connect() as thread:

        @thread.action("pay")
        def pay(order: str) -> None: ...

        thread.source("past decisions", search=lambda query, top: PAST[:top], bears=bears)
        yield thread, pay


def ungrounded(world: World) -> list[float | None]:
    """Every `ungrounded_rate` on record."""
    return [
        seen["value"]
        for record in world.ledger.read(SLICE, kinds=["case:observe"])
        for seen in record.data["observations"]
        if seen["metric"] == "ungrounded_rate"
    ]


@pytest.mark.parametrize(
    ("top", "cited", "value"),
    [
        (2, ["d1"], 0.0),
        (2, ["d2"], 1.0),
        (2, ["d1", "d2"], 1.0),
        (2, [], 1.0),
        (1, ["d2"], 1.0),
        (2, ["d1", "invented"], 1.0),
    ],
)
def test_a_proposal_is_grounded_if_every_citation_was_found_and_bears_it(
    agent: tuple[Thread, Callable[..., Any]], world: World, top: int, cited: list[str], value: float
) -> None:
    """A citation that does not exist, or does not say so, is worse than none, and none is not grounded either."""
    thread, pay = agent
    with thread.run(SLICE, case="1") as run:
        hits = run.retrieve("past decisions", query={"text": "refund"}, top=top)
        assert hits == PAST[:top]
        for document in cited:
            run.cite(document)
            run.cite(document)
        pay("a")
    decided = next(world.ledger.read(SLICE, kinds=["action:decide"]))
    assert (decided.data["cited"], decided.data["grounded"]) == (cited, value == 0.0)
    assert ungrounded(world) == [value]


def test_what_another_run_retrieved_cannot_be_cited(agent: tuple[Thread, Callable[..., Any]], world: World) -> None:
    """Each claim rests on what was looked up for it."""
    thread, pay = agent
    with thread.run(SLICE, case="1") as run:
        run.retrieve("past decisions", query="refund")
        run.cite("d1")
        pay("a")
    with thread.run(SLICE, case="2") as run:
        run.cite("d1")
        pay("a")
    assert ungrounded(world) == [0.0, 1.0]


def test_without_a_contract_that_asks_for_it_nothing_is_said_of_grounding(world: World) -> None:
    """A metric that does not apply is absent."""
    world.sign(contract_text(SLICE))
    with world.connect() as thread:

        @thread.action("pay")
        def pay(order: str) -> None: ...

        with thread.run(SLICE, case="1"):
            pay("a")
    assert ungrounded(world) == []


def test_a_retrieval_is_on_record_by_digest(agent: tuple[Thread, Callable[..., Any]], world: World) -> None:
    """Which knowledge a decision saw must be provable later, without copying it."""
    thread, _ = agent
    with thread.run(SLICE, case="1") as run:
        run.retrieve("past decisions", query="refund", top=1)
    (step,) = [world.ledger.open(step) for step in next(world.ledger.read(SLICE, kinds=["run:end"])).data["steps"]]
    assert isinstance(step, dict)
    content: Any = step["content"]
    assert (step["kind"], content["source"]) == ("retrieve", "past decisions")
    assert [(hit["id"], hit["score"]) for hit in content["hits"]] == [("d1", 0.9)]
    assert content["query"].startswith("sha256:")
    assert "refund" not in str(content)


def test_an_unknown_source_is_named(agent: tuple[Thread, Callable[..., Any]]) -> None:
    """And those that exist with it."""
    thread, _ = agent
    with thread.run(SLICE, case="1") as run, pytest.raises(ValueProblem) as unknown:
        run.retrieve("past decision", query="refund")
    assert str(unknown.value) == (
        "value-problem: No source 'past decision'; registered are past decisions. "
        "Register it with `thread.source(...)`."
    )
