"""What a run did and read outlives the process that worked it: a rule of what may follow what can't be waited out."""

from __future__ import annotations

from typing import Any

import pytest

from goldenthread.promise.errors import Denied, Stopped
from goldenthread.promise.values import Level
from goldenthread.surfaces.sdk import Thread
from worlds import EASY, EXPERT, World, contract_text

SLICE = "letters"
ACTIONS: dict[str, Any] = {
    "look": {"effect": "read"},
    "post": {"effect": "reversible"},
    "wire": {"effect": "reversible", "limit": "account in allowed"},
}
RULE = "rules:\n  - after look, never post\n"


def tools(thread: Thread, sent: list[str], *, fails: bool = False) -> dict[str, Any]:
    """The agent's tools."""

    @thread.action("look")
    def look(who: str) -> str:
        if fails:
            raise OSError(f"{who} is known, and the line went dead")
        return f"{who} lives in Bern"

    @thread.action("post")
    def post(text: str) -> None:
        sent.append(text)

    @thread.action("wire")
    def wire(account: str) -> None:
        sent.append(account)

    return {"look": look, "post": post, "wire": wire}


REFUSED = "rules 'after look, never post'"


def words_of(act: dict[str, Any], text: str) -> str:
    """The clause by which a letter is refused; a run ends quietly on what stops it, so that it is caught here."""
    try:
        act["post"](text=text)
    except Stopped as stopped:
        return REFUSED if REFUSED in str(stopped) and isinstance(stopped, Denied) else str(stopped)
    return "sent"


def refusal(thread: Thread, act: dict[str, Any]) -> str:
    """What becomes of a letter in the case, opened again."""
    said = []
    with thread.run(SLICE, case="c"):
        said.append(words_of(act, "Anna lives in Bern"))
    return "".join(said)


@pytest.fixture
def alone(world: World) -> World:
    """The agent has earned constrained."""
    world.sign(contract_text(SLICE, level="approval", gates=EASY, actions=ACTIONS, parts=RULE))
    with world.connect() as thread:
        act = tools(thread, [])
        past = [(f"past-{number}", "post", {"text": "o"}) for number in range(12)]
        thread.record_decisions(SLICE, past, by=EXPERT)
        for case, _, _ in past:
            with thread.run(SLICE, case=case):
                act["post"](text="o")
        assert thread.level(SLICE) is Level.CONSTRAINED
    return world


def test_a_run_that_another_process_resumes_remembers_what_was_read(alone: World) -> None:
    """A model whose conversation is kept elsewhere skips the read, and still has the customer's data."""
    sent: list[str] = []
    with alone.connect() as thread:
        act = tools(thread, sent)
        with thread.run(SLICE, case="c") as run:
            act["look"](who="Anna")
            act["wire"](account="a")
        assert run.status == "waiting"
    with alone.connect() as thread:
        act = tools(thread, sent)
        assert refusal(thread, act) == REFUSED
    assert sent == []


def test_a_process_that_dies_takes_no_memory_with_it(alone: World) -> None:
    """What was read is on record before the agent has it, not when the run ends."""
    sent: list[str] = []
    with alone.connect() as thread:
        act = tools(thread, sent)
        died = thread.run(SLICE, case="c")
        died.__enter__()
        act["look"](who="Anna")
        died.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    with alone.connect() as thread:
        act = tools(thread, sent)
        assert refusal(thread, act) == REFUSED
    assert sent == []


def test_a_read_that_fails_may_have_told_what_it_read(alone: World) -> None:
    """The words of an error are output like any other."""
    sent: list[str] = []
    with alone.connect() as thread:
        act = tools(thread, sent, fails=True)
        said = ""
        with thread.run(SLICE, case="c"):
            with pytest.raises(OSError, match="Anna is known"):
                act["look"](who="Anna")
            said = words_of(act, "Anna is known")
        assert said == REFUSED
    assert sent == []
