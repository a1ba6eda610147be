from __future__ import annotations

from typing import Any

import pytest
from smolagents import CodeAgent
from smolagents.models import ChatMessage, MessageRole, Model
from smolagents.monitoring import LogLevel

from goldenthread.promise.errors import NoRun, ValueProblem
from goldenthread.surfaces.adapters.smolagents import guarded, released
from surfaces.adapters import bench
from surfaces.adapters.bench import SLICE, effects
from surfaces.adapters.conftest import Place

CODE = """\
<code>
try:
    said = pay(order="o-1", amount=20)
except Exception as error:
    said = f"swallowed {error}"
final_answer(said)
</code>
"""


class Coding(Model):
    """A model that writes code."""

    def generate(self, messages: Any, *_: Any, **__: Any) -> ChatMessage:
        return ChatMessage(role=MessageRole.ASSISTANT, content=CODE)


def coding(tools: list[Any], **executor: Any) -> CodeAgent:
    return CodeAgent(tools=tools, model=Coding("script"), verbosity_level=LogLevel.OFF, executor_kwargs=executor)


def test_code_with_a_time_limit_has_no_run(place: Place) -> None:
    """After the limit smolagents lets the code's thread go on, so nothing that it calls may have an effect."""
    place.at("approval")
    with place.connect() as thread:
        agent = coding(guarded(thread, [bench.pay]), timeout_seconds=30)
        with pytest.raises(NoRun), thread.run(SLICE, case="case-1"), released():
            agent.run("Work the case.")
    assert effects() == []


def test_code_that_the_model_writes_cannot_swallow_a_question(place: Place) -> None:
    """An agent that codes may write `try: ... except Exception`, and go on."""
    place.at("approval")
    with place.connect() as thread:
        agent = coding(guarded(thread, [bench.pay]), timeout_seconds=None)
        run = thread.run(SLICE, case="case-1")
        with run, released():
            agent.run("Work the case.")
            pytest.fail("it went on")
    assert run.status == "waiting"
    assert effects() == []


def test_a_guarded_tool_does_not_travel(place: Place) -> None:
    """An executor elsewhere would get the tool's source, without the guard."""
    place.at("approval")
    with place.connect() as thread:
        [pay] = guarded(thread, [bench.pay])
        with pytest.raises(ValueProblem, match="its source would run in another without the guard"):
            pay.to_dict()
