"""An effect that only a person knows of, under a contract that says what the tool gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from goldenthread.record.store import Home
from worlds import APPROVER, World, declare_tools, make_world

SLICE = "postings"


@pytest.fixture
def world(home: Home) -> Iterator[World]:
    """A tool without a key that gives an object, each call with a person's yes."""
    made = make_world(home.path)
    actions = {"post": {"effect": "reversible", "takes": {"text": "text"}, "gives": "object"}}
    made.slice(SLICE, level="approval", actions=actions, gates={"constrained": ["approved_unedited >= 99.9 %"]})
    with made.opened():
        yield made


def attempt(world: World, *, answer: object) -> str:
    """The case once; the tool gives that, or loses its answer on the way."""

    def post(text: str) -> object:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    with world.connect() as thread:
        tools = declare_tools(thread, post=post)
        with thread.run(SLICE, case="case-1") as run:
            tools["post"](text="hello")
        return run.status


def test_a_run_goes_on_with_an_effect_that_a_person_said_had_happened(world: World) -> None:
    """Nobody knows what the tool gave, so nothing broke its contract; as a breach, the run failed at every try."""
    assert attempt(world, answer={}) == "waiting"
    (item,) = world.inbox(SLICE).items()
    world.inbox(SLICE).approve(item.id, by=APPROVER)
    with pytest.raises(KeyboardInterrupt):  # the process ends, and the run stays open
        attempt(world, answer=KeyboardInterrupt())
    (doubt,) = [one for one in world.inbox(SLICE).items() if one.kind == "in-doubt effect"]
    world.inbox(SLICE).settle(doubt.id, happened=True, by=APPROVER)
    assert attempt(world, answer=AssertionError("it must not happen again")) == "done"
