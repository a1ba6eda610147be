from __future__ import annotations

import asyncio
from typing import Any

import pytest
from agents import Agent, Runner, function_tool

from goldenthread.promise.errors import GuardError
from goldenthread.surfaces.adapters.openai_agents import guarded
from goldenthread.surfaces.sdk import Thread
from surfaces.adapters import bench
from surfaces.adapters.bench import ACTIONS, SLICE, effects
from surfaces.adapters.conftest import Place
from surfaces.adapters.frameworks.bench_openai_agents import Following
from worlds import contract_text

READS = {**ACTIONS, "slow": {"effect": "read"}, "loud": {"effect": "read"}}


@function_tool(timeout=0.05)
async def slow(order: str) -> str:
    """Take long."""
    await asyncio.sleep(5)
    return order


@function_tool(failure_error_function=lambda _, error: f"the tool says: {error}")
def loud(order: str) -> str:
    """Fail."""
    raise ValueError(order)


def work(thread: Thread, tools: list[Any], script: Any) -> list[str]:
    agent = Agent(name="a", model=Following(script), tools=guarded(thread, tools))
    given: list[Any] = []
    with thread.run(SLICE, case="case-1"):
        given = asyncio.run(Runner.run(agent, "Work the case.")).to_input_list()
    return [str(item["output"]) for item in given if item.get("type") == "function_call_output"]


def test_a_tools_own_words_for_timeouts_and_failures_stay(place: Place) -> None:
    """Under contract a tool behaves as before, as long as nothing is refused."""
    place.world.sign(contract_text(SLICE, level="draft", actions=READS))
    with place.connect() as thread:
        told = work(thread, [slow, loud], [[("slow", {"order": "o"})], [("loud", {"order": "o-1"})]])
    assert told == ["Tool 'slow' timed out after 0.05 seconds.", "the tool says: o-1"]


def test_a_yes_inside_the_sdk_is_no_approval(place: Place) -> None:
    """`state.approve` says that the agent's own process wants to go on; the person is in the inbox."""
    place.at("approval")
    script: bench.Script = [[("pay", {"order": "o-1", "amount": 20})]]
    first = place.work(script)
    assert first.paused
    second = place.work(script, saved=first.saved)
    assert (second.status, second.error, effects()) == ("waiting", None, [])


def test_arguments_that_are_no_object_never_reach_the_tool(place: Place) -> None:
    """A model may write anything; what can't be decided does not run."""
    place.at("draft")
    with place.connect() as thread:
        [tool] = guarded(thread, [bench.pay])
        with thread.run(SLICE, case="case-1"):
            told = asyncio.run(tool.on_invoke_tool(None, "[1]"))
        with pytest.raises(GuardError):
            asyncio.run(tool.on_invoke_tool(None, '{"order": "o", "amount": 1}'))
    assert told == "The arguments of 'pay' are no JSON object. Nothing was done."
    assert effects() == []
